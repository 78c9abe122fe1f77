"""
The two keys of an event: which service it goes to (secret), and which alert it belongs to (not).

Rules of this file: pure. A routing key is held in a value whose `repr` hides it, and no message here repeats one.
Limits and kinds of keys: PagerDuty, Events API v2 overview and change events; v1 has the same kind of key.
"""

from __future__ import annotations

from attrs import field, frozen

from alertkit.errors import InvalidEventError

__all__ = ["MAX_DEDUP_KEY", "RoutingKey", "fit_dedup_key", "key_problems", "utf16_length"]

ROUTING_KEY_LENGTH = 32
REST_TOKEN_LENGTH = 20  # the length of a REST API token, the key most often pasted in its place
MAX_DEDUP_KEY = 255


@frozen
class RoutingKey:
    """
    An integration key of the Events API: 32 ASCII letters and digits, cleaned of the blanks and quotes of a paste.

    Raises `InvalidEventError` for anything else, and says so when it looks like a REST API token.
    """

    value: str = field(repr=False)
    name: str = "routing_key"
    """What the caller calls it."""

    @classmethod
    def parse(cls, text: str, *, name: str = "routing_key", for_change: bool = False) -> RoutingKey:
        """Clean and check `text`; `for_change` refuses the keys that PagerDuty does not take for change events."""
        if not isinstance(text, str):
            raise InvalidEventError([f"{name} must be text, not {type(text).__name__}"])
        problems = []
        key = _cleaned(text)
        if len(key) == REST_TOKEN_LENGTH:
            problems.append(
                f"{name} has 20 characters and looks like a REST API token: "
                "use the 32-character integration key of an Events API integration"
            )
        elif len(key) != ROUTING_KEY_LENGTH:
            problems.append(f"{name} must have {ROUTING_KEY_LENGTH} characters, not {len(key)}")
        if key and not (key.isascii() and key.isalnum()) and len(key) != REST_TOKEN_LENGTH:
            problems.append(f"{name} must hold ASCII letters and digits only")
        if for_change and key.startswith("R"):
            problems.append(
                f"{name} begins with R and belongs to an event orchestration or ruleset, "
                "which takes no change events: use the integration key of a service"
            )
        if problems:
            raise InvalidEventError(problems)
        return cls(key, name)


def key_problems(name: str, text: str) -> tuple[str, ...]:
    """Demand a key that PagerDuty could take; for values that report all their problems at once."""
    try:
        RoutingKey.parse(text, name=name)
    except InvalidEventError as error:
        return error.problems
    return ()


# Quotes, straight and typographic, and the invisible characters that a paste from a page brings along.
_AROUND = "'\"`‘’“”\u200b\ufeff"


def _cleaned(text: str) -> str:
    while (stripped := text.strip().strip(_AROUND)) != text:
        text = stripped
    return text


def utf16_length(text: str) -> int:
    """Return the length in UTF-16 units, which is never below that in code points: a limit on it holds for both."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fit_dedup_key(key: str) -> str:
    """Return `key`, or its SHA-256 in hex where PagerDuty would refuse its length: the same for every action."""
    if utf16_length(key) <= MAX_DEDUP_KEY:
        return key
    from hashlib import sha256  # keys this long are rare, and the module is slow to import

    return sha256(key.encode()).hexdigest()
