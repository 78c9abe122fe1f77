"""
The bytes of a document: strict JSON in UTF-8.

Rules of this file: pure, and nothing is mended here: what JSON or UTF-8 cannot hold is an error.
"""

from __future__ import annotations

import json

__all__ = ["encode"]

# Compact and in UTF-8, half the size of the escaped form for most scripts. A cycle ends in the RecursionError that too
# deep a document ends in too, so that it need not be looked for.
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"))


def encode(document: object) -> bytes:
    """
    Return `document` as the bytes to send.

    Raises `ValueError` for what strict JSON in UTF-8 cannot hold, `TypeError` for what is no document at all, and
    `RecursionError` for one that is too deep or contains itself.
    """
    return _encoder.encode(document).encode("utf-8")
