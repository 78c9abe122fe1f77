"""
The machine: from an event and what there is to choose, to the form that is shown next.

Rules of this file: pure, and nothing that comes in is edited. There is one ordered tuple of fields (`FIELDS`), one
table (`ENTRIES`: which event enters at which field) and one rule, `advance`:

- A field before the entry is a parent. Its option must be among its choices; if it is not, the field after it has
  nothing to offer.
- A field from the entry on is offered. Where there is nothing to offer, its schema stays, empty, the schemas after it
  go, and so do its option and those after it, and the walk is over. Otherwise an option that is still on offer stays,
  any other becomes the first one, and the walk goes on.

The choices of a field hang on what the field before it holds, so they are fetched between two steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from attrs import evolve, frozen

from alertkit.cloudflare._event import HookEvent
from alertkit.cloudflare._form import FIELDS, Choices, Field, FormTexts, property_of
from alertkit.cloudflare._install import Install

__all__ = ["ENTRIES", "Walk", "advance", "begin"]

ENTRIES: Mapping[HookEvent, Field | None] = MappingProxyType(
    {
        HookEvent.PREVIEW: Field.ORGANIZATION,
        HookEvent.ACCOUNT: Field.ORGANIZATION,
        HookEvent.ACCOUNT_LOGOUT: Field.ORGANIZATION,  # and nobody is there to offer anything to
        HookEvent.ORGANIZATION: Field.PROJECT,
        HookEvent.PROJECT: Field.DSN,
        HookEvent.DSN: Field.DSN,
        # Nothing is offered any more: every field is a parent, of the install itself.
        HookEvent.BEFORE_NEW_INSTALL: None,
        HookEvent.BEFORE_UPDATE_INSTALL: None,
    }
)
"""Where each event enters. What is not here is answered as it came."""


@frozen(kw_only=True)
class Walk:
    """How far the form has come."""

    install: Install
    entry: Field | None
    """The first field that is offered; None where there is none."""
    wanted: Field | None = FIELDS[0]
    """The field whose choices the next step needs; None where the walk is over."""
    picked: str | None = None
    """What the field of the last step holds, of its choices."""
    replaced: tuple[Field, ...] = ()
    """Fields that held something which is not on offer, and hold the first choice now."""
    dropped: tuple[Field, ...] = ()
    """Fields that held something, and hold nothing now, since nothing is on offer."""
    lost: Field | None = None
    """The parent whose option is none of its choices."""

    @property
    def is_check(self) -> bool:
        """Whether every field is a parent, and nothing is offered."""
        return self.entry is None


def begin(event: HookEvent, install: Install) -> Walk:
    """Return the walk before its first step; `event` is one of the table."""
    return Walk(install=install, entry=ENTRIES[event])


def advance(walk: Walk, choices: Choices, *, texts: FormTexts) -> Walk:
    """Return the walk one step on, with the choices of the field that it wanted. One that is over stays."""
    field = walk.wanted
    if field is None:
        return walk
    option = walk.install.options.get(field.value)
    picked = _among(option, choices)
    if walk.entry is None or FIELDS.index(field) < FIELDS.index(walk.entry):
        return _checked(walk, field, picked, texts)
    if not choices:
        return evolve(_emptied(walk, field, texts), wanted=None, picked=None)
    replaced = (*walk.replaced, field) if picked is None and _holds(option) else walk.replaced
    value = next(iter(choices)) if picked is None else picked
    install = walk.install.replacing(
        options={**walk.install.options, field.value: value},
        properties={**walk.install.properties, field.value: property_of(field, choices, texts)},
    )
    return evolve(walk, install=install, wanted=_after(field), picked=value, replaced=replaced)


def _checked(walk: Walk, field: Field, picked: str | None, texts: FormTexts) -> Walk:
    if picked is not None:
        return evolve(walk, wanted=_after(field), picked=picked)
    child = None if walk.entry is None else _after(field)
    emptied = walk if child is None else _emptied(walk, child, texts)
    return evolve(emptied, wanted=None, picked=None, lost=field)


def _after(field: Field) -> Field | None:
    return next(iter(FIELDS[FIELDS.index(field) + 1 :]), None)


def _among(option: object, choices: Choices) -> str | None:
    """Return the choice that an option means. A number is understood: ids of a host often are, and `7.0` is 7."""
    if isinstance(option, float) and option.is_integer():
        option = int(option)
    value = str(option) if isinstance(option, int) and not isinstance(option, bool) else option
    return value if isinstance(value, str) and value in choices else None


def _holds(option: object) -> bool:
    return option not in (None, "")


def _emptied(walk: Walk, field: Field, texts: FormTexts) -> Walk:
    """Return the walk with nothing to choose from `field` on."""
    options, place = walk.install.options, FIELDS.index(field)
    gone, after = FIELDS[place:], FIELDS[place + 1 :]
    properties = {**walk.install.properties, field.value: property_of(field, {}, texts)}
    install = walk.install.replacing(
        options={name: value for name, value in options.items() if name not in gone},
        properties={name: value for name, value in properties.items() if name not in after},
    )
    return evolve(walk, install=install, dropped=tuple(one for one in gone if _holds(options.get(one.value))))
