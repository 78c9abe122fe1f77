"""
The replies, one function each.

Rules of this file: pure. What came in and goes out again is written in ASCII, where a lone surrogate, which JSON can
hold and UTF-8 cannot, stays what it was.
"""

from __future__ import annotations

import json

from alertkit.cloudflare._form import Field
from alertkit.cloudflare._install import Install
from alertkit.cloudflare._reply import Reply

__all__ = ["accepted", "refused", "rejected", "unauthenticated", "unavailable"]

_encode = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode
_JSON = {"Content-Type": "application/json"}

_NOT_OFFERED = {
    Field.ORGANIZATION: "Choose an organization that the connected account can configure.",
    Field.PROJECT: "Choose a project of this organization that the connected account can configure.",
    Field.DSN: "Choose an active DSN of this project.",
}


def _reply(status: int, document: dict[str, object]) -> Reply:
    return Reply(status, _JSON, _encode(document).encode("ascii"))


def accepted(install: Install) -> Reply:
    """Return the answer that shows this form."""
    return _reply(200, {"install": install.document, "proceed": True})


def rejected(field: Field) -> Reply:
    """Return the answer that holds an install back because of what this field holds."""
    error = {"type": "400", "message": _NOT_OFFERED[field], "fields": [field.value]}
    return _reply(200, {"proceed": False, "errors": [error]})


def unauthenticated() -> Reply:
    """Return the answer to who must have connected an account."""
    return _reply(401, {"proceed": False})


def unavailable() -> Reply:
    """Return the answer that can be asked for again."""
    return _reply(503, {"proceed": False})


def refused() -> Reply:
    """Return the answer to what is no hook: nothing that helps to make a better one."""
    return Reply(400)
