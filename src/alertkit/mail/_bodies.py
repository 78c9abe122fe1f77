"""
What owners read → text, and HTML.

Rules of this file: pure. In HTML every text is escaped, whoever wrote it, and only what is a step's link is a link: the
endpoint of an integration is a stranger's.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from alertkit.mail._content import Content, Step

__all__ = ["html_body", "text_body"]

_CELL = "padding:2px 12px 2px 0"


def text_body(content: Content) -> str:
    """Return the mail as plain text."""
    lines = [content.greeting, "", content.opening, ""]
    lines += [f"{label}: {text}" for label, text in content.facts]
    lines += ["", "What to do now", ""]
    lines += [
        f"{number}. {step.text}" + (f"\n   {step.link}" if step.link else "")
        for number, step in enumerate(content.steps, 1)
    ]
    if content.rows:
        lines += ["", "Attempts of the last days", "", *_table(content)]
    return "\n".join([*lines, "", content.closing, ""])


def _table(content: Content) -> Iterator[str]:
    rows = (content.head, *content.rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(content.head))]
    for first, *counts in rows:
        yield "  ".join((first.ljust(widths[0]), *map(str.rjust, counts, widths[1:])))


def html_body(content: Content) -> str:
    """Return the mail as HTML that needs nothing from anywhere."""
    facts = "".join(
        f'<tr><th align="left" valign="top" style="{_CELL}">{escape(label)}</th>'
        f'<td style="{_CELL}">{escape(text)}</td></tr>\n'
        for label, text in content.facts
    )
    parts = [
        f"<p>{escape(content.greeting)}</p>\n<p>{escape(content.opening)}</p>\n<table>\n{facts}</table>\n",
        f"<h2>What to do now</h2>\n<ol>\n{''.join(map(_item, content.steps))}</ol>\n",
    ]
    if content.rows:
        head = "".join(f'<th align="left" style="{_CELL}">{escape(label)}</th>' for label in content.head)
        rows = "".join(
            "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>\n"
            for row in content.rows
        )
        parts.append(f"<h2>Attempts of the last days</h2>\n<table>\n<tr>{head}</tr>\n{rows}</table>\n")
    parts.append(f"<p>{escape(content.closing)}</p>\n")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"></head>\n'
        f'<body style="font-family:sans-serif">\n{"".join(parts)}</body>\n</html>\n'
    )


def _item(step: Step) -> str:
    link = f'<br>\n<a href="{escape(step.link)}">{escape(step.link)}</a>' if step.link else ""
    return f"<li>{escape(step.text)}{link}</li>\n"
