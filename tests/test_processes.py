"""A state for each process."""

import os

from forked import exit_code_of

from alertkit._processes import OfThisProcess


def test_a_process_keeps_its_state():
    """Its child begins with a new one, and both go on with their own."""
    states = OfThisProcess(list)
    states.get().append("parent")

    def child():
        assert states.get() == []
        states.get().append("child")
        assert states.get() == ["child"]

    assert exit_code_of(child) == 0
    assert states.get() == ["parent"]


def test_what_a_parent_left_is_thrown_away():
    """A child does not hold on to it."""
    states = OfThisProcess(list)
    states._states[-1] = ["parent"]

    assert states.get() == []
    assert states._states == {os.getpid(): []}
