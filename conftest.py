"""
What holds for every test: every code block of README and docs is one too.

It stands beside README and docs since pytest asks a folder's own conftest for the tests in it.
"""

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

# Assertions inside the shipped contracts explain themselves as those in a test module do.
pytest.register_assert_rewrite("alertkit.testing.contracts")

pytest_collect_file = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"]).pytest()
