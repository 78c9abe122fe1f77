"""
Organizations and their projects: what the slices have to know of how a host is divided.

Rules of this file: values that cannot be built wrong, and nothing in them that a stranger must not see. Ids are text: a
large number does not survive the JavaScript of a browser.
"""

from __future__ import annotations

from attrs import frozen

from alertkit._checks import line, refuse

__all__ = ["Organization", "Project"]


@frozen
class Organization:
    """An organization of the host. Raises `InvalidEventError` with every problem."""

    id: str
    slug: str
    """Its name in URLs and lists, which are sorted by it."""

    def __attrs_post_init__(self) -> None:
        """Refuse what has no name, with all problems."""
        refuse(line("id", self.id), line("slug", self.slug))


@frozen
class Project:
    """A project of an organization. Raises `InvalidEventError` with every problem."""

    id: str
    slug: str
    """Its name in URLs and lists, which are sorted by it."""
    organization_id: str
    """The organization that it belongs to, and to no other."""

    def __attrs_post_init__(self) -> None:
        """Refuse what has no name, with all problems."""
        refuse(line("id", self.id), line("slug", self.slug), line("organization_id", self.organization_id))
