"""
Import all of an alertkit that was installed without extras; it exits with 1 if that is not as it should be.

Rules of this file: nothing but the standard library, since nothing else is there.
"""

from __future__ import annotations

import pkgutil
import subprocess
import sys

import alertkit

EXTRAS = {
    "alertkit.opentelemetry": "opentelemetry",
    "alertkit.stores.redis": "redis",
    "alertkit.testing.machines": "testing",
}
"""The modules that need one. Their import fails, and the last lines of the traceback name it."""


def problem(module: str) -> str | None:
    """Return what is wrong with how the module is imported, in an interpreter of its own."""
    command = [sys.executable, "-W", "error", "-c", f"import {module}"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    extra = EXTRAS.get(module)
    if extra is None:
        return f"{module} cannot be imported:\n{ran.stderr}" if ran.returncode else None
    if not ran.returncode:
        return f"{module} needs no extra"
    return None if f"alertkit[{extra}]" in "".join(ran.stderr.splitlines()[-3:]) else f"{module} does not say: {extra}"


def main() -> int:
    """Print every problem, and return the exit status."""
    public = ("alertkit", *(found.name for found in pkgutil.walk_packages(alertkit.__path__, "alertkit.", onerror=str)))
    modules = [name for name in public if "._" not in name]
    problems = [said for said in map(problem, modules) if said]
    print(*problems or [f"{len(modules)} modules are imported as they should be"], sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
