"""Log records as alerts: a handler for the standard library's `logging`."""

from alertkit.pagerduty._handler import PagerDutyHandler
from alertkit.pagerduty._outbox import AlertCounts

__all__ = ["AlertCounts", "PagerDutyHandler"]
