"""The gate: what is refused, in which order, and that nothing of it is believed, parsed or told."""

import hashlib
import hmac
import json
import logging
import traceback

import pytest
from cloudflare_world import SECRET, TOKEN, World, hook, signed
from hypothesis import given, strategies as st

from alertkit import VerificationError
from alertkit.cloudflare import HookRecord, HookRefusal
from alertkit.cloudflare._hook import MAX_NESTING, Gate, keys_of

BODY = json.dumps(hook("preview")).encode()
SIGNATURE, VARIANT = "X-Signature-HMAC-SHA256-HEX", "X-Signature-Key-Variant"
GATE = Gate(keys=keys_of(SECRET), allow_test_variant=True, max_body=100_000)
NO_TEST = Gate(keys=keys_of(SECRET), allow_test_variant=False, max_body=100_000)


def refusal(body=BODY, headers=None, *, gate=GATE, **signing):
    """Return why a request is no hook, or None where it is one."""
    try:
        gate.admit(body, signed(body, **signing) if headers is None else headers)
    except VerificationError as error:
        return error.reason
    return None


def shaped(**changes):
    """Return a hook with changes at its top."""
    return json.dumps({**hook("preview"), **changes}).encode()


def nested(depth, opening="[", closing="]"):
    """Return a hook with a value of this depth in it, and its own two levels."""
    return b'{"event":"x","install":{"v":' + (opening * depth).encode() + b"1" + (closing * depth).encode() + b"}}"


def test_a_hook():
    """Its event, its install and its token; the order in which a framework has the headers says nothing."""
    found = GATE.admit(BODY, dict(reversed(signed(BODY).items())))

    assert (found.event.value, found.token, found.is_test) == ("preview", TOKEN, False)
    assert found.install.document == hook("preview")["install"]
    assert TOKEN not in repr(found)
    assert "AcCt1" not in repr(found)
    assert "InSt" not in repr(found)


@pytest.mark.parametrize("spell", [str.lower, str.upper, str.title])
def test_the_names_of_headers_know_no_case(spell):
    """Servers spell them as they like."""
    assert refusal(headers={spell(name): value for name, value in signed(BODY).items()}) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        *(({name: value}, HookRefusal.MISSING_HEADER) for name in (SIGNATURE, VARIANT) for value in ("", None)),
        *(
            ({name: value}, HookRefusal.MALFORMED_HEADER)
            for name in (SIGNATURE, VARIANT)
            for value in ("é", b"1", 1, [])
        ),
        *(({name.lower(): "1"}, HookRefusal.MALFORMED_HEADER) for name in (SIGNATURE, VARIANT)),
        *(
            ({VARIANT: value}, HookRefusal.UNKNOWN_VARIANT)
            for value in ("2", "TEST", "Test", " 1", "01", "live", "1,1")
        ),
        ({"x-signature-\N{KELVIN SIGN}ey-variant": "1"}, None),
        ({None: "1", b"x": 2, 7: None}, None),
    ],
)
def test_headers(change, reason):
    """Each of the two must be there once, in ASCII, and the variant be one of two."""
    assert refusal(headers={**signed(BODY), **change}) is reason


@pytest.mark.parametrize("name", [SIGNATURE, VARIANT])
def test_a_header_that_is_not_there(name):
    """Both are wanted."""
    headers = signed(BODY)
    del headers[name]

    assert refusal(headers=headers) is HookRefusal.MISSING_HEADER


DIGEST = signed(BODY)[SIGNATURE]


@pytest.mark.parametrize(
    "signature", ["0", "x" * 64, DIGEST[:-1], DIGEST + "0", DIGEST.upper(), f" {DIGEST}", f"sha256={DIGEST}", "0" * 64]
)
def test_signatures_that_are_not_right(signature):
    """One spelling of one digest is right."""
    assert refusal(headers={SIGNATURE: signature, VARIANT: "1"}) is HookRefusal.NO_MATCH


@pytest.mark.parametrize("key", ["", "test-key", "other"])
def test_keys_that_are_not_the_secret(key):
    """Neither no key, nor the one that everybody knows, signs for the live variant."""
    assert refusal(secret=key) is HookRefusal.NO_MATCH


