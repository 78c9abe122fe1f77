"""
Who fills in the form: the host's own user, behind a token.

Rules of this file: values that cannot be built wrong. Ids are text: a large number does not survive the JavaScript of
the installer.
"""

from __future__ import annotations

from attrs import field, frozen

from alertkit._checks import demand, line, of_type, refuse

__all__ = ["Principal", "account_metadata"]


@frozen
class Principal:
    """A user of the host, as an `Authenticator` found them. Raises `InvalidEventError` with every problem."""

    id: str
    """What the host knows them by, at most 256 characters; repositories are asked for what this one may see."""
    username: str = ""
    email: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse who is nobody, with all problems."""
        refuse(
            line("id", self.id),
            of_type("username", self.username, str),
            of_type("email", self.email, str),
        )


def account_metadata(principal: Principal) -> dict[str, dict[str, str]]:
    """
    Return what the metadata endpoint of an account answers, as a document for your framework's JSON response.

    It is asked with the access token of the account, for a name to show beside it, so authenticate as for a hook first.
    Raises `UsageError` for who is no principal.
    """
    demand(of_type("principal", principal, Principal))
    return {"metadata": {"userId": principal.id, "username": principal.username, "email": principal.email}}
