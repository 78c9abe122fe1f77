"""
What the form offers beside organizations and their projects, which stand in the kernel: the keys of those.

Rules of this file: values that cannot be built wrong, and nothing that a browser must not see: an option of an install
ends up in the page of a customer's visitors.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import frozen

from alertkit._checks import line, refuse
from alertkit._http import url_problems

__all__ = ["ProjectKey"]

MAX_DSN = 2048
"""Characters; a DSN is a URL, and this is the shortest limit of those that is in wide use."""


@frozen
class ProjectKey:
    """A key of a project, with the DSN that says it. Raises `InvalidEventError` with every problem."""

    public_key: str
    """What keys are sorted by."""
    dsn: str
    """The public DSN, `https://public_key@host/project`, at most 2,048 characters; one with a secret is refused."""

    def __attrs_post_init__(self) -> None:
        """Refuse what cannot be offered, with all problems."""
        refuse(line("public_key", self.public_key), _dsn_problems(self.dsn))


def _dsn_problems(dsn: object) -> tuple[str, ...]:
    problems = line("dsn", dsn, most=MAX_DSN) or url_problems("dsn", dsn)
    # `https://public:secret@host`, as DSNs had it before the secret was dropped.
    if not problems and isinstance(dsn, str) and urlsplit(dsn).password is not None:
        return ("dsn must be the public one: the browsers of all visitors see it",)
    return problems