def test_the_secret_does_not_sign_for_the_test_variant():
    """And the test key does, where that is allowed."""
    body = shaped(app={"id": ""})

    assert refusal(body, variant="test") is HookRefusal.NO_MATCH
    assert refusal(body, variant="test", secret="test-key") is None
    assert refusal(body, variant="test", secret="test-key", gate=NO_TEST) is HookRefusal.TEST_VARIANT


def test_raw_bytes_are_signed():
    """The same document in other bytes is not signed."""
    headers = signed(BODY)

    assert json.loads(BODY + b" ") == json.loads(BODY)
    assert refusal(BODY + b" ", headers) is HookRefusal.NO_MATCH


@pytest.mark.parametrize("app", [{"id": "local"}, {"id": ""}])
def test_apps_that_may_be_tested(app):
    """Those that are in the making."""
    assert refusal(shaped(app=app), variant="test", secret="test-key") is None


@pytest.mark.parametrize("app", [{"id": "sentry"}, {"id": None}, {"id": ["local"]}, {}, None, [], "local"])
def test_apps_that_may_not(app):
    """A live one, and what does not say which it is; under the live key nobody asks."""
    assert refusal(shaped(app=app), variant="test", secret="test-key") is HookRefusal.TEST_OF_LIVE_APP
    assert refusal(shaped(app=app)) is None


