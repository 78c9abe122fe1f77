"""
The fields of the form that are ours, in order, and what the form says of each.

Rules of this file: pure. What a field looks like on the wire stands here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import fields, frozen

from alertkit._checks import required_text
from alertkit._words import Word
from alertkit.errors import UsageError

__all__ = ["FIELDS", "Choices", "Field", "FormTexts", "property_of", "texts_of"]

Choices = Mapping[str, str]
"""What a field offers, in order: the value, and what a person reads in its place."""


class Field(Word):
    """A field of the form, by the name of its option. Each is a choice of what the one before it holds."""

    ORGANIZATION = "organization"
    PROJECT = "project"
    DSN = "dsn"


FIELDS = tuple(Field)


@frozen(kw_only=True)
class FormTexts:
    """What a customer reads."""

    organization: str = "Sentry Organization"
    project: str = "Sentry Project"
    dsn: str = "DSN"
    dsn_description: str = "Where events of this site go. It follows from the project chosen above."
    dsn_placeholder: str = "https://public_key@sentry.io/1"


_NAMES = tuple(member.name for member in fields(FormTexts))


def texts_of(titles: Mapping[str, str] | None) -> FormTexts:
    """Return the texts, the usual ones where there is no other. Raises `UsageError` for what is none of them."""
    if titles is None:
        return FormTexts()
    if not isinstance(titles, Mapping) or not set(titles) <= set(_NAMES):
        raise UsageError(f"titles must be a mapping of texts, whose keys are among {', '.join(_NAMES)}")
    problems = [problem for name, text in titles.items() for problem in required_text(f"titles[{name!r}]", text)]
    if problems:
        raise UsageError("; ".join(problems))
    return FormTexts(**titles)


def property_of(field: Field, choices: Choices, texts: FormTexts) -> dict[str, Any]:
    """Return the field as the form's schema has it, with these choices and no other keyword than ours."""
    said: dict[str, Any] = {"type": "string", "title": getattr(texts, field.value)}
    offered: dict[str, Any] = {"order": FIELDS.index(field) + 1, "enum": list(choices)}
    if field is Field.DSN:
        said |= {"description": texts.dsn_description, "placeholder": texts.dsn_placeholder}
    else:
        offered["enumNames"] = dict(choices)
    return {**said, **offered, "required": True}
