"""
Judge what is about to be published: `python release/artifacts.py DIST REBUILT` says all problems, and exits with 1.

Rules of this file: what is right is decided by pure functions, from names and texts; `main` reads them. DIST holds
wheel, sdist and SBOM, REBUILT a wheel that was built of the tree and not of the sdist.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

_MADE = {"PKG-INFO"}
"""What the build adds to an sdist."""


def about_version(version: str, *, wheel: str, changelog: str, tags: Iterable[str]) -> list[str]:
    """Return what is wrong between the version, the wheel's, the newest section of the changelog, and HEAD's tags."""
    problems = []
    if wheel != version:
        problems.append(f"the wheel says that it is {wheel}, and alertkit._version that it is {version}")
    newest = re.search(r"^## \[(.+?)\](?: - (.+))?$", changelog, re.MULTILINE)
    name, when = newest.groups() if newest else (None, None)
    if name != version:
        problems.append(f"the newest section of CHANGELOG.md is [{name}]; it has to be [{version}]")
    releases = [tag for tag in tags if re.match(r"v\d", tag)]
    problems += [f"HEAD is tagged {tag}, and the version is {version}" for tag in releases if tag != f"v{version}"]
    if releases and not re.fullmatch(r"\d{4}-\d\d-\d\d", when or ""):
        problems.append(f"HEAD is tagged for release, and CHANGELOG.md has no date for [{name}]")
    return problems


def about_sdist(held: Iterable[str], *, tracked: Iterable[str]) -> list[str]:
    """Return what an sdist lacks of what git tracks, and what it has besides."""
    inside, wanted = set(held), set(tracked) | _MADE
    return [
        *(f"the sdist lacks {name}" for name in sorted(wanted - inside)),
        *(f"the sdist has {name}, which git does not track" for name in sorted(inside - wanted)),
    ]


def about_sbom(text: str, *, required: Iterable[str]) -> list[str]:
    """Return which of the required distributions, as the wheel names them, the SBOM lacks."""
    listed = {_normal(component["name"]) for component in json.loads(text)["components"]}
    names = sorted({_normal(re.split(r"[^\w.-]", need, maxsplit=1)[0]) for need in required})
    return [f"the SBOM lacks {name}" for name in names if name not in listed]


def with_version(text: str, version: str) -> str:
    """Return the SBOM with the version of what it is about, which cyclonedx-py takes from static metadata only."""
    sbom = json.loads(text)
    sbom["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/alertkit@{version}"}
    return json.dumps(sbom, indent=2, sort_keys=True) + "\n"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _git(*arguments: str) -> list[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.splitlines()


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def main(dist: Path, rebuilt: Path) -> int:
    """Give the SBOM its version, print every problem, and return the exit status."""
    wheel, sdist, sbom = _only(dist, "*.whl"), _only(dist, "*.tar.gz"), _only(dist, "*.cdx.json")
    with ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(archive.read(metadata).decode())
        source = archive.read("alertkit/_version.py").decode()
    with tarfile.open(sdist) as tar:
        held = [name.partition("/")[2] for name in tar.getnames()]
    version = source.partition('__version__ = "')[2].partition('"')[0]
    text = with_version(sbom.read_text(), version)
    sbom.write_text(text)
    problems = [
        *about_version(
            version,
            wheel=headers["Version"],
            changelog=Path("CHANGELOG.md").read_text(),
            tags=_git("tag", "--points-at", "HEAD"),
        ),
        *about_sdist(held, tracked=_git("ls-files")),
        *about_sbom(text, required=headers.get_all("Requires-Dist", [])),
    ]
    if wheel.read_bytes() != _only(rebuilt, "*.whl").read_bytes():
        problems.append("the sdist and the tree build different wheels")
    print(*problems or [f"{path.name} is as it should be" for path in (wheel, sdist, sbom)], sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
