"""How a metric over its threshold opens an alert, and how its return closes it."""

import pytest

from alertkit import InvalidEventError
from alertkit.pagerduty import Link, MetricAlert, MetricStatus, ResolveEvent, Severity, TriggerEvent

REQUIRED = {"organization_id": 1, "identifier": 7, "rule_name": "Error rate"}


def event_of(**fields):
    """Return the event of an alert with these fields."""
    return MetricAlert(**{**REQUIRED, **fields}).to_event()


@pytest.mark.parametrize(
    ("status", "severity"),
    [
        (MetricStatus.WARNING, Severity.WARNING),
        ("warning", Severity.WARNING),
        (MetricStatus.CRITICAL, Severity.CRITICAL),
        ("critical", Severity.CRITICAL),
    ],
)
def test_a_crossed_threshold_triggers(status, severity):
    """The severity is by status; what is optional is left out."""
    assert event_of(status=status) == TriggerEvent(
        summary="Error rate", source="7", severity=severity, dedup_key="incident_1_7", custom_details=None, links=[]
    )


def test_every_field_has_its_place():
    """The rule is the summary, the text a detail, the title the label of the link."""
    event = event_of(
        organization_id="acme",
        identifier="42",
        status="critical",
        title="#42",
        text="5 %",
        url="https://example.com/42",
    )

    assert event == TriggerEvent(
        summary="Error rate",
        source="42",
        severity=Severity.CRITICAL,
        dedup_key="incident_acme_42",
        custom_details={"details": "5 %"},
        links=[Link(href="https://example.com/42", text="#42")],
    )


@pytest.mark.parametrize("status", [MetricStatus.CLOSED, "closed"])
@pytest.mark.parametrize("severity", [None, "default", "info", "critical", "fatal", Severity.WARNING])
def test_a_closed_metric_resolves(status, severity):
    """By the key that opened it; a custom severity never touches a resolve."""
    assert event_of(status=status, severity=severity) == ResolveEvent(dedup_key="incident_1_7")


@pytest.mark.parametrize("status", ["warning", "critical"])
@pytest.mark.parametrize(
    ("chosen", "severity"),
    [
        (Severity.INFO, Severity.INFO),
        ("error", Severity.ERROR),
        ("Critical", Severity.CRITICAL),
        ("fatal", Severity.CRITICAL),
        ("warn", Severity.WARNING),
        (20, Severity.INFO),
    ],
)
def test_a_custom_severity_wins_over_the_status(status, chosen, severity):
    """In any word or number that `severity_for_level` knows."""
    assert event_of(status=status, severity=chosen).severity is severity


@pytest.mark.parametrize("chosen", [None, "default"])
def test_no_choice_leaves_the_severity_to_the_status(chosen):
    """A rule's setting of `default` means that none was chosen."""
    assert event_of(status="warning", severity=chosen).severity is Severity.WARNING


def test_the_key_is_the_same_for_every_status():
    """The alert that opened is the one that closes."""
    keys = {MetricAlert(status=status, **REQUIRED).dedup_key for status in MetricStatus}

    assert keys == {"incident_1_7"} == {event_of(status=status).dedup_key for status in MetricStatus}


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"organization_id": ""}, ["organization_id is missing or blank"]),
        ({"organization_id": None}, ["organization_id must be text, not NoneType"]),
        ({"identifier": True}, ["identifier must be text, not bool"]),
        ({"identifier": 1.5}, ["identifier must be text, not float"]),
        ({"identifier": "7\ud800"}, ["dedup_key holds a lone surrogate, which UTF-8 cannot carry"]),
        ({"rule_name": " "}, ["rule_name is missing or blank"]),
        ({"status": "open"}, ["status must be one of warning, critical, closed, not 'open'"]),
        ({"status": None}, ["status must be one of warning, critical, closed, not None"]),
        ({"title": 1, "text": 2, "url": 3}, [f"{name} must be text, not int" for name in ("title", "text", "url")]),
        ({"severity": "bogus"}, ["severity must be one of critical, error, warning, info, not 'bogus'"]),
        (
            {"organization_id": "", "identifier": " ", "rule_name": 5, "status": "", "url": b"", "severity": 0},
            [
                "organization_id is missing or blank",
                "identifier is missing or blank",
                "rule_name must be text, not int",
                "status must be one of warning, critical, closed, not ''",
                "url must be text, not bytes",
                "severity must be one of critical, error, warning, info, not 0",
            ],
        ),
    ],
)
def test_what_would_name_no_alert_is_refused(fields, problems):
    """With all problems at once, each naming its field."""
    with pytest.raises(InvalidEventError) as caught:
        MetricAlert(**{**REQUIRED, "status": "critical", **fields})

    assert list(caught.value.problems) == problems


def test_a_wrong_severity_keeps_no_alert_open():
    """A resolve has no severity, so that a closed alert may carry any."""
    alert = MetricAlert(organization_id=1, identifier=2, rule_name="r", status=" Closed ", severity="bogus")

    assert alert.to_event() == ResolveEvent(dedup_key="incident_1_2")
