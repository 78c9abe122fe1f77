"""
Breaks the pure modules, one expression at a time: `python mutation/mutants.py FOLDER` says which breaks no test sees.

Rules of this file: the pure modules are those of the architecture test, so that none is left out. mutmut works on a
copy, in FOLDER. What no test can see stands in `survivors.md`, with the reason; any other survivor is a failure, and so
is one that stands there and is none any more.
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parent.parent
SURVIVORS = ROOT / "mutation" / "survivors.md"
TARGET = 0.95
_COPIED = ("conftest.py", "docs", "examples", "LICENSE", "noxfile.py", "pyproject.toml", "README.md", "src", "tests")
_TESTS = (
    *("test_addresses.py", "test_backoff.py", "test_errors.py", "test_http.py", "test_observers.py"),
    *("test_retry_after.py", "test_signing.py", "caching", "cloudflare", "mail", "pagerduty", "webhooks"),
    *("stores/test_memory.py", "transports/test_guard.py", "testing/test_fake_pagerduty.py"),
)
_LEFT_OUT = ("test_*_over_http.py", "test_fuzz.py", "test_hostile.py", "test_processes.py")
"""They are about the shells, and start servers and processes."""
_SURVIVED = {0, 33}
"""The exit codes that mutmut writes down: the tests passed, or there was none."""
_HEADS = ("---", "+++", "@@")


@frozen
class Mutant:
    """One break."""

    function: str
    """Its module and its name."""
    change: tuple[str, ...]
    """The lines that went, with a minus, and those that came, with a plus."""

    def __str__(self) -> str:
        """Return it as `survivors.md` has it."""
        return "\n".join((self.function, *self.change))


def listed(page: str) -> set[Mutant]:
    """Return the mutants in the blocks of text of a page."""
    found = set()
    for block in re.findall(r"^```text\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        for text in re.split(r"\n(?=[^+-])", block.strip("\n")):
            function, *change = text.splitlines()
            found.add(Mutant(function, tuple(change)))
    return found


def settings(pure: list[str]) -> str:
    """Return those of mutmut, as a `setup.cfg`."""
    chosen = {
        "source_paths": ["src"],
        "only_mutate": pure,
        "also_copy": [name for name in _COPIED if name not in ("src", "tests")],
        "pytest_add_cli_args": [
            *("--hypothesis-profile=mutation", "-p", "no:cacheprovider"),
            *(f"--ignore-glob=*/{name}" for name in _LEFT_OUT),
        ],
        "pytest_add_cli_args_test_selection": [f"tests/{name}" for name in _TESTS],
    }
    lists = "".join(f"{name} =\n" + "".join(f"    {value}\n" for value in values) for name, values in chosen.items())
    return f"[mutmut]\ntimeout_constant = 10.0\ntimeout_multiplier = 5.0\n{lists}"


def results(folder: Path) -> Iterator[tuple[Mutant, bool]]:
    """Yield each mutant that was tried, and whether it survived."""
    sources = folder / "mutants" / "src" / "alertkit"
    for told in sorted(sources.rglob("*.meta")):
        path = told.with_suffix("")
        functions = _functions(path.read_text(encoding="utf-8"))
        for key, code in json.loads(told.read_text())["exit_code_by_key"].items():
            if code is None:
                raise SystemExit(f"{key} was not tried")
            name = key.rpartition(".")[2]
            original = name.rpartition("__mutmut_")[0]
            plain = original.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
            was, is_now = functions[f"{original}__mutmut_orig"], functions[name]
            lines = difflib.unified_diff(was, is_now, n=0, lineterm="")
            change = tuple(f"{line[0]} {line[1:].strip()}" for line in lines if not line.startswith(_HEADS))
            yield Mutant(f"{path.relative_to(sources).as_posix()} {plain}", change), code in _SURVIVED


def _functions(source: str) -> dict[str, list[str]]:
    """Return all functions, line by line: the parameters, and the body."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return {
        node.name: [line for part in (node.args, *node.body) for line in ast.unparse(part).splitlines()]
        for node in nodes
    }


def main(folder: Path) -> int:
    """Try all mutants, which takes an hour or more, and return the exit status."""
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
    from test_architecture import HOUSE  # type: ignore[import-not-found]  # by that path

    modules = [module for layer in HOUSE.values() if layer.pure for module in layer.modules]
    for name in _COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
    pure = [f"src/alertkit/{module.replace('.', '/')}.py" for module in modules]
    (folder / "setup.cfg").write_text(settings(pure), encoding="utf-8")
    # On the path for tests that start a Python of their own; made here, since Python forgets a path that leads nowhere.
    broken = folder / "mutants" / "src"
    broken.mkdir(parents=True)
    environment = {**os.environ, "PYTHONPATH": str(broken)}
    subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=folder, env=environment, check=True)

    tried = list(results(folder))
    survivors = {mutant for mutant, survived in tried if survived}
    known = listed(SURVIVORS.read_text(encoding="utf-8"))
    share = 1 - sum(survived for _, survived in tried) / len(tried)
    for mutant in sorted(survivors - known, key=str):
        print(f"no test sees\n{mutant}\n")
    for mutant in sorted(known - survivors, key=str):
        print(f"is no survivor any more\n{mutant}\n")
    print(f"{len(tried)} mutants of {len(pure)} modules, {share:.1%} killed, {len(survivors & known)} known survivors")
    return int(survivors != known or share < TARGET)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
