"""
Sending with a session of the user's: as it is, with its own adapters, headers, authentication and hooks.

Rules of this file: nothing is kept from one send to the next, for all that a session does to a request may differ every
time; and nothing that it does keeps the answer from being returned, whatever its status.
"""

from __future__ import annotations

from typing import Any

import requests

from alertkit._http import HttpRequest

__all__ = ["prepared_by", "sent_by"]


def prepared_by(session: requests.Session, request: HttpRequest) -> tuple[requests.PreparedRequest, dict[str, Any]]:
    """Return the request with all that the session adds to it, and the settings to send it with."""
    plain = requests.Request(request.method, request.url, headers=dict(request.headers), data=request.body)
    plain.auth = session.auth or _no_auth
    settings: dict[str, Any] = dict(session.merge_environment_settings(request.url, {}, True, None, None))
    return session.prepare_request(plain), settings


def sent_by(
    session: requests.Session, prepared: requests.PreparedRequest, settings: dict[str, Any]
) -> requests.Response:
    """Send with a session of the user's, and get the answer whatever its hooks and its view of redirects are."""
    locations: list[str | None] = []
    # Last of all hooks. A session looks where a redirect points even if it is not to follow, and reads all of its body.
    prepared.register_hook("response", lambda answer, **_: locations.append(answer.headers.pop("Location", None)))
    try:
        response = session.send(prepared, **settings)
    except requests.HTTPError as error:  # a hook that raises for the status
        if error.response is None:
            raise
        response = error.response
    if locations and locations[-1] is not None:
        response.headers["Location"] = locations[-1]
    return response


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Authenticate nothing; that there is an authentication at all keeps requests from reading `.netrc`."""
    return request