def test_under_the_test_key_there_is_no_token():
    """Whatever stands in the body; nor is it one of the secrets that has signed it."""
    body = shaped(app={"id": "local"})
    found = GATE.admit(body, signed(body, variant="test", secret="test-key"))

    assert (found.token, found.is_test, found.secret_index) == (None, True, None)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"{",
            b"{}}",
            b"nonsense",
            b"\xff\xfe{\x00}\x00",
            b"\xef\xbb\xbf{}",
            b"\xed\xa0\x80",
            b"'x'",
            b"{'a':1}",
        ),
        *(
            b"NaN",
            b"[Infinity]",
            b"[-Infinity]",
            b"1e999",
            b"[-1e999]",
            b"9" * 309,
            b"-" + b"9" * 309,
            b"9" * 310,
            b"-" + b"9" * 5000,
            b'"\n"',
            b'"a',
        ),
        json.dumps(hook("preview")).encode("utf-16"),
        *(b'"\\' * 40_000, b"{" * MAX_NESTING, b"]" * 90_000, b'{"a":1,}'),
    ],
)
def test_what_is_no_json(body):
    """Strict JSON in UTF-8, of numbers that JavaScript has."""
    assert refusal(body) is HookRefusal.NOT_JSON


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}"), ('[{"[":', "}]")])
def test_depth(brackets):
    """As many levels as the limit says are read, and one more is not, however they are made."""
    levels = brackets[0].replace('"[":', "").count("[") + brackets[0].replace('"[":', "").count("{")
    deepest = (MAX_NESTING - 2) // levels

    assert refusal(nested(deepest, *brackets)) is None
    assert refusal(nested(deepest + 1, *brackets)) is HookRefusal.TOO_DEEP
    assert refusal(nested(40_000 // len(brackets[0]), *brackets)) is HookRefusal.TOO_DEEP


def test_wide_is_not_deep():
    """However many objects and lists there are beside one another."""
    assert refusal(shaped(list=[{"a": [1]}] * 500)) is None
    assert refusal(shaped(list=[{"a": [1]}] * 500, deep=json.loads(nested(MAX_NESTING - 2)))) is HookRefusal.TOO_DEEP


@pytest.mark.parametrize("number", ["1" + "0" * 308, "-1" + "0" * 308, "-17e307", "0." + "9" * 400])
def test_numbers_that_a_double_holds(number):
    """They are read, with a sign and without."""
    assert refusal(shaped(nonce=0).replace(b'"nonce": 0', f'"nonce": {number}'.encode())) is None


def test_brackets_in_texts_are_no_depth():
    """Nor are they after a quote that is escaped, or before a backslash that ends the text."""
    for text in ("[" * 1000, '"' + "{" * 1000, "\\" + "[" * 1000, "[" * 1000 + "\\"):
        assert refusal(shaped(nonce=text)) is None


@pytest.mark.parametrize(
    "body",
    [
        *(b"[]", b"null", b'"x"', b"5", b"true", b"{}", b'{"event":"preview"}'),
        *(shaped(install=value) for value in (None, [], "x", 5, True)),
        *(shaped(event=value) for value in (5, [], {}, True)),
        *(shaped(install={"options": value}) for value in ([], "x", 5, False)),
        *(shaped(install={"schema": value}) for value in ([], "x", 5, False)),
        *(shaped(install={"schema": {"properties": value}}) for value in ([], "x", 5, False)),
        *(shaped(authentications=value) for value in ([], "x", 5, False)),
        *(shaped(authentications={"account": value}) for value in ([], "x", 5)),
        *(shaped(authentications={"account": {"token": value}}) for value in ([], "x", 5)),
        *(shaped(authentications={"account": {"token": {"token": value}}}) for value in ([], {}, 5, True)),
    ],
)
def test_shapes_that_no_hook_has(body):
    """What is there is of its type, and an install is there."""
    assert refusal(body) is HookRefusal.WRONG_SHAPE


@pytest.mark.parametrize(
    "authentications",
    [
        None,
        {},
        *({"account": account} for account in (None, {}, {"token": None}, {"token": {}}, {"token": {"token": None}})),
    ],
)
def test_without_an_account(authentications):
    """What is missing or null on the way to the token means that there is none."""
    body = shaped(authentications=authentications)

    assert GATE.admit(body, signed(body)).token is None


@pytest.mark.parametrize("token", ["a b", "~", "x" * 4096])
def test_tokens_that_are_issued(token):
    """Visible ASCII and blanks."""
    body = json.dumps(hook("preview", token=token)).encode()

    assert GATE.admit(body, signed(body)).token == token


@pytest.mark.parametrize("token", ["", "é", "tok\n", "\ud800", "\0", "x" * 4097])
def test_tokens_that_nobody_issues(token):
    """They are nobody's."""
    body = json.dumps(hook("preview", token=token)).encode()

    assert GATE.admit(body, signed(body)).token is None


def test_the_last_of_two_members_counts():
    """As it does for every parser of JSON that comes before or after."""
    body = b'{"event":"x","event":"preview","install":[],"install":{}}'

    assert GATE.admit(body, signed(body)).event.value == "preview"


# Each request is wrong in the first way, and in every way that is looked at later.
LIVE_APP = shaped(app={"id": "sentry"})
WRONG_SHAPE_OF_LIVE_APP = shaped(app={"id": "sentry"}, install=[])
TOO_DEEP = nested(70)[:-1]
TEST = {"variant": "test", "secret": "test-key"}
ORDER = [
    (HookRefusal.BODY_TOO_LARGE, b"[" * 100_001, {}),
    (HookRefusal.MISSING_HEADER, TOO_DEEP, {SIGNATURE: "", VARIANT: "é"}),
    (HookRefusal.MALFORMED_HEADER, TOO_DEEP, {SIGNATURE: "é", VARIANT: ""}),
    (HookRefusal.MISSING_HEADER, TOO_DEEP, {SIGNATURE: "0", VARIANT: ""}),
    (HookRefusal.MALFORMED_HEADER, TOO_DEEP, {SIGNATURE: "0", VARIANT: "é"}),
    (HookRefusal.UNKNOWN_VARIANT, TOO_DEEP, {SIGNATURE: "0", VARIANT: "2"}),
    (HookRefusal.NO_MATCH, TOO_DEEP, {SIGNATURE: "0", VARIANT: "1"}),
    (HookRefusal.NOT_JSON, b"\xff" + TOO_DEEP, signed(b"\xff" + TOO_DEEP, **TEST)),
    (HookRefusal.TOO_DEEP, TOO_DEEP, signed(TOO_DEEP, **TEST)),
    (HookRefusal.WRONG_SHAPE, WRONG_SHAPE_OF_LIVE_APP, signed(WRONG_SHAPE_OF_LIVE_APP, **TEST)),
    (HookRefusal.TEST_OF_LIVE_APP, LIVE_APP, signed(LIVE_APP, **TEST)),
]


@pytest.mark.parametrize(("reason", "body", "headers"), ORDER)
def test_the_order(reason, body, headers):
    """The first thing that is wrong is what is told."""
    assert refusal(body, headers) is reason


def test_the_test_variant_is_looked_at_before_its_signature():
    """Where it is not allowed, its key is not used."""
    assert refusal(b"", {SIGNATURE: "0", VARIANT: "test"}, gate=NO_TEST) is HookRefusal.TEST_VARIANT


class Unread(dict):
    """Headers that nobody may look at."""

    def items(self):
        """Fail."""
        raise AssertionError("looked at")


def test_size_is_looked_at_before_all():
    """At the limit a body is read, beyond it not even the headers are."""
    body = BODY + b" " * (100_000 - len(BODY))

    assert refusal(body) is None
    assert refusal(body + b" ", Unread()) is HookRefusal.BODY_TOO_LARGE


@pytest.mark.parametrize(("reason", "body", "headers"), ORDER)
def test_every_refusal_is_a_bare_400(reason, body, headers, caplog):
    """Its reply says nothing, and its line and record say the reason in our words, at a level that is seen."""
    world = World(allow_test_variant=True, max_body=100_000)
    reply = world.installer.handle(body=body, headers=headers)

    assert (reply.status, dict(reply.headers), reply.body) == (400, {}, b"")
    assert world.records == [HookRecord(status=400, refusal=reason)]
    assert world.calls == (0, 0, 0, 0)
    (line,) = caplog.records
    assert (line.levelno, line.getMessage()) == (logging.WARNING, f"hook refused: {reason.value}")
    assert (line.refusal, line.http_status, line.event) == (reason.name.lower(), 400, None)


MARK = "attackers-mark"


@pytest.mark.parametrize(
    ("event", "signing", "change"),
    [
        (MARK, {}, {}),
        (f"option-change:{MARK}", {}, {}),
        ("preview", {}, {"authentications": {"account": {"token": {"token": MARK}}}}),
        ("preview", {"secret": MARK}, {}),
        ("preview", {"variant": MARK}, {}),
        ("preview", {}, {"install": {"options": MARK}}),
        ("before-new-install", {}, {"install": {"options": {"organization": MARK}}}),
    ],
)
def test_no_text_of_a_stranger_in_any_line(event, signing, change, caplog):
    """Nor a signature or a token: neither in what is read, nor in what is searched, nor in a record."""
    caplog.set_level(logging.DEBUG)
    world = World()
    body = json.dumps({**hook(event), **change}).encode()
    headers = signed(body, **signing)
    world.installer.handle(body=body, headers=headers)

    told = caplog.text + repr([vars(record) for record in caplog.records]) + repr(world.records)
    assert caplog.records
    for text in (MARK, TOKEN, SECRET, headers[SIGNATURE]):
        assert text not in told


@pytest.mark.parametrize("body", [b"\xff" + MARK.encode(), f'{{"{MARK}'.encode(), f'{{"install":"{MARK}"}}'.encode()])
def test_no_error_holds_the_body(body):
    """Neither the error itself nor what stands behind it, which a reporter would print."""
    with pytest.raises(VerificationError) as raised:
        GATE.admit(body, signed(body))

    error = raised.value
    assert (error.__cause__, error.__context__) == (None, None)
    assert MARK not in "".join(traceback.format_exception_only(type(error), error))


@given(st.binary(max_size=64), st.sampled_from(["a", "b", "c"]))
def test_any_bytes_that_are_signed(body, secret):
    """Whichever of the secrets signed them, they pass the signature; under no other do they."""
    gate = Gate(keys=keys_of(["a", "b"]), allow_test_variant=False, max_body=64)
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    reason = refusal(body, {SIGNATURE: digest, VARIANT: "1"}, gate=gate)

    assert (reason is HookRefusal.NO_MATCH) == (secret == "c")


def test_no_repr_shows_a_key():
    """A gate is in tracebacks."""
    assert repr(GATE) == "Gate(allow_test_variant=True, max_body=100000)"
