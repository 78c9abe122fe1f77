"""Standard Webhooks: the published vectors, the published package, rotation, and whatever an attacker sends."""

import base64
import json
from datetime import datetime, timedelta, timezone

import pytest
import standardwebhooks
from hypothesis import given, strategies as st

from alertkit import InvalidEventError, UsageError, VerificationError
from alertkit.testing.contracts import SignerContract
from alertkit.webhooks import StandardWebhooksSigner, VerificationFailure

SIGNER = StandardWebhooksSigner()

ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
AT = datetime.fromtimestamp(1614265330, tz=timezone.utc)
BODY = b'{"test": 2432232314}'
K1 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
K2 = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
K3 = "whsec_TUdfVE5UMnZlci1TeWxOYXQtX1ZlTW1kLTRtMFdhYmEwanIxdHJvenRCbmlTQ2hFdzBnbHhFbWdFaTJLdzQwSA=="
S1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
S5 = "v1,78nXHjpFP0tVJQW5D0SBwmVyyW87BV/rL6MgfM/Bw44="
SPEC_BODY = (
    b'{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
    b'"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}'
)
HEADERS = {"webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": S1}


class TestStandardWebhooksSigner(SignerContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        return StandardWebhooksSigner()


def signed(*, message_id=ID, at=AT, body=BODY, secrets=(K1,)):
    """Return the signature."""
    return SIGNER.headers(message_id=message_id, at=at, body=body, secrets=secrets)["webhook-signature"]


def refusal(headers, body=BODY, *, secrets=(K1,), now=AT, **options):
    """Return why a message is not trusted, or None where it is."""
    try:
        SIGNER.verify(headers, body, secrets=secrets, now=now, **options)
    except VerificationError as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("given", "signature"),
    [
        ({}, S1),
        ({"body": b""}, "v1,v48jdbgvh29KJz2Qc+ghw8G6vG3nAKnujWBg8oM/62A="),
        ({"secrets": (K2,)}, S5),
        ({"secrets": [K1, K2]}, f"{S1} {S5}"),
        ({"at": AT + timedelta(seconds=5)}, "v1,IFrHNvFdSlxTmO/uOkpKdCwyVAkNxveF9T56NbTULfE="),
        ({"at": AT + timedelta(seconds=5, milliseconds=999)}, "v1,IFrHNvFdSlxTmO/uOkpKdCwyVAkNxveF9T56NbTULfE="),
        (
            {
                "message_id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
                "at": datetime.fromtimestamp(1674087231, tz=timezone.utc),
                "body": SPEC_BODY,
            },
            "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=",
        ),
    ],
)
def test_published_vectors(given, signature):
    """The signatures are those that every other library makes."""
    assert signed(**given) == signature


def test_the_headers():
    """Id, second and signature, and nothing else, whatever the resource."""
    assert SIGNER.headers(message_id=ID, at=AT, body=BODY, secrets=[K1], resource="issue") == HEADERS


def test_the_same_instant_signs_the_same_in_every_zone():
    """The zone in which an instant is told does not matter."""
    assert signed(at=AT.astimezone(timezone(timedelta(hours=-7)))) == S1


@pytest.mark.parametrize("secret", [K1, K2, K3])
def test_the_published_package_accepts_what_is_signed(secret):
    """Its verification, which looks at the clock, takes our headers."""
    body = json.dumps({"name": "Zoë"}).encode()
    headers = SIGNER.headers(message_id="msg_1", at=datetime.now(timezone.utc), body=body, secrets=[secret, K2])

    assert standardwebhooks.Webhook(secret).verify(body, headers) == {"name": "Zoë"}


@given(st.text(st.characters(exclude_categories=["Cs"])), st.binary(min_size=24, max_size=64))
def test_what_the_published_package_signs_is_accepted(text, key):
    """For any body and any key."""
    secret = "whsec_" + base64.b64encode(key).decode()
    signature = standardwebhooks.Webhook(secret).sign(ID, AT, text)

    assert refusal({**HEADERS, "webhook-signature": signature}, text.encode(), secrets=[secret]) is None
    assert signed(body=text.encode(), secrets=[secret]) == signature


@pytest.mark.parametrize("secrets", [[K1], [K2], [K1, K2], [K2, K1], [K3, K2]])
def test_either_secret_verifies_while_they_change(secrets):
    """A message with both signatures is trusted by whoever knows one of the secrets, in both orders."""
    for signature in (f"{S1} {S5}", f"{S5} {S1}", f"v1a,hnO3f9T8 {S1} {S5} v9,x"):
        assert refusal({**HEADERS, "webhook-signature": signature}, secrets=secrets) is None


