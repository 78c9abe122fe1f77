"""
The install document: what a customer has chosen so far, and the form that they see.

Rules of this file: a document is never edited; a change is another document. What is not ours in it, and that is nearly
all, comes back as it came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from alertkit._checks import mapping, refuse

__all__ = ["Install"]


@frozen
class Install:
    """The `install` of a hook. Raises `InvalidEventError` for a document that is none, with every problem."""

    document: Mapping[str, Any] = field(repr=False)
    """As it came. `options`, `schema` and the schema's `properties` are objects, null or not there."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is no install, with all problems."""
        problems = mapping("install", self.document)
        refuse(problems)
        schema = self.document.get("schema")
        refuse(
            _object_problems("install.options", self.document.get("options")),
            _object_problems("install.schema", schema),
            _object_problems("install.schema.properties", schema.get("properties"))
            if isinstance(schema, Mapping)
            else (),
        )

    @property
    def options(self) -> Mapping[str, Any]:
        """What has been chosen, by the name of the option."""
        return self.document.get("options") or {}

    @property
    def properties(self) -> Mapping[str, Any]:
        """The fields of the form, by the name of the option."""
        return (self.document.get("schema") or {}).get("properties") or {}

    def replacing(self, *, options: Mapping[str, Any], properties: Mapping[str, Any]) -> Install:
        """Return the install with other options and another form, and all else as it is."""
        schema = {**(self.document.get("schema") or {}), "properties": properties}
        return Install({**self.document, "options": options, "schema": schema})


def _object_problems(name: str, value: object) -> tuple[str, ...]:
    return () if value is None else mapping(name, value)
