"""
A notice → what its owners read, before it is text or HTML.

Rules of this file: pure. Both bodies of a mail are written from this one value, so that they say the same.
"""

from __future__ import annotations

from attrs import frozen

from alertkit._http import url_problems
from alertkit.mail._wording import day_in_words, days_in_words, instant_in_words, one_line, sentence
from alertkit.webhooks._retirement import RetirementNotice

__all__ = ["Content", "Step", "content_of", "subject_of"]

_MOST_NAME = 100
_MOST_REASON = 1000
_MOST_URL = 2048
_MOST_DAYS = 30


@frozen
class Step:
    """Something to do, and where, if that is known."""

    text: str
    link: str | None = None


@frozen(kw_only=True)
class Content:
    """The parts of the mail, every text one line, nothing escaped."""

    greeting: str
    opening: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    head: tuple[str, ...] = ("Day (UTC)", "Delivered", "Failed", "Timed out", "Refused for good")
    rows: tuple[tuple[str, ...], ...]
    closing: str = "You are told because you own this integration. This message is automatic."


def subject_of(notice: RetirementNotice) -> str:
    """Return the subject, which asks for action."""
    # `=?` begins an encoded word, which would be decoded where the mail is read.
    return f"Action required: fix your integration {one_line(notice.name, most=_MOST_NAME).replace('=?', '= ?')}"


def content_of(notice: RetirementNotice, *, name: str, request_log_url: str | None) -> Content:
    """Return what the owner called `name` is told. A settings URL that is no link is left out."""
    who = f"{one_line(notice.name, most=_MOST_NAME)} ({one_line(notice.slug, most=_MOST_NAME)})"
    settings_url = None if url_problems("settings_url", notice.settings_url) else notice.settings_url
    if notice.disabled:
        opening = f"{who} has been disabled. It gets no webhooks until somebody enables it again."
        last = Step("Enable the integration again.", settings_url)
    else:
        opening = f"{who} is broken, and it could not be disabled: webhooks are still sent to it."
        last = Step("Disable the integration until that is done.", settings_url)
    log = (Step("Look at what was sent and what came back.", request_log_url),) if request_log_url else ()
    days = days_in_words(notice.verdict.days[-_MOST_DAYS:])
    return Content(
        greeting=f"Hello {one_line(name, most=_MOST_NAME)}," if name else "Hello,",
        opening=opening,
        facts=(
            ("Why", sentence(one_line(notice.verdict.reason, most=_MOST_REASON) or "no reason was given")),
            *((("Days that speak against it", days),) if days else ()),
            ("Where its webhooks went", one_line(notice.url, most=_MOST_URL)),
            ("When", instant_in_words(notice.at)),
        ),
        steps=(*log, Step("Mend what answers where its webhooks went."), last),
        rows=tuple(
            (day_in_words(tally.day), *map(str, (tally.success, tally.error, tally.timeout, tally.fatal)))
            for tally in notice.tallies[-_MOST_DAYS:]
        ),
    )
