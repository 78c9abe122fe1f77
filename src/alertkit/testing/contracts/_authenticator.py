"""
The contract of an authenticator, and the people that all contracts of the install form ask about.

Rules of this file: no test framework. Who they are stands in attributes, so that a subclass can give them ids that its
database can have.
"""

from __future__ import annotations

from collections.abc import Sequence

from alertkit.cloudflare._ports import Authenticator
from alertkit.cloudflare._principal import Principal

__all__ = ["AuthenticatorContract", "People"]


class People:
    """Subclasses of a contract may make them others."""

    member: Principal = Principal(id="1", username="pat", email="pat@example.com")
    other: Principal = Principal(id="2", username="kim", email="kim@example.com")
    nobody: Principal = Principal(id="3", username="gone")
    """Known to no repository."""


class AuthenticatorContract(People):
    """Subclass it and define `make`."""

    token: str = "Tok-live-1"  # noqa: S105  of this contract only
    """Good, and of `member`."""
    other_token: str = "Tok-live-2"  # noqa: S105
    """Good, and of `other`."""
    dead_tokens: Sequence[str] = ("Tok-expired", "Tok-revoked", "Tok-inactive")
    """Once good, and of `member`: one that has expired, one that was revoked, one whose owner is not active."""

    def make(self) -> Authenticator:
        """Return an authenticator that knows all these tokens."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_a_good_token_has_its_principal(self) -> None:
        """The same whenever it is asked."""
        authenticator = self.make()
        for _ in range(2):
            assert authenticator.authenticate(self.token) == self.member
            assert authenticator.authenticate(self.other_token) == self.other

    def test_clause_2_an_unknown_token_is_nobodys(self) -> None:
        """None, and no error."""
        authenticator = self.make()
        for token in ("Tok-unknown", "'; --", "x" * 4096, "~"):
            assert authenticator.authenticate(token) is None

    def test_clause_3_a_dead_token_is_nobodys(self) -> None:
        """Expired, revoked, or of an owner who is not active."""
        authenticator = self.make()
        for token in self.dead_tokens:
            assert authenticator.authenticate(token) is None

    def test_clause_4_tokens_are_compared_exactly(self) -> None:
        """No other case, no blank more or less, no part and no pattern."""
        authenticator = self.make()
        token = self.token
        blanks = (f"{token} ", f" {token}", f"Bearer {token}")
        for near in (token.swapcase(), token[:-1], token[1:], f"{token}x", f"{token[:-1]}_", "%", "*", *blanks):
            assert authenticator.authenticate(near) is None
