"""
Judge a report of pip-audit: `python release/advisories.py REPORT` exits with 1 unless all was looked up, and is clean.

Rules of this file: what was not looked up is not clean. pip-audit itself says "No known vulnerabilities found", and
exits with 0, where an index answers that it has no advisories for anything.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def problems(report: str) -> list[str]:
    """Return what stands against a release. The report is the JSON of pip-audit; empty, if it wrote none."""
    try:
        audited = json.loads(report)["dependencies"]
    except ValueError:
        return [_unaudited("anything")]
    unknown = ", ".join(each["name"] for each in audited if "skip_reason" in each)
    known = [f"{each['name']} {each['version']} has {one['id']}" for each in audited for one in each.get("vulns", ())]
    return known + ([_unaudited(unknown)] if unknown or not audited else [])


def _unaudited(names: str) -> str:
    return (
        f"No advisories could be looked up for {names or 'anything'}: nothing is known to be wrong, and nothing to be "
        "right. Run `nox -s audit` where the JSON API of PyPI can be reached, before anything is published."
    )


def main(report: Path) -> int:
    """Print every problem, and return the exit status."""
    found = problems(report.read_text() if report.exists() else "")
    print(*found or ["No known advisory is about a dependency."], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
