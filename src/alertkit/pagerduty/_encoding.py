"""
The bytes of a document: strict JSON in UTF-8, and how many of them PagerDuty takes.

Rules of this file: pure, and nothing is mended here: what JSON or UTF-8 cannot hold is an error.
"""

from __future__ import annotations

import json

__all__ = ["MAX_BODY", "encode"]

MAX_BODY = 512_000
"""Bytes of one request. PagerDuty says 512 KB (Events API v2, overview); the smaller of two readings fits both."""

# Compact and in UTF-8, half the size of the escaped form for most scripts. Cycles cannot occur: only what is plain
# reaches the encoder.
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


def encode(document: object) -> bytes:
    """Return `document` as the bytes to send. Raises `ValueError` for what strict JSON in UTF-8 cannot hold."""
    return _encoder.encode(document).encode("utf-8")