@pytest.mark.parametrize(
    "signature",
    [
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=",
        "v1,tFtCZ5RDCPxzWQRWXWPgrCgE2frDBe9gjpbWQxnVfsQ=",
        "v1,Mm7xgUVICxZfQ3bgf0h0Dof65L/IFx+PnZvnDWPCX6Q=",
        "v1,9DfC1c3eeOrXB6w/5dIDydLNQaEyww5KalE5jLBZucE=",
        "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        # The same bytes, spelt otherwise: trailing bits, junk, blanks, the other alphabet, no padding.
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OF=",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE",
        "v1,g0hM9SsE-OTPJTGt_tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,!g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,\tg0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1;g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "v1,,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        f"v1,\t{S1}",
        "v1,",
        ",",
        " ",
    ],
)
def test_signatures_that_are_not_right(signature):
    """Another key, another scheme, or another spelling of the same bytes is no match."""
    assert refusal({**HEADERS, "webhook-signature": signature}) is VerificationFailure.NO_MATCH


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, VerificationFailure.MISSING_HEADER),
        ("", VerificationFailure.MISSING_HEADER),
        ("\u00e9", VerificationFailure.MALFORMED_HEADER),
        ("\ud800", VerificationFailure.MALFORMED_HEADER),
        (b"bytes", VerificationFailure.MALFORMED_HEADER),
        (7, VerificationFailure.MALFORMED_HEADER),
    ],
)
def test_headers_that_cannot_be_read(name, value, reason):
    """What is missing, no ASCII or no text is told apart from what is wrong."""
    assert refusal({**HEADERS, name: value}) is reason


@pytest.mark.parametrize(
    "timestamp",
    [
        *("1614265330.0", "1614265330.9", " 1614265330", "1614265330 ", "+1614265330", "-1614265330", "1_614265330"),
        *("01614265330", "1.614265330e9", "0x60380a72", "nan", "inf", "9" * 13, "9" * 5000, "1614265330\n", "\u0661"),
    ],
)
def test_timestamps_in_another_spelling(timestamp):
    """Only whole seconds in digits are a timestamp, whatever a library would make of the rest."""
    assert refusal({**HEADERS, "webhook-timestamp": timestamp}) is VerificationFailure.MALFORMED_HEADER


@pytest.mark.parametrize(
    ("off", "tolerance", "reason"),
    [
        (300, 300, None),
        (-300, 300, None),
        (301, 300, VerificationFailure.TOO_OLD),
        (-301, 300, VerificationFailure.TOO_NEW),
        (0, 0, None),
        (1, 0, VerificationFailure.TOO_OLD),
        (86_400, 90_000, None),
    ],
)
def test_the_tolerance(off, tolerance, reason):
    """Seconds are compared, both ways, with the tolerance itself still in."""
    now = AT + timedelta(seconds=off)

    assert refusal(HEADERS, now=now, tolerance=timedelta(seconds=tolerance)) is reason
    assert refusal(HEADERS, now=AT + timedelta(seconds=299.5)) is None
    assert refusal(HEADERS, now=AT + timedelta(seconds=300.5)) is VerificationFailure.TOO_OLD


def test_what_is_signed_is_bound_together():
    """The id, the second and the body cannot be exchanged one by one."""
    assert refusal({**HEADERS, "webhook-id": "msg_other"}) is VerificationFailure.NO_MATCH
    assert refusal({**HEADERS, "webhook-timestamp": "1614265331"}) is VerificationFailure.NO_MATCH
    assert refusal(HEADERS, BODY + b" ") is VerificationFailure.NO_MATCH


def test_an_id_with_a_dot_is_not_trusted():
    """The dot would move from the id into what follows it, and two messages would share a signature."""
    assert refusal({**HEADERS, "webhook-id": "msg.1"}) is VerificationFailure.MALFORMED_HEADER


def test_the_number_of_signatures_is_bounded():
    """Thirty-two may come, which is work for microseconds; more are not looked at."""
    many = " ".join(["v1,x"] * 31)
    assert refusal({**HEADERS, "webhook-signature": f"{many} {S1}"}) is None
    assert refusal({**HEADERS, "webhook-signature": f"v1,x {many} {S1}"}) is VerificationFailure.MALFORMED_HEADER


def test_headers_of_any_framework():
    """Any case, any object with `items`, names that are no text beside them; a body in any buffer."""
    came = Pairs(("Webhook-ID", ID), ("WEBHOOK-TIMESTAMP", "1614265330"), (7, "y"), ("webhook-signature", S1))

    assert refusal(came, memoryview(BODY)) is refusal(came, bytearray(BODY)) is None


class Pairs:
    """Headers as a web framework has them."""

    def __init__(self, *pairs):
        """Take them as they came in."""
        self.pairs = pairs

    def items(self):
        """Return pairs."""
        return self.pairs


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_comes_twice(name):
    """Whoever reads the message after us may read the other one, so neither is trusted, whatever they say."""
    for value in ("forged", HEADERS[name]):
        assert refusal(Pairs((name.title(), value), *HEADERS.items())) is VerificationFailure.MALFORMED_HEADER


