"""PagerDuty's legacy Events API v1, for integrations that still have a service key of it, and its routes by tag."""

from alertkit.pagerduty._tag_routes import TagRoutes
from alertkit.pagerduty._v1_client import EventsV1Client
from alertkit.pagerduty._v1_document import prepare_v1_event

__all__ = ["EventsV1Client", "TagRoutes", "prepare_v1_event"]
