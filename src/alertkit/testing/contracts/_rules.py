"""
The contracts of what a host may replace in the rules: how a webhook is signed, and when an integration is broken.

Rules of this file: no test framework, no clock and no dice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import product

from attrs import evolve

from alertkit.errors import VerificationError
from alertkit.testing.contracts._attempts import NOON
from alertkit.webhooks._health import DailyTally
from alertkit.webhooks._policy import BrokenPolicy
from alertkit.webhooks._signer import TOLERANCE, Signer

__all__ = ["BrokenPolicyContract", "SignerContract"]

_BODY = b'{"action":"created"}'
_DAY = timedelta(days=1)
_TODAY = NOON.date()


class SignerContract:
    """Subclass it and define `make`; `secrets` where the scheme wants others."""

    secrets: Sequence[str] = (
        "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtbmV3MQ==",
        "whsec_YWxlcnRraXQtdGVzdGluZy1zZWNyZXQtb2xkMQ==",
    )
    """Two secrets of the scheme, the newer one first."""

    def make(self) -> Signer:
        """Return the signer."""
        raise NotImplementedError

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
            assert self._refusal({**headers, name: headers[name] + "0"}, [new]) is not None

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
        self, headers: Mapping[str, str], secrets: Sequence[str], *, body: bytes = _BODY, off: timedelta = timedelta(0)
    ) -> VerificationError | None:
        try:
            self.make().verify(headers, body, secrets=secrets, now=NOON + off)
        except VerificationError as error:
            return error
        return None


class BrokenPolicyContract:
    """Subclass it and define `make`."""

    def make(self) -> BrokenPolicy:
        """Return the policy."""
        raise NotImplementedError

    def test_clause_1_any_stretch_of_days(self) -> None:
        """It takes any stretch of days, and says why for a person."""
        for days in (1, 2, 7, 8, 30):
            for tallies in _stretches(days):
                assert self.make().judge(tallies, today=_TODAY).reason

    def test_clause_2_the_same_every_time(self) -> None:
        """It answers the same to the same tallies, and changes nothing."""
        policy = self.make()
        for tallies in _stretches(30):
            before = list(tallies)
            assert policy.judge(tallies, today=_TODAY) == policy.judge(tallies, today=_TODAY)
            assert list(tallies) == before

    def test_clause_3_a_success_breaks_nothing(self) -> None:
        """A success more never breaks an integration that was not broken."""
        policy = self.make()
        for tallies in _stretches(30):
            if policy.judge(tallies, today=_TODAY).broken:
                continue
            for index, tally in enumerate(tallies):
                better = (*tallies[:index], evolve(tally, success=tally.success + 1), *tallies[index + 1 :])
                assert not policy.judge(better, today=_TODAY).broken


def _without(headers: Mapping[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}


def _stretches(days: int) -> list[tuple[DailyTally, ...]]:
    """Return stretches of days until today: alike, with one other day, and every second day silent."""
    nothing = DailyTally(day=_TODAY)
    kinds = [
        evolve(nothing, success=success, error=error, timeout=timeout, fatal=fatal)
        for success, error, timeout, fatal in product((0, 1), (0, 3), (0, 2000), (0, 1))
    ]
    stretches = []
    for kind, other in product(kinds, (nothing, evolve(nothing, success=1))):
        stretches += [[kind] * place + [other] + [kind] * (days - place - 1) for place in (0, days // 2, days - 1)]
        stretches.append([kind if ago % 2 else other for ago in range(days)])
    return [
        tuple(evolve(tally, day=_TODAY - _DAY * (days - 1 - place)) for place, tally in enumerate(stretch))
        for stretch in stretches
    ]
