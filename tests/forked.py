"""A piece of a test in a child process."""

import os
import signal
import sys
import traceback
import warnings


def exit_code_of(work, *, seconds=20):
    """Do the work in a child, and return its exit code: 0, 1 where it raised, which is printed, -14 where it hung."""
    with warnings.catch_warnings():  # from 3.12 on Python warns of forking with threads, which is what is tested
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:  # pragma: no cover  not measured in there
        signal.alarm(seconds)
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  the parent would see nothing of it
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
