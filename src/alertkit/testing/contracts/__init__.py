"""
One contract for each port: test classes that prove an implementation clause by clause.

Subclass a contract in a test module of your own, under a name that your runner collects, and say how to make one.
"""

from alertkit.testing.contracts._authenticator import AuthenticatorContract
from alertkit.testing.contracts._cache import CacheContract
from alertkit.testing.contracts._cloudflare_repositories import (
    OrganizationRepositoryContract,
    ProjectKeyRepositoryContract,
    ProjectRepositoryContract,
)
from alertkit.testing.contracts._mail_queue import MailQueueContract
from alertkit.testing.contracts._pagerduty_ports import ServiceRepositoryContract
from alertkit.testing.contracts._policy import BrokenPolicyContract
from alertkit.testing.contracts._request_buffer import RequestBufferContract
from alertkit.testing.contracts._signer import SignerContract
from alertkit.testing.contracts._transport import TransportContract
from alertkit.testing.contracts._webhook_lookups import (
    IntegrationLookupContract,
    OrganizationLookupContract,
    ProjectLookupContract,
)
from alertkit.testing.contracts._webhook_ports import (
    AuditLogContract,
    IntegrationRegistryContract,
    OwnerNotifierContract,
)

__all__ = [
    "AuditLogContract",
    "AuthenticatorContract",
    "BrokenPolicyContract",
    "CacheContract",
    "IntegrationLookupContract",
    "IntegrationRegistryContract",
    "MailQueueContract",
    "OrganizationLookupContract",
    "OrganizationRepositoryContract",
    "OwnerNotifierContract",
    "ProjectKeyRepositoryContract",
    "ProjectLookupContract",
    "ProjectRepositoryContract",
    "RequestBufferContract",
    "ServiceRepositoryContract",
    "SignerContract",
    "TransportContract",
]
