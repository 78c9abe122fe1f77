"""
The contract of the `Signer` port, one test for each of its clauses.

Rules of this file: no test framework, no clock and no dice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import product

from alertkit.errors import VerificationError
from alertkit.testing.contracts._attempts import NOON
from alertkit.webhooks._signer import TOLERANCE, IncomingHeaders, Signer

__all__ = ["SignerContract"]

_BODY = b'{"action":"created"}'


class SignerContract:
    """Subclass it and define `make`; `secrets` where the scheme wants others."""

    secrets: Sequence[str] = (
        "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtbmV3MQ==",
        "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtb2xkMQ==",
    )
    """Two secrets of the scheme, the newer one first."""

    def make(self) -> Signer:
        """Return the signer."""
        raise NotImplementedError("a subclass of this contract defines `make`")

    def test_clause_1_what_it_signs_it_verifies(self) -> None:
        """What it signs, it verifies, while a secret is changed and until the tolerance is over."""
        new, old = self.secrets
        for signing, verifying in (([new], [new]), ([old], [new, old]), ([new, old], [new]), ([new, old], [old, new])):
            headers = self._signed(signing)
            for off in (timedelta(0), TOLERANCE - timedelta(seconds=1), timedelta(seconds=1) - TOLERANCE):
                assert self._refusal(headers, verifying, off=off) is None

    def test_clause_2_it_verifies_nothing_else(self) -> None:
        """No other body, no other secret, no other time, and no header that is missing or changed in a signature."""
        new, old = self.secrets
        headers = self._signed([new])
        assert self._refusal(headers, [old]) is not None
        for body in (b"", _BODY + b" ", _BODY[:-1], _BODY.replace(b"c", b"d", 1)):
            assert self._refusal(headers, [new], body=body) is not None
        for off in (TOLERANCE + timedelta(seconds=2), -TOLERANCE - timedelta(seconds=2)):
            assert self._refusal(headers, [new], off=off) is not None
        needed = [name for name in headers if self._refusal(_without(headers, name), [new]) is not None]
        assert len(needed) >= 2  # the signature and the timestamp
        for name in needed:
            assert self._refusal({**headers, name: ""}, [new]) is not None
            for changed in (headers[name] + "0", headers[name][:-1], headers[name][:1], "0" + headers[name]):
                assert self._refusal({**headers, name: changed}, [new]) is not None
            assert self._refusal(_Twice(headers, name), [new]) is not None

    def test_clause_3_whatever_comes_in(self) -> None:
        """Whatever comes in ends in `VerificationError` or in None."""
        headers = self._signed(self.secrets)
        hostile = (
            "",
            " ",
            "\0",
            "é",
            "\ud800",
            "v1",
            "v1,",
            ",",
            "v1,," * 50,
            " " * 500,
            "9" * 500,
            "-1",
            "1e9",
            "١",
            "nan",
        )
        for name, value in product(headers, hostile):
            self._refusal({**headers, name: value}, self.secrets)
            self._refusal({name: value}, self.secrets, body=b"\xff\x00")

    def test_clause_4_the_same_every_time(self) -> None:
        """It answers the same to the same arguments."""
        signer = self.make()
        once, again = (
            signer.headers(message_id="msg_1", at=NOON, body=_BODY, secrets=self.secrets, resource="issue")
            for _ in range(2)
        )

        assert once == again == self._signed(self.secrets)

    def _signed(self, secrets: Sequence[str]) -> dict[str, str]:
        return self.make().headers(message_id="msg_1", at=NOON, body=_BODY, secrets=secrets, resource="issue")

    def _refusal(
        self, headers: IncomingHeaders, secrets: Sequence[str], *, body: bytes = _BODY, off: timedelta = timedelta(0)
    ) -> VerificationError | None:
        try:
            self.make().verify(headers, body, secrets=secrets, now=NOON + off)
        except VerificationError as error:
            return error
        return None


class _Twice:
    """Headers in which one stands twice, as `http.client` and some frameworks have them."""

    def __init__(self, headers: Mapping[str, str], name: str) -> None:
        self._items = [(name.upper(), headers[name] + "0"), *headers.items(), (name.lower(), headers[name])]

    def items(self) -> list[tuple[str, str]]:
        """Return pairs of name and value."""
        return self._items


def _without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}
