"""What stands around the code: the README's two commands, the quickstart, and CI."""

import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from draw_quickstart import PICTURES, parts

ROOT = Path(__file__).parent.parent
COMMANDS = re.findall(r"```console\n(.+)\n```", (ROOT / "README.md").read_text())


def quickstart(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the quickstart as a user would, with warnings as errors."""
    return subprocess.run(
        [sys.executable, "-W", "error", "examples/quickstart.py", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_readme_has_two_commands_and_ci_runs_the_second():
    """One runs the main job, the other the tests, and CI runs that one word for word."""
    main_job, tests = COMMANDS

    assert main_job.endswith("examples/quickstart.py")
    assert tests in (ROOT / ".ci" / "run").read_text().splitlines()


def test_the_quickstart_runs_and_says_what_happened():
    """It ends well over real HTTP, and prints each step so that a person can follow."""
    ran = quickstart()

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.count("✓") == 26
    assert ran.stdout.count("has been disabled") == ran.stdout.count("integration.disabled billing-sync") == 1
    assert "token=secret" not in ran.stdout
    assert ran.stdout.endswith("Everything as it should be.\n")


def test_the_pictures_of_the_quickstart_show_what_it_prints():
    """Word for word, ports and ids aside; `nox -s pictures` draws them anew. None of them fetches anything."""
    printed = parts(quickstart().stdout)

    assert {path.stem for path in PICTURES.iterdir()} == {f"quickstart-{name}" for name in printed}
    for name, text in printed.items():
        drawn = (PICTURES / f"quickstart-{name}.svg").read_text(encoding="utf-8")
        lines = {}
        for element in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text"):
            lines.setdefault(element.get("clip-path"), []).append(element.text)
        lines.pop(None)  # the title
        assert " ".join("".join(line) for line in lines.values()).split() == text.split()
        assert not re.search(r"url\(['\"]?http|href", drawn)


def test_the_quickstart_talks_to_pagerduty_only_with_a_key():
    """Without one, `--live` says what is missing and sends nothing."""
    ran = quickstart("--live", PAGERDUTY_ROUTING_KEY="")

    assert ran.returncode == 2
    assert "PAGERDUTY_ROUTING_KEY" in ran.stdout


def test_the_tests_that_the_page_of_faults_names_are_there():
    """Each is the name of a test in the file that it is said to be in."""
    page = (ROOT / "docs" / "explanation" / "faults.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page)

    assert len(named) > 50
    for path, name in named:
        assert f"def {name}(" in (ROOT / "tests" / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_what_the_pages_beside_the_code_link_to_is_there():
    """Sphinx looks at the pages under docs, and at none of these."""
    for page in ROOT.glob("*.md"):
        linked = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        assert [target for target in linked if not (ROOT / target).exists()] == [], page.name


def test_the_types_travel_with_the_package():
    """The marker of PEP 561 is there."""
    assert (ROOT / "src" / "alertkit" / "py.typed").exists()
