"""Every word and number for how bad it is."""

import logging

import pytest

from alertkit import InvalidEventError
from alertkit.pagerduty import Severity, severity_for_level

WORDS = {
    Severity.CRITICAL: "fatal critical crit alert emergency emerg panic",
    Severity.ERROR: "error err",
    Severity.WARNING: "warning warn",
    Severity.INFO: "info informational information notice debug",
}
NUMBERS = {
    Severity.CRITICAL: (logging.CRITICAL, logging.FATAL, 51, 1000),
    Severity.ERROR: (logging.ERROR, 49),
    Severity.WARNING: (logging.WARNING, 39),
    Severity.INFO: (logging.INFO, logging.DEBUG, 29, 5, 1),
}
UNKNOWN = ["", "  ", "bogus", "notset", "40", 0, -1, True, 40.0, None, b"error", [], object]


@pytest.mark.parametrize(
    ("word", "severity"), [(word, severity) for severity, words in WORDS.items() for word in words.split()]
)
@pytest.mark.parametrize("spelt", [str.lower, str.upper, str.title, " {}\n".format])
def test_words_of_sentry_logging_and_syslog(word, severity, spelt):
    """Case and surrounding blanks do not matter."""
    assert severity_for_level(spelt(word)) is severity


@pytest.mark.parametrize(
    ("number", "severity"), [(number, severity) for severity, numbers in NUMBERS.items() for number in numbers]
)
def test_numbers_of_logging(number, severity):
    """A number between two levels counts as the lower one."""
    assert severity_for_level(number) is severity


@pytest.mark.parametrize("name", ["CRITICAL", "FATAL", "ERROR", "WARNING", "WARN", "INFO", "DEBUG"])
def test_a_name_of_logging_is_as_bad_as_its_number(name):
    """`logging.ERROR` and its name give the same severity."""
    assert severity_for_level(name) is severity_for_level(getattr(logging, name))


@pytest.mark.parametrize("severity", Severity)
def test_a_severity_is_a_level_of_its_own(severity):
    """A severity maps to itself and reads as PagerDuty's word."""
    assert severity_for_level(severity) is severity
    assert str(severity) == severity.value == f"{severity}" == severity.name.lower()


@pytest.mark.parametrize("level", UNKNOWN)
def test_an_unknown_level_is_an_error(level):
    """The error names the level and every word that would do."""
    with pytest.raises(InvalidEventError) as caught:
        severity_for_level(level)

    (problem,) = caught.value.problems
    assert problem.startswith(f"level {level!r} is unknown: use one of alert, crit, critical, debug,")
    assert problem.endswith(", or a logging number")


@pytest.mark.parametrize("level", UNKNOWN)
@pytest.mark.parametrize("default", [Severity.WARNING, None, "anything"])
def test_a_default_takes_the_place_of_the_error(level, default):
    """Any default is returned as it is, None too; a known level never gives it."""
    assert severity_for_level(level, default) is default
    assert severity_for_level(level, default=default) is default
    assert severity_for_level("fatal", default) is Severity.CRITICAL
