"""
Whom mail goes to, or comes from.

Rules of this file: values. An address is what every server of the last forty years takes, in ASCII: no quoting, no
comments, no literal, and so nothing that two programs could read differently. A problem never repeats the address.
"""

from __future__ import annotations

import re

from attrs import field, frozen

from alertkit._checks import line, refuse

__all__ = ["MISLEADING", "Mailbox", "address_problems", "mailbox_of"]

MISLEADING = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
"""Characters, for a class of a regular expression, that nobody sees and that turn round how the others are read."""

MAX_ADDRESS = 254
"""Characters; what is left of the path of RFC 5321 §4.5.3.1.3 without its brackets."""
MAX_LOCAL_PART = 64
"""Characters; RFC 5321 §4.5.3.1.1."""

_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)").fullmatch
_MISLEADS = re.compile(f"[{MISLEADING}]").search


def address_problems(name: str, value: object) -> tuple[str, ...]:
    """Demand an address that servers without extensions take."""
    if not isinstance(value, str):
        return (f"{name} must be text, not {type(value).__name__}",)
    found = _ADDRESS(value) if len(value) <= MAX_ADDRESS else None
    # `=?` begins an encoded word, which is something else where mail is read.
    if found is None or len(found[1]) > MAX_LOCAL_PART or "=?" in value:
        return (f"{name} must be an address of ASCII letters, local@domain, with at most {MAX_ADDRESS} characters",)
    return ()


def _name_problems(value: object) -> tuple[str, ...]:
    problems = () if value == "" else line("name", value)
    if not problems and isinstance(value, str) and (_MISLEADS(value) or "=?" in value):
        return ("name must not turn round how it is read, nor look like an encoded word",)
    return problems


def _domain(address: str) -> str:
    return f"…@{address.partition('@')[2]}"


@frozen
class Mailbox:
    """
    An address, and the name of whom it belongs to. Raises `InvalidEventError` with every problem.

    An address is `local@domain` in ASCII, at most 254 characters, 64 of them before the `@`; a domain of other letters
    is written in its `xn--` form. Neither stands in the `repr`, except for the domain.
    """

    address: str = field(repr=_domain)
    name: str = field(default="", repr=False)
    """One line of any script, at most 256 characters; empty where it is not known."""

    def __attrs_post_init__(self) -> None:
        """Refuse what could become another header, another address, or no mail at all."""
        refuse(address_problems("address", self.address), _name_problems(self.name))


def mailbox_of(value: Mailbox | str | tuple[str, str]) -> Mailbox:
    """Return a mailbox as it is, and make one of an address, or of an address and a name."""
    if isinstance(value, Mailbox):
        return value
    return Mailbox(*value) if isinstance(value, tuple) and len(value) == 2 else Mailbox(value)
