"""
Where in the host an alerted error is found: three URLs, each a template.

Rules of this file: pure. What is put into a template is percent-encoded, so that no name changes the shape of a URL;
a name of dots does so however it is encoded, and is refused.
"""

from __future__ import annotations

from string import Formatter
from urllib.parse import quote

from attrs import fields_dict, frozen
from typing_extensions import Self

from alertkit._checks import refuse, required_text
from alertkit._http import url_problems

__all__ = ["AlertUrls"]

_PLACES = ("organization", "project", "issue_id", "event_id")
_STEPS = (".", "..")


@frozen(kw_only=True)
class AlertUrls:
    """
    Templates of the URLs that an alert holds. Raises `InvalidEventError` with every problem.

    In braces stand `organization` and `project`, which are slugs, `issue_id` and `event_id`:
    `https://shop.example.com/{organization}/issues/{issue_id}/`.
    """

    url: str
    """The error, in the host's API."""
    web_url: str
    """The error, for people."""
    issue_url: str
    """The issue that it belongs to, in the host's API."""

    def __attrs_post_init__(self) -> None:
        """Refuse what is no template of a URL, with all problems."""
        refuse(*(_template_problems(name, getattr(self, name)) for name in fields_dict(type(self))))

    @classmethod
    def sentry(cls, base: str) -> Self:
        """Return the URLs of a Sentry at `base`, such as `https://sentry.example.com`. Raises `InvalidEventError`."""
        refuse(required_text("base", base))
        base = base.rstrip("/")
        return cls(
            url=base + "/api/0/projects/{organization}/{project}/events/{event_id}/",
            web_url=base + "/organizations/{organization}/issues/{issue_id}/events/{event_id}/",
            issue_url=base + "/api/0/issues/{issue_id}/",
        )

    def of(self, *, organization: str, project: str, issue_id: str, event_id: str) -> dict[str, str]:
        """Return the three URLs of one error, by their names. Raises `InvalidEventError` for `.` and `..`."""
        texts = {"organization": organization, "project": project, "issue_id": issue_id, "event_id": event_id}
        refuse(
            f"{place} must not be {text}, which is a step in a path" for place, text in texts.items() if text in _STEPS
        )
        places = {place: quote(text, safe="") for place, text in texts.items()}
        return {name: str(getattr(self, name)).format(**places) for name in fields_dict(type(self))}


def _template_problems(name: str, template: object) -> tuple[str, ...]:
    problems = required_text(name, template)
    if problems or not isinstance(template, str):
        return problems
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        return (f"{name} has a brace without its other half",)
    if any(place is not None and (place not in _PLACES or form or how) for _, place, form, how in parts):
        return (f"{name} may have in braces: {', '.join(_PLACES)}",)
    return url_problems(name, template.format(**dict.fromkeys(_PLACES, "x")))
