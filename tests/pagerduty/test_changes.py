"""What a change says to a person."""

import pytest

from alertkit.pagerduty import Change


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (Change("summary", "cut to 1024 characters", 1500, 1024), "summary: cut to 1024 characters (1500 → 1024)"),
        (Change("links[0]", "dropped: its href is blank", "link", None), "links[0]: dropped: its href is blank (link → None)"),
    ],
)
def test_a_change_is_one_line(change, line):
    """The field, the reason, and what became of what."""
    assert str(change) == line


def test_a_change_is_a_value():
    """Two that say the same are equal, and none can be altered."""
    change = Change("summary", "cut", 2, 1)

    assert change == Change("summary", "cut", 2, 1) != Change("summary", "cut", 2, 0)
    with pytest.raises(AttributeError):
        change.after = 0
