"""
The gate: from raw bytes and headers to a hook that can be believed.

Rules of this file: pure. Whoever sends is a stranger until the signature is right, so the steps stand in one order:
body size, headers, key variant, signature, JSON, shape, application. Nothing is parsed before the signature, no text of
the request is in any error, and whatever comes in ends in a `Hook` or in `VerificationError` with a `HookRefusal`.
`UsageError` is for the host's own mistakes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from math import isinf
from typing import Any

from attrs import evolve, field, frozen

from alertkit._checks import required_text
from alertkit._http import IncomingHeaders
from alertkit._signing import SigningKey, any_matches
from alertkit.cloudflare._event import HookEvent
from alertkit.cloudflare._install import Install
from alertkit.cloudflare._reply import HookRefusal
from alertkit.errors import InvalidEventError, UsageError, VerificationError

__all__ = ["MAX_NESTING", "MAX_SECRETS", "Gate", "Hook", "keys_of"]

MAX_NESTING = 64
"""Objects and lists in one another. Real hooks have about a dozen."""
MAX_SECRETS = 10
"""More than any rotation needs; each is one hash of every body."""
MAX_DIGITS = 309
"""Of a whole number: one with more is beyond every double, and long ones take Python's parser quadratic time."""

_SIGNATURE = "x-signature-hmac-sha256-hex"
_VARIANT = "x-signature-key-variant"
_TEST, _LIVE = "test", "1"
_TEST_SECRET = "test-key"  # noqa: S105  published by Cloudflare: everybody can sign with it
_TEST_APPS = ("local", "")

# The closing quote is optional so that the expression never fails, which would take time to find out.
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
_NO_BRACKET = re.compile(r"[^][{}]+")
# What an access token is made of (RFC 6749, appendix A.12).
_TOKEN = re.compile(r"[\x20-\x7e]{1,4096}").fullmatch


@frozen(kw_only=True)
class Hook:
    """A hook whose signature is right."""

    event: HookEvent
    install: Install
    token: str | None = field(default=None, repr=False)
    """The access token of the connected account; None without an account, and always under the test key."""
    is_test: bool = False
    """Signed with the key that everybody knows: no live data may be shown."""
    secret_index: int | None = None
    """Which of the secrets signed it; None for the key that everybody knows."""


def keys_of(secret: str | Iterable[str]) -> tuple[SigningKey, ...]:
    """Return the keys of the secrets. Raises `UsageError` for what would let strangers sign."""
    try:
        secrets = (secret,) if isinstance(secret, (str, bytes)) else tuple(secret)
    except TypeError:
        raise UsageError(f"secret must be a text or a list of texts, not {type(secret).__name__}") from None
    problems = [problem for n, one in enumerate(secrets) for problem in _secret_problems(f"secret[{n}]", one)]
    if not 1 <= len(secrets) <= MAX_SECRETS:
        problems.append(f"secret must be 1 to {MAX_SECRETS} texts, not {len(secrets)}")
    if _TEST_SECRET in secrets:
        problems.append("secret must not be the test key, which everybody knows")
    if problems:
        raise UsageError("; ".join(problems))
    return tuple(SigningKey(one.encode("utf-8")) for one in secrets)


def _secret_problems(name: str, secret: object) -> tuple[str, ...]:
    problems = required_text(name, secret)
    if not problems and isinstance(secret, str) and not (secret.isprintable() and secret == secret.strip()):
        # A line break comes from a file that was read. And a NUL at the end is no part of a key, to HMAC.
        return (f"{name} must be printable, with no blank at either end",)
    return problems


_TEST_KEYS = (SigningKey(_TEST_SECRET.encode("ascii")),)


