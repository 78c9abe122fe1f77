"""Cloudflare: the install form of an app, from a signed hook to the form that is shown next."""

from alertkit._organization import Organization, Project
from alertkit.cloudflare._event import HookEvent
from alertkit.cloudflare._installer import Installer
from alertkit.cloudflare._ports import (
    Authenticator,
    OrganizationRepository,
    ProjectKeyRepository,
    ProjectRepository,
)
from alertkit.cloudflare._principal import Principal, account_metadata
from alertkit.cloudflare._project import ProjectKey
from alertkit.cloudflare._reply import HookRecord, HookRefusal, Reply

__all__ = [
    "Authenticator",
    "HookEvent",
    "HookRecord",
    "HookRefusal",
    "Installer",
    "Organization",
    "OrganizationRepository",
    "Principal",
    "Project",
    "ProjectKey",
    "ProjectKeyRepository",
    "ProjectRepository",
    "Reply",
    "account_metadata",
]