def test_a_name_that_only_becomes_ascii_when_it_is_made_small():
    """The sign for kelvin is no k: such a header is another one."""
    kelvin = "webhoo\u212a-id"

    assert kelvin.lower() == "webhook-id"
    assert refusal(Pairs((kelvin, "forged"), *HEADERS.items())) is None
    assert refusal({**HEADERS, "webhook-id": "", kelvin: ID}) is VerificationFailure.MISSING_HEADER


def test_secrets_of_any_sequence():
    """A generator is as good as a list, for both directions."""
    assert signed(secrets=(secret for secret in (K1, K2))) == f"{S1} {S5}"
    assert refusal(HEADERS, secrets=iter([K2, K1])) is None


@given(
    st.dictionaries(st.sampled_from([*HEADERS, "x"]), st.text() | st.binary() | st.none() | st.integers(), max_size=4),
    st.binary(),
)
def test_only_one_error_comes_out(headers, body):
    """Whatever an attacker sends ends in a `VerificationError`."""
    assert refusal({**HEADERS, **headers} if len(headers) % 2 else headers, body) is not None


@given(st.integers(0, len(BODY) * 8 - 1))
def test_any_bit_counts(bit):
    """A body that differs in one bit is not trusted."""
    flipped = bytearray(BODY)
    flipped[bit // 8] ^= 1 << bit % 8

    assert refusal(HEADERS, bytes(flipped)) is VerificationFailure.NO_MATCH


@pytest.mark.parametrize(
    "secret",
    [
        *("w", "whsec_", "whsec_%", "whsec_wronglength", "hwsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=",
        "whsec_" + base64.b64encode(bytes(23)).decode(),
        "whsec_" + base64.b64encode(bytes(65)).decode(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",  # cut: it would decode to 23 bytes and some bits
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw ",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=",
        "whsec_TUdfVE5UMnZlci1TeWxOYXQtX1ZlTW1kLTRtMFdhYmEwanIxdHJvenRCbmlTQ2hFdzBnbHhFbWdFaTJLdzQwSB==",
        "whsec_é" + "x" * 40,
    ],
)
def test_secrets_that_sign_nothing(secret):
    """A secret that is cut, mistyped, of another kind or too short is refused, and not repeated."""
    for call in (lambda: signed(secrets=[K1, secret]), lambda: refusal(HEADERS, secrets=[K1, secret])):
        with pytest.raises(InvalidEventError) as caught:
            call()
        assert caught.value.problems == ("secrets[1] must be whsec_ and the base64 of 24 to 64 bytes",)


def test_a_secret_without_its_padding():
    """Some systems leave it away; it is the same key."""
    assert signed(secrets=[K3.rstrip("=")]) == signed(secrets=[K3])


@pytest.mark.parametrize("secrets", [[], (), K1, None, dict, 7, [""], [" "], [None], [b"x"], [["x"]]])
def test_no_secret_is_no_signature(secrets):
    """Nothing is signed, and nothing verified, with no key or an empty one."""
    for call in (lambda: signed(secrets=secrets), lambda: refusal(HEADERS, secrets=secrets)):
        with pytest.raises(UsageError, match="secrets"):
            call()


def test_mistakes_of_the_caller():
    """An instant without a zone, a body that was decoded and a negative tolerance are told as such."""
    naive = datetime(2021, 2, 25)  # noqa: DTZ001  which is the mistake
    with pytest.raises(UsageError, match="at must be aware"):
        signed(at=naive)
    with pytest.raises(UsageError, match="now must be aware"):
        refusal(HEADERS, now=naive)
    with pytest.raises(UsageError, match="body must be bytes, as they go over the wire, not str"):
        refusal(HEADERS, BODY.decode())
    for tolerance in (timedelta(seconds=-1), 300, None):
        with pytest.raises(UsageError, match=r"^tolerance must be a timedelta, and not negative$"):
            refusal(HEADERS, tolerance=tolerance)
    with pytest.raises(UsageError, match="headers must be a mapping, not list"):
        refusal(list(HEADERS.items()))
    with pytest.raises(InvalidEventError, match="message_id"):
        signed(message_id="a.b")


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (7, "secrets must be a list of texts, not int"),
        (K3, "secrets must be a list of texts, not str"),
        ([7], "secrets[0] must be text, not int"),
    ],
)
def test_what_is_said_of_secrets_that_are_none(secrets, said):
    """What they are, and what they have to be."""
    with pytest.raises(UsageError) as told:
        signed(secrets=secrets)

    assert str(told.value) == said
