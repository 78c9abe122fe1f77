"""How a log record becomes an alert, and which records are the same one."""

import logging
from datetime import datetime, timezone

import attrs
import pytest
from hypothesis import given, strategies as st
from strategies import texts

from alertkit.pagerduty import Severity, TriggerEvent, prepare_event
from alertkit.pagerduty._keys import fit_dedup_key
from alertkit.pagerduty._logged import Logged, alert_of, key_of, severity_of

LEAST = Logged(
    logger="shop.cart",
    level=logging.ERROR,
    level_name="ERROR",
    template="cart %s failed",
    message="cart 17 failed",
    headline="cart 17 failed",
    module="cart",
    function="total",
)
FULL = attrs.evolve(
    LEAST,
    level=logging.WARNING,
    level_name="WARNING",
    line=40,
    process=1,
    thread="MainThread",
    at=datetime(2026, 1, 1, tzinfo=timezone.utc),
    exception="ValueError",
    raised_in="shop.prices.parsed",
    traceback="Traceback",
    stack="Stack",
    extra={"order": 17},
)


def test_every_fact_has_its_place():
    """What a person needs is a field of the alert, and everything else stands among its details."""
    assert alert_of(FULL, key="k", source="web-1", records=3) == TriggerEvent(
        summary="cart 17 failed",
        source="web-1",
        severity=Severity.WARNING,
        dedup_key="k",
        timestamp=datetime(2026, 1, 1, tzinfo=timezone.utc),
        class_="ValueError",
        custom_details={
            "message": "cart 17 failed",
            "logger": "shop.cart",
            "level": "WARNING",
            "module": "cart",
            "function": "total",
            "line": 40,
            "process": 1,
            "thread": "MainThread",
            "exception": "ValueError",
            "raised_in": "shop.prices.parsed",
            "traceback": "Traceback",
            "stack": "Stack",
            "extra": {"order": 17},
            "records": 3,
        },
    )


def test_what_is_not_known_is_left_out():
    """The source falls back to the logger, and no detail is empty."""
    event = alert_of(LEAST, key="k", source=None, records=1)

    assert (event.source, event.timestamp, event.class_) == ("shop.cart", None, None)
    assert set(event.custom_details) == {"message", "logger", "level", "module", "function", "records"}


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.CRITICAL, Severity.CRITICAL),
        (logging.ERROR, Severity.ERROR),
        (35, Severity.WARNING),
        (logging.DEBUG, Severity.INFO),
        (0, Severity.INFO),
        (-5, Severity.INFO),
    ],
)
def test_levels_become_severities(level, severity):
    """As everywhere else, and a level below all others is no reason to fail."""
    assert severity_of(attrs.evolve(LEAST, level=level)) is severity


@pytest.mark.parametrize(
    "different",
    [
        {"message": "cart 18 failed", "headline": "cart 18 failed"},
        {"line": 41},
        {"level": logging.CRITICAL, "level_name": "CRITICAL"},
        {"process": 2, "thread": "Thread-1", "at": None},
        {"traceback": "Another", "stack": None, "extra": {}},
        *({"given_key": key} for key in (None, "", " ", "\ud800")),
    ],
)
def test_what_differs_from_time_to_time_is_no_part_of_the_key(different):
    """Arguments, the line, the level and the circumstances may differ, and a given key that names nothing is none."""
    assert key_of(attrs.evolve(FULL, **different)) == key_of(FULL)


@pytest.mark.parametrize("name", ["logger", "template", "exception", "module", "function", "raised_in"])
def test_what_went_wrong_and_where_is_the_key(name):
    """Logger, message before its arguments, type of the exception and place tell alerts apart."""
    assert key_of(attrs.evolve(FULL, **{name: "another"})) != key_of(FULL)


def test_the_key_is_the_same_tomorrow():
    """It is the same in every process and release; changing it would open every alert anew."""
    assert key_of(FULL) == "shop.cart/6211099c2fc31df580d9e485fb5d3fc9"


@pytest.mark.parametrize("logger", ["x" * 500, "\ud800" * 500, "🚨" * 500])
def test_the_name_of_a_logger_never_makes_the_key_too_long(logger):
    """It is sent as it is, not as a digest of a digest."""
    key = key_of(attrs.evolve(LEAST, logger=logger))

    assert fit_dedup_key(key) == key
    assert key[-33] == "/"


def test_the_host_has_the_last_word_about_the_key():
    """A key of its own is taken as it is."""
    assert key_of(attrs.evolve(FULL, given_key="cart")) == "cart"


@given(st.lists(texts(30) | st.text(max_size=200), min_size=8, max_size=8))
def test_any_texts_make_an_alert(words):
    """Whatever the facts hold, the alert can be prepared, and its key is taken as it is."""
    names = ("logger", "template", "message", "headline", "module", "function", "exception", "raised_in")
    logged = attrs.evolve(LEAST, **dict(zip(names, words, strict=True)))
    logged = attrs.evolve(logged, logger=logged.logger.strip() or "x", headline=logged.headline.strip() or "x")

    prepared = prepare_event(alert_of(logged, key=key_of(logged), source=None, records=1), routing_key="0" * 32)

    assert prepared.dedup_key == key_of(logged)
