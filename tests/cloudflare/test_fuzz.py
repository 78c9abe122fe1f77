"""
Whatever comes in, `handle` answers with a documented status and raises nothing.

Under the profile `fuzz`, which `nox -s fuzz` runs and CI with it, these are more than 40,000 cases.
"""

import json

from cloudflare_world import API_DSNS, TOKEN, World, hook, signed
from hypothesis import given, settings, strategies as st

from alertkit.cloudflare import HookEvent

STATUSES = {200, 400, 401}
SHARE = settings().max_examples
WORLD = World(allow_test_variant=True, max_body=50_000)
NAMES = st.sampled_from(["X-Signature-HMAC-SHA256-HEX", "x-signature-key-variant", "X-Signature-Key-Variant", "Host"])
ANYTHING = st.text(max_size=8) | st.binary(max_size=8) | st.none() | st.integers() | st.lists(st.integers(), max_size=2)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(10**300, 10**312) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
CHOSEN = {"organization": "205", "project": "22", "dsn": API_DSNS[0]}
PATHS = [
    *(["event"], ["install"], ["app"], ["app", "id"], ["authentications"], ["authentications", "account"]),
    *(["authentications", "account", "token"], ["authentications", "account", "token", "token"]),
    *(["install", "options"], ["install", "schema"], ["install", "schema", "properties"]),
    *(["install", "options", name] for name in CHOSEN),
    *(["install", "schema", "properties", name] for name in CHOSEN),
]
GONE = object()


def changed(document, path, value):
    """Return the document with a value at the end of the path, as far as there is a path."""
    if not isinstance(document, dict):
        return document
    name, *rest = path
    new = changed(document.get(name), rest, value) if rest else value
    return {key: was for key, was in {**document, name: new}.items() if was is not GONE}


def answered(body, headers):
    """Return the reply, which is one that the documentation has; no token is in it but one of the install's own."""
    reply = WORLD.installer.handle(body=body, headers=headers)
    assert reply.status in STATUSES
    if TOKEN in reply.body.decode("ascii"):
        assert TOKEN in json.dumps(json.loads(body)["install"])
    if reply.status == 400:
        assert reply.body == b""
    else:
        document = json.loads(reply.body)
        assert document == {"proceed": False} or set(document) in ({"install", "proceed"}, {"proceed", "errors"})
        assert (reply.status == 401) <= (document == {"proceed": False})
    return reply


@settings(max_examples=5 * SHARE)
@given(
    st.binary(max_size=300), st.dictionaries(NAMES | ANYTHING.filter(lambda name: not isinstance(name, list)), ANYTHING)
)
def test_any_bytes_and_any_headers(body, headers):
    """Nothing is signed, so everything is refused."""
    assert answered(body, headers).status == 400


@settings(max_examples=10 * SHARE)
@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_that_are_signed(body):
    """Who knows the secret raises nothing either."""
    answered(body, signed(body))
    answered(body, signed(body, variant="test", secret="test-key"))


@settings(max_examples=25 * SHARE)
@given(
    st.sampled_from([*HookEvent, "install", None]),
    st.lists(st.tuples(st.sampled_from(PATHS), JSON | st.just(GONE)), max_size=3),
    st.dictionaries(st.sampled_from(["event", "install", "app", "authentications"]), JSON, max_size=2),
    st.booleans(),
    st.booleans(),
)
def test_near_misses(event, changes, twice, is_test, escaped):
    """Hooks as real ones, in which members are missing, null, of the wrong type, huge or odd, or there twice."""
    document = hook(event, CHOSEN, app="local" if is_test else "sentry")
    for path, value in changes:
        document = changed(document, path, value)
    head, tail = (json.dumps(part, ensure_ascii=escaped) for part in (twice, document))
    body = (f"{head[:-1]}, {tail[1:]}" if twice else tail).encode("utf-8", "surrogatepass")
    signing = {"variant": "test", "secret": "test-key"} if is_test else {}
    calls = WORLD.calls
    answered(body, signed(body, **signing))
    assert all(now - before <= (not is_test) for before, now in zip(calls, WORLD.calls, strict=True))


@settings(max_examples=3 * SHARE)
@given(st.data())
def test_mangled_bytes(data):
    """A real hook of which a piece is cut out, doubled, or something else, signed as it is."""
    body = json.dumps(hook("preview", CHOSEN)).encode()
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, len(body)))
    piece = data.draw(
        st.just(b"") | st.binary(max_size=9) | st.sampled_from([body[start:end] * 2, b"[" * 60_000, b'"' * 999])
    )
    body = body[:start] + piece + body[end:]

    answered(body, signed(body))
