"""
Which events of an install form there are.

Rules of this file: a name that is not known is `OTHER`, so that no text of a stranger's travels any further than here.
"""

from __future__ import annotations

from alertkit._words import Word

__all__ = ["HookEvent"]


class HookEvent(Word):
    """What happened in the form, as far as it makes a difference."""

    PREVIEW = "preview"
    """The form was opened."""
    ACCOUNT = "option-change:account"
    """Another account was connected, or the first one."""
    ORGANIZATION = "option-change:organization"
    """Another organization was chosen."""
    PROJECT = "option-change:project"
    """Another project was chosen."""
    DSN = "option-change:dsn"
    """Another DSN was chosen."""
    ACCOUNT_LOGOUT = "account-logout"
    """The account was disconnected."""
    BEFORE_NEW_INSTALL = "before-new-install"
    """The form is complete, and waits to become an install."""
    BEFORE_UPDATE_INSTALL = "before-update-install"
    """A changed form waits to become the install."""
    OTHER = "other"
    """Anything else, which is answered as it came."""

    @classmethod
    def named(cls, name: str | None) -> HookEvent:
        """Return the event of this name."""
        return next((event for event in cls if event.value == name), cls.OTHER)
