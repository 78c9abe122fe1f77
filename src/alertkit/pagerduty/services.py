"""The PagerDuty services of a host's accounts, looked up by id when a rule fires."""

from alertkit.pagerduty._ports import ServiceRepository
from alertkit.pagerduty._service import PagerDutyService, ServiceGone
from alertkit.pagerduty._service_pager import ServicePager

__all__ = ["PagerDutyService", "ServiceGone", "ServicePager", "ServiceRepository"]
