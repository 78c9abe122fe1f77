"""
PagerDuty on loopback: a real HTTP server that takes, refuses and remembers events as PagerDuty does.

Rules of this file: what a request is worth is decided in `_pagerduty_rules.py` and `_pagerduty_v1_rules.py`; here is
what becomes of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

import attrs
from attrs import field, frozen

from alertkit._words import Word
from alertkit.testing._loopback import Conversation, ReceivedRequest, answer_bytes
from alertkit.testing._pagerduty_rules import ALERT_PATH, CHANGE_PATH, parsed, refusals
from alertkit.testing._pagerduty_v1_rules import V1_PATH, v1_refusals
from alertkit.testing._scripted_server import ScriptedServer

__all__ = ["Alert", "AlertState", "FakePagerDuty"]

_THROTTLED = {
    "status": "throttle exceeded",
    "message": "Requests for this service are arriving too quickly.  Please retry later.",
}
_UNREADABLE = {
    "status": "Unrecognized object",
    "message": "Event object format is unrecognized",
    "errors": ["JSON parse error"],
}


class AlertState(Word):
    """Where an alert stands."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@frozen(kw_only=True)
class Alert:
    """One alert, as PagerDuty would show it. A trigger after a resolve opens another one with the same key."""

    routing_key: str = field(repr=False)
    """Or the service key, of an alert that came through v1; the incident key is then the dedup key."""
    dedup_key: str
    state: AlertState
    summary: str
    """Of the newest trigger, like the severity."""
    severity: str
    """Empty where the newest trigger came through v1, which has none."""
    triggers: int
    """How many triggers it has taken; only the first one pages."""


class FakePagerDuty(ScriptedServer[ReceivedRequest]):
    """
    A stand-in for PagerDuty's Events API in tests, v2 and v1, over real HTTP on a free port of 127.0.0.1.

        with FakePagerDuty() as fake:
            client = PagerDutyClient(fake.routing_key, base_url=fake.url)
            ...
            assert fake.alerts[0].summary == "Disk full"

    It answers like PagerDuty: 202 (200 in v1), or 400 in PagerDuty's words. A test orders anything else beforehand, for
    the next requests: `will_throttle`, `will_answer`, `will_delay`, `will_drip` and `will_drop`. Orders are carried out
    one a request, in the order they were given. Threads may share it.
    """

    routing_key = "0123456789abcdef0123456789abcdef"
    """A key that it takes."""

    def __init__(self, *, routing_keys: Iterable[str] | None = None) -> None:
        """Start to listen. `routing_keys` limits the keys that exist; None: every well-formed one does."""
        self._known_keys = None if routing_keys is None else frozenset(routing_keys)
        self._alerts: list[Alert] = []
        self._changes: list[dict[str, Any]] = []
        super().__init__(lambda request: request, self._answer)

    @property
    def events(self) -> tuple[dict[str, Any], ...]:
        """The bodies of `requests`, read; an empty object for one that is no JSON."""
        return tuple(parsed(request.body) or {} for request in self.requests)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All alerts, oldest first, the resolved ones too."""
        with self._lock:
            return tuple(self._alerts)

    @property
    def change_events(self) -> tuple[dict[str, Any], ...]:
        """All change events that were taken, oldest first."""
        with self._lock:
            return tuple(self._changes)

    def will_throttle(self, *, retry_after: str | float | None = None, times: int = 1) -> None:
        """Answer 429 as PagerDuty does, and 403 to an event of v1, with a `Retry-After` if one is given."""
        headers = None if retry_after is None else {"Retry-After": str(retry_after)}

        def trick(talk: Conversation, request: ReceivedRequest) -> bool:
            status = 403 if request.target == V1_PATH else 429
            return talk.write(answer_bytes(status, json.dumps(_THROTTLED).encode(), headers))

        self._order(trick, times)

    def _answer(self, request: ReceivedRequest) -> bytes:
        if request.target not in (ALERT_PATH, CHANGE_PATH, V1_PATH):
            return answer_bytes(404)
        if request.method != "POST":
            return answer_bytes(405)
        status, reply = self._ruling(request.target, request.body)
        return answer_bytes(status, json.dumps(reply).encode())

    def _ruling(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        document = parsed(body)
        if document is None:
            return 400, _UNREADABLE
        if path == V1_PATH:
            errors = v1_refusals(document, size=len(body), known_keys=self._known_keys)
        else:
            errors = refusals(document, size=len(body), change=path == CHANGE_PATH, known_keys=self._known_keys)
        if errors:
            return 400, {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
        taken = {"status": "success", "message": "Event processed"}
        with self._lock:
            if path == CHANGE_PATH:
                self._changes.append(document)
                return 202, {"status": "success", "message": "Change event processed"}
            if path == V1_PATH:
                return 200, {**taken, "incident_key": self._apply(_as_v2(document))}
            return 202, {**taken, "dedup_key": self._apply(document)}

    def _apply(self, document: dict[str, Any]) -> str:
        """
        Do to the alerts what PagerDuty does, and return the dedup key.

        An acknowledge or resolve that finds no open alert is dropped.
        """
        given = str(document.get("dedup_key") or "")
        dedup_key = given if given.strip() else uuid4().hex
        key, action = document["routing_key"], document["event_action"]
        found = [
            index
            for index, alert in enumerate(self._alerts)
            if (alert.routing_key, alert.dedup_key) == (key, dedup_key) and alert.state is not AlertState.RESOLVED
        ]
        if action == "trigger":
            summary, severity = document["payload"]["summary"], document["payload"]["severity"]
            if found:
                known = self._alerts[found[0]]
                self._alerts[found[0]] = attrs.evolve(
                    known, summary=summary, severity=severity, triggers=known.triggers + 1
                )
            else:
                self._alerts.append(
                    Alert(
                        routing_key=key,
                        dedup_key=dedup_key,
                        state=AlertState.TRIGGERED,
                        summary=summary,
                        severity=severity,
                        triggers=1,
                    )
                )
        elif found:
            state = AlertState.ACKNOWLEDGED if action == "acknowledge" else AlertState.RESOLVED
            self._alerts[found[0]] = attrs.evolve(self._alerts[found[0]], state=state)
        return dedup_key


def _as_v2(document: dict[str, Any]) -> dict[str, Any]:
    """Return what matters of an event of v1 under the names of v2."""
    return {
        "routing_key": document["service_key"],
        "event_action": document["event_type"],
        "dedup_key": document.get("incident_key"),
        "payload": {"summary": document.get("description"), "severity": ""},
    }
