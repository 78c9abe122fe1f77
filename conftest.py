"""
What holds for every test: every code block of README and docs is one too.

It stands beside README and docs since pytest asks a folder's own conftest for the tests in it.
"""

import pytest
from hypothesis import settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

# Assertions inside the shipped contracts explain themselves as those in a test module do.
pytest.register_assert_rewrite("alertkit.testing.contracts")

# A machine that is busy is no defect: no test is timed.
settings.register_profile("alertkit", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=1_000)  # ten times as many
# The same examples for each mutant, and as many as there is time for.
settings.register_profile("mutation", deadline=None, max_examples=40, derandomize=True, database=None)
settings.load_profile("alertkit")

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"]).pytest()
