"""Assertions inside the shipped contracts explain themselves as those in a test module do."""

import pytest

pytest.register_assert_rewrite("alertkit.testing.contracts")
