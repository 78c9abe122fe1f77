"""The tool of the mutation run: what it lists, and what it reads of a run."""

import json
from pathlib import Path

import pytest
from mutants import SURVIVORS, Mutant, listed, results, settings
from test_architecture import HOUSE, SOURCE

ROOT = Path(__file__).parent.parent

MUTATED = '''
def x_cut__mutmut_orig(text, most=5):
    """Cut it."""
    return text[:most]

def x_cut__mutmut_1(text, most=5):
    """Cut it."""
    return text[:None]

def x_cut__mutmut_2(text, most=6):
    """Cut it."""
    return text[:most]

class Box:
    def xǁBoxǁopen__mutmut_orig(self):
        return True

    def xǁBoxǁopen__mutmut_1(self):
        return False
'''


def ran(folder, **codes):
    """Write what mutmut leaves behind of a run."""
    module = folder / "mutants" / "src" / "alertkit" / "part" / "_text.py"
    module.parent.mkdir(parents=True)
    module.write_text(MUTATED, encoding="utf-8")
    told = {f"alertkit.part._text.{name}": code for name, code in codes.items()}
    module.with_name("_text.py.meta").write_text(json.dumps({"exit_code_by_key": told}))


def test_what_survived(tmp_path):
    """It is named by its function and by the lines that differ, parameters among them; untested is survived."""
    ran(tmp_path, x_cut__mutmut_1=1, x_cut__mutmut_2=0, xǁBoxǁopen__mutmut_1=33)

    assert list(results(tmp_path)) == [
        (Mutant("part/_text.py cut", ("- return text[:most]", "+ return text[:None]")), False),
        (Mutant("part/_text.py cut", ("- text, most=5", "+ text, most=6")), True),
        (Mutant("part/_text.py Box.open", ("- return True", "+ return False")), True),
    ]


def test_a_run_that_was_cut_short_says_nothing(tmp_path):
    """A mutant that was not tried is no mutant that was killed."""
    ran(tmp_path, x_cut__mutmut_1=None)

    with pytest.raises(SystemExit, match="x_cut__mutmut_1 was not tried"):
        list(results(tmp_path))


def test_what_is_listed_is_read_as_it_is_printed():
    """In any block of text of the page, between whatever words."""
    mutants = [
        Mutant("a.py f", ("- x", "+ y")),
        Mutant("a.py f", ("- x", "+ z")),
        Mutant("b.py C.g", ("- x", "- y", "+ y")),
    ]
    first, *others = map(str, mutants)
    page = f"# Why\n\n```text\n{first}\n```\n\nAnd why not.\n\n```text\n" + "\n".join(others) + "\n```\n"

    assert listed(page) == set(mutants)


def test_the_list_is_of_functions_that_are_there():
    """Each is in a module that the architecture calls pure."""
    pure = {f"{module.replace('.', '/')}.py" for layer in HOUSE.values() if layer.pure for module in layer.modules}

    for mutant in listed(SURVIVORS.read_text(encoding="utf-8")):
        path, function = mutant.function.split()
        assert path in pure
        assert f"def {function.rpartition('.')[2]}(" in (SOURCE / path).read_text(encoding="utf-8"), mutant


def test_the_tests_of_a_run_are_there():
    """Every path that mutmut is given leads to something."""
    chosen = settings(["src/alertkit/errors.py"])
    paths = [line.strip() for line in chosen.splitlines() if line.startswith("    tests/")]

    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []
