"""
What becomes of a hook: the reply, why it was refused, and what an observer is told.

Rules of this file: values. None shows or keeps a token, a signature, or a text that came with the request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, ClassVar

from attrs import field, frozen

from alertkit._checks import of_type, refuse
from alertkit._http import Headers, header_problems
from alertkit._observation import INFO, NONE, WARNING, LogLine, Observation, status_class
from alertkit.cloudflare._event import HookEvent

__all__ = ["HookRecord", "HookRefusal", "Reply"]


class HookRefusal(Enum):
    """Why a request is not taken for a hook, in the order in which it is looked at."""

    BODY_TOO_LARGE = "the body is too large"
    MISSING_HEADER = "a header that belongs to the signature is missing"
    MALFORMED_HEADER = "a header that belongs to the signature cannot be read"
    UNKNOWN_VARIANT = "the key variant is not known"
    TEST_VARIANT = "the key variant is test, which is not allowed"
    NO_MATCH = "the signature does not match"
    TOO_DEEP = "the body is nested too deeply"
    NOT_JSON = "the body is not JSON in UTF-8"
    WRONG_SHAPE = "the body is not a hook"
    TEST_OF_LIVE_APP = "the key variant is test, and the app is a live one"


_STATUSES = (200, 400, 401, 503)


def _size(value: bytes) -> str:
    return f"<{len(value)} bytes>"


def _headers(value: Mapping[str, str]) -> Any:
    return Headers(value) if isinstance(value, Mapping) else value


def _reply_header_problems(headers: object) -> tuple[str, ...]:
    if isinstance(headers, Headers):
        return header_problems(headers)
    return (f"headers must be a mapping, not {type(headers).__name__}",)


@frozen
class Reply:
    """What to answer. Raises `InvalidEventError` with every problem."""

    status: int
    """200, 400, 401 or 503."""
    headers: Mapping[str, str] = field(factory=Headers, converter=_headers)
    """Looked up without regard to case. The framework adds those that frame the body."""
    body: bytes = field(default=b"", repr=_size)

    def __attrs_post_init__(self) -> None:
        """Refuse what is no answer, with all problems."""
        refuse(
            () if self.status in _STATUSES and type(self.status) is int else ("status must be 200, 400, 401 or 503",),
            _reply_header_problems(self.headers),
            of_type("body", self.body, bytes),
        )


# Whoever chooses an organization or a project, or logs out, means what comes after it to change.
_CHANGES_THE_REST = (HookEvent.ORGANIZATION, HookEvent.PROJECT, HookEvent.ACCOUNT_LOGOUT)


@frozen(kw_only=True)
class HookRecord(Observation):
    """What became of one request, for metrics and alarms: words of ours and numbers, nothing of the request's own."""

    part: ClassVar[str] = "cloudflare"
    kind: ClassVar[str] = "hook_answered"
    status: int
    """That of the reply."""
    event: HookEvent | None = None
    """None where the request was refused, since nothing in it is believed."""
    refusal: HookRefusal | None = None
    """Why it is no hook, with a 400."""
    is_test: bool = False
    """Whether it was signed with the key that everybody knows."""
    secret_index: int | None = None
    """Which of the installer's secrets signed it, 0 for the first: one that signs nothing any more may go."""
    is_known: bool | None = None
    """Whether the token was somebody's; None where there was none, nobody had to be asked, or a port failed."""
    replaced: tuple[str, ...] = ()
    """Options that held something which was not on offer any more, and now hold the first of what is."""
    dropped: tuple[str, ...] = ()
    """Options that held something and now hold nothing, since nothing was on offer."""
    lost: str | None = None
    """The first option that had to be there and was not the principal's to choose: nothing after it was looked at."""
    failed_port: str | None = None
    """Which port of the host failed, with a 503."""

    @property
    def labels(self) -> Mapping[str, str]:
        """`part`, `kind`, `event`, `status` (`2xx`, …), `refusal` and `failed_port`."""
        return {
            "part": self.part,
            "kind": self.kind,
            "event": NONE if self.event is None else self.event.value,
            "status": status_class(self.status),
            "refusal": NONE if self.refusal is None else self.refusal.name.lower(),
            "failed_port": self.failed_port or NONE,
        }

    @property
    def log_level(self) -> int:
        """Warning where it was refused or failed, or a choice is gone that nobody undid."""
        undone = (self.replaced or self.dropped) and self.event not in _CHANGES_THE_REST
        return WARNING if self.refusal or self.lost or self.failed_port or undone else INFO

    def log_line(self) -> LogLine:
        """Say what became of the request."""
        event = None if self.event is None else self.event.value
        return LogLine(
            "hook %s: %s",
            (event or "refused", ", ".join(self._said())),
            {
                "event": event,
                "http_status": self.status,
                "refusal": None if self.refusal is None else self.refusal.name.lower(),
                "is_test": self.is_test,
                "secret_index": self.secret_index,
                "is_known": self.is_known,
                "replaced": list(self.replaced),
                "dropped": list(self.dropped),
                "lost": self.lost,
                "failed_port": self.failed_port,
            },
        )

    def _said(self) -> Iterator[str]:
        yield str(self.status) if self.refusal is None else self.refusal.value
        if self.is_known is False:
            yield "the token is nobody's"
        for what, names in (("replaced", self.replaced), ("dropped", self.dropped)):
            if names:
                yield f"{what} {' and '.join(names)}"
        if self.lost is not None:
            yield f"the {self.lost} is none of those on offer"
        if self.failed_port is not None:
            yield f"{self.failed_port} failed"
