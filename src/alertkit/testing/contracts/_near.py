"""
Ids that are nearly another one: what databases take for it, or match as a pattern.

Rules of this file: pure.
"""

from __future__ import annotations

__all__ = ["near"]


def near(text: str) -> list[str]:
    """Return what is not `text`, though a database that folds, trims, counts or matches may find it by that."""
    spelt = [f"{text} ", f" {text}", f"0{text}", f"+{text}", f"{text}.0", "%", "*", f"{text[:-1]}_", f"{text[:-1]}%"]
    return [other for other in (*spelt, text.swapcase(), text.upper(), text.lower()) if other != text]
