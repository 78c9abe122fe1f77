"""What is published is judged rightly: each fault is found, and what is right passes."""

import json
import re

import pytest
from advisories import problems
from artifacts import about_sbom, about_sdist, about_version, with_version

CHANGELOG = "# Changelog\n\n## [1.2.0] - 2030-01-31\n\n## [1.1.0] - 2029-01-31\n"


@pytest.mark.parametrize(
    ("different", "fault"),
    [
        ({}, None),
        ({"tags": ["v1.2.0", "nightly"]}, None),
        ({"wheel": "1.1.0"}, "the wheel says that it is 1.1.0"),
        ({"changelog": CHANGELOG.replace("1.2.0", "Unreleased")}, r"is \[Unreleased\]; it has to be \[1.2.0\]"),
        ({"changelog": CHANGELOG.replace("1.2.0", "1.1.9")}, r"is \[1.1.9\]"),
        ({"changelog": ""}, r"is \[None\]"),
        ({"tags": ["v1.1.0"]}, "tagged v1.1.0, and the version is 1.2.0"),
        ({"changelog": CHANGELOG.replace("2030-01-31", "unreleased")}, None),
        ({"changelog": CHANGELOG.replace("2030-01-31", "unreleased"), "tags": ["v1.2.0"]}, r"no date for \[1.2.0\]"),
        ({"changelog": CHANGELOG.replace(" - 2030-01-31", ""), "tags": ["v1.2.0"]}, r"no date for \[1.2.0\]"),
    ],
)
def test_one_version_everywhere(different, fault):
    """Package, wheel, newest section and tag agree; the section has a date once there is a tag."""
    found = about_version("1.2.0", **{"wheel": "1.2.0", "changelog": CHANGELOG, "tags": [], **different})

    assert [bool(re.search(fault or "", said)) for said in found] == [True] * (fault is not None)


def test_an_sdist_is_what_git_tracks():
    """Beside that it has what the build makes, and nothing else; a file that is missing is named."""
    assert about_sdist(["PKG-INFO", "a.py"], tracked=["a.py"]) == []
    assert about_sdist(["PKG-INFO", "b.py"], tracked=["a.py"]) == [
        "the sdist lacks a.py",
        "the sdist has b.py, which git does not track",
    ]


def sbom(*names):
    """Return the part of an SBOM that is read."""
    return json.dumps(
        {"metadata": {"component": {"name": "alertkit"}}, "components": [{"name": name} for name in names]}
    )


def test_an_sbom_has_all_that_is_required_however_it_is_spelt():
    """Extras are among it; marks and bounds are not part of a name."""
    required = ["typing-extensions>=4.6", "redis>=5; extra == 'redis'", "attrs"]

    assert about_sbom(sbom("typing_extensions", "Redis", "attrs", "idna"), required=required) == []
    assert about_sbom(sbom("attrs"), required=required) == ["the SBOM lacks redis", "the SBOM lacks typing-extensions"]


def test_an_sbom_is_given_its_version():
    """What it is about has the version and the address of the package; the components stay."""
    given = json.loads(with_version(sbom("attrs"), "1.2.0"))

    assert given["metadata"]["component"] == {"name": "alertkit", "version": "1.2.0", "purl": "pkg:pypi/alertkit@1.2.0"}
    assert given["components"] == [{"name": "attrs"}]


CLEAN = {"name": "attrs", "version": "26.1.0", "vulns": []}
BAD = {"name": "redis", "version": "5.0.0", "vulns": [{"id": "PYSEC-1"}, {"id": "PYSEC-2"}]}
SKIPPED = {"name": "idna", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("audited", "starts"),
    [
        ([CLEAN], []),
        ([CLEAN, BAD], ["redis 5.0.0 has PYSEC-1", "redis 5.0.0 has PYSEC-2"]),
        ([CLEAN, SKIPPED], ["No advisories could be looked up for idna:"]),
        ([BAD, SKIPPED], ["redis 5.0.0 has PYSEC-1", "redis 5.0.0 has PYSEC-2", "No advisories could be looked up"]),
        ([], ["No advisories could be looked up for anything:"]),
    ],
)
def test_what_was_not_looked_up_is_not_clean(audited, starts):
    """A release is held back by what is known against a dependency, and by not knowing."""
    found = problems(json.dumps({"dependencies": audited, "fixes": []}))

    assert [said[: len(start)] for said, start in zip(found, starts, strict=True)] == starts


def test_no_report_is_not_clean():
    """Without a network pip-audit ends before it writes one."""
    assert problems("")[0].startswith("No advisories could be looked up for anything:")
