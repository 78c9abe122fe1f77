"""
What a process of its own does with a queue: exits, or forks. `test_processes.py` runs it and looks at the server.

    mail_worker.py exit PORT EXIT_TIMEOUT     puts a mail and comes to its end
    mail_worker.py observer PORT              comes to its end while its observer has closed the queue, and mail waits
    mail_worker.py fork-closed PORT           forks when its queue is closed, and the child puts a mail
    mail_worker.py fork PORT                  forks while a mail waits and another thread has the lock
"""

import logging
import os
import sys
import threading

from mail_world import AT_ONCE, SOON, mail

from alertkit.mail import MailOutcome, SmtpMailQueue, envelope_of
from alertkit.mail._outgoing import outgoing_of


def leave(port, exit_timeout):
    """Put two mails and end without a word."""
    logging.basicConfig()
    queue = SmtpMailQueue("127.0.0.1", port, tls="none", backoff=AT_ONCE, timeout=60, exit_timeout=exit_timeout)
    queue.put(mail(1))
    queue.put(mail(2))


def leave_to_the_observer(port):
    """Put a mail to two people, and end as soon as the first one has it, when the observer closes the queue."""
    closed = threading.Event()

    def close(report):
        if report.outcome is MailOutcome.SENT and not closed.is_set():
            queue.close(SOON)
            closed.set()

    queue = SmtpMailQueue("127.0.0.1", port, tls="none", backoff=AT_ONCE, exit_timeout=SOON, observer=close)
    queue.put(mail(to="pat@example.com, kim@example.com"))
    assert closed.wait(SOON)


def fork(port):
    """Fork with a mail in the backlog, a connection open, and the lock held."""
    queue = SmtpMailQueue("127.0.0.1", port, tls="none", backoff=AT_ONCE)
    queue.put(mail(1))
    assert queue.flush(SOON)
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with queue._workers.get()._changed:
            queue._workers.get()._backlog.add(outgoing_of(envelope_of(mail(2))), now=0.0)
            held.set()
            go_on.wait(SOON)

    threading.Thread(target=hold).start()
    held.wait(SOON)
    child = os.fork()
    if not child:
        assert queue.counts.queued == queue.counts.waiting == 0
        assert queue.put(mail(3))
        queue.close(SOON)
        assert queue.counts.sent == 1
        assert not queue.put(mail(4))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    go_on.set()
    assert status == 0, status
    assert queue.put(mail(5))
    queue.close(SOON)


def fork_closed(port):
    """Fork when the queue is closed; the child puts a mail and comes to its end."""
    queue = SmtpMailQueue("127.0.0.1", port, tls="none", backoff=AT_ONCE, exit_timeout=SOON)
    queue.close()
    child = os.fork()
    if not child:
        assert queue.put(mail(1))
    else:
        assert os.waitpid(child, 0)[1] == 0


if __name__ == "__main__":
    if sys.argv[1] == "exit":
        leave(int(sys.argv[2]), float(sys.argv[3]))
    elif sys.argv[1] == "observer":
        leave_to_the_observer(int(sys.argv[2]))
    elif sys.argv[1] == "fork-closed":
        fork_closed(int(sys.argv[2]))
    else:
        fork(int(sys.argv[2]))
