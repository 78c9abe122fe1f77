"""
A hook of an install form, signed, as a host's tests need it to try their installer.

Rules of this file: it knows the protocol, and nothing of the slice that reads it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

__all__ = ["SignedHook", "signed_hook"]


@frozen(kw_only=True)
class SignedHook:
    """A request, for `installer.handle(body=hook.body, headers=hook.headers)` or your route."""

    body: bytes = field(repr=lambda body: f"<{len(body)} bytes>")
    headers: dict[str, str] = field(repr=False)


def signed_hook(
    event: str,
    options: Mapping[str, Any] | None = None,
    *,
    secret: str,
    token: str | None = None,
    properties: Mapping[str, Any] | None = None,
    variant: str = "1",
) -> SignedHook:
    """
    Return the hook of an event: what is chosen so far, and the account's token, or None where none is connected.

    `properties` are the fields of the form, in the schema. What Cloudflare's test key signs has `variant="test"` and
    `secret="test-key"`, and is of an app that is not published.
    """
    document: dict[str, Any] = {
        "event": event,
        "app": {"id": "local" if variant == "test" else "app"},
        "install": {"options": dict(options or {}), "schema": {"properties": dict(properties or {})}},
    }
    if token is not None:
        document["authentications"] = {"account": {"token": {"token": token}}}
    body = json.dumps(document).encode("ascii")
    signature = hmac.new(secret.encode("utf-8"), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-Signature-HMAC-SHA256-HEX": signature,
        "X-Signature-Key-Variant": variant,
    }
    return SignedHook(body=body, headers=headers)