@frozen(kw_only=True)
class Gate:
    """Who may pass."""

    keys: tuple[SigningKey, ...] = field(repr=False)
    allow_test_variant: bool
    max_body: int

    def admit(self, body: bytes, headers: IncomingHeaders) -> Hook:
        """Return the hook. Raises `VerificationError`."""
        if not isinstance(body, (bytes, bytearray, memoryview)):
            raise UsageError(f"body must be bytes, as they came over the wire, not {type(body).__name__}")
        if not hasattr(headers, "items"):
            raise UsageError(f"headers must be a mapping, not {type(headers).__name__}")
        if memoryview(body).nbytes > self.max_body:
            raise VerificationError(HookRefusal.BODY_TOO_LARGE)
        body = bytes(body)  # the very same, where they are bytes already
        signature, variant = _header(headers, _SIGNATURE), _header(headers, _VARIANT)
        keys = self._keys_of(variant)
        # Every key is tried: how long it takes does not tell which one was right.
        matches = [any_matches([signature.encode("ascii")], [key.sign(body).hex().encode("ascii")]) for key in keys]
        if True not in matches:
            raise VerificationError(HookRefusal.NO_MATCH)
        is_test = variant == _TEST
        return _hook(_document(body), is_test=is_test, secret_index=None if is_test else matches.index(True))

    def _keys_of(self, variant: str) -> tuple[SigningKey, ...]:
        if variant == _LIVE:
            return self.keys
        if variant != _TEST:
            raise VerificationError(HookRefusal.UNKNOWN_VARIANT)
        if not self.allow_test_variant:
            raise VerificationError(HookRefusal.TEST_VARIANT)
        return _TEST_KEYS


def _header(headers: IncomingHeaders, wanted: str) -> str:
    """Return the value of the header: one, and text."""
    values: list[object] = [
        value
        for name, value in headers.items()
        # Not what only becomes ASCII when it is made small, such as the sign for kelvin.
        if isinstance(name, str) and name.isascii() and name.lower() == wanted
    ]
    if values in ([], [""], [None]):
        raise VerificationError(HookRefusal.MISSING_HEADER)
    value = values[0]
    # Whoever reads the request after us may read the other of two.
    if len(values) > 1 or not isinstance(value, str) or not value.isascii():
        raise VerificationError(HookRefusal.MALFORMED_HEADER)
    return value


def _document(body: bytes) -> Any:
    """Return what the body says."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = ""  # which is no JSON either
    if _is_too_deep(text):
        raise VerificationError(HookRefusal.TOO_DEEP)
    try:
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_no_number)
    except ValueError:
        pass
    # Raised out here: what decoding and parsing raise holds the body, with the tokens that are in it.
    raise VerificationError(HookRefusal.NOT_JSON)


def _is_too_deep(text: str) -> bool:
    if text.count("[") + text.count("{") <= MAX_NESTING:
        return False  # as for nearly every hook, and at a tenth of the time
    depth = 0
    for sign in _NO_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if sign in "[{" else -1
        if depth > MAX_NESTING:
            return True
    return False


# Numbers that JavaScript has and JSON may hold. Nobody reads what these errors would say.


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError
    number = int(digits)
    _finite(digits)
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError
    return number


def _no_number(_: str) -> None:
    raise ValueError


def _hook(document: Any, *, is_test: bool, secret_index: int | None) -> Hook:
    """Return the document as a hook: its shape first, then whether the app may be tested."""
    top = _object(document)
    event = _text(top.get("event"))
    account = _object(_object(top.get("authentications")).get("account"))
    token = _text(_object(account.get("token")).get("token"))
    hook = Hook(
        event=HookEvent.named(event),
        install=_install(top.get("install")),
        token=_usable(token),
        is_test=is_test,
        secret_index=secret_index,
    )
    if not is_test:
        return hook
    app = top.get("app")
    if not isinstance(app, dict) or app.get("id") not in _TEST_APPS:
        raise VerificationError(HookRefusal.TEST_OF_LIVE_APP)
    return evolve(hook, token=None)


def _object(value: object) -> Mapping[str, Any]:
    """Return the object; one that is missing is empty."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise VerificationError(HookRefusal.WRONG_SHAPE)
    return value


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise VerificationError(HookRefusal.WRONG_SHAPE)
    return value


def _usable(token: str | None) -> str | None:
    """Return the token, unless it is of no kind that is issued: such a one is nobody's and need not be looked up."""
    return token if token is not None and _TOKEN(token) else None


def _install(document: Any) -> Install:
    try:
        return Install(document)
    except InvalidEventError:
        pass
    raise VerificationError(HookRefusal.WRONG_SHAPE)
