"""The scheme of Sentry's integration platform."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, strategies as st

from alertkit import InvalidEventError, UsageError, VerificationError
from alertkit.testing.contracts import SignerContract
from alertkit.webhooks import HookSigner, VerificationFailure

SIGNER = HookSigner(prefix="Sentry-Hook")
AT = datetime.fromtimestamp(1614265330, tz=timezone.utc)
BODY = b'{"action":"created"}'
DIGEST = "5b052f4381f5bf768dc87c3fbced7e96a781d58f2284a440a24c692225f13111"
HEADERS = {
    "Request-ID": "6f1c",
    "Sentry-Hook-Resource": "issue",
    "Sentry-Hook-Timestamp": "1614265330",
    "Sentry-Hook-Signature": DIGEST,
}


class TestHookSigner(SignerContract):
    """Keeps every clause."""

    secrets = ("new secret", "old secret")

    def make(self):
        """Return one."""
        return HookSigner(prefix="My-Hook")


def refusal(headers, body=BODY, *, secrets=("s3cr3t",), now=AT, **options):
    """Return why a message is not trusted, or None where it is."""
    try:
        SIGNER.verify(headers, body, secrets=secrets, now=now, **options)
    except VerificationError as error:
        return error.reason
    return None


def test_the_headers():
    """Id, resource, second and the hexadecimal digest of the body."""
    signed = SIGNER.headers(message_id="6f1c", at=AT, body=BODY, secrets=["s3cr3t"], resource="issue")

    assert list(signed.items()) == list(HEADERS.items())


def test_without_a_resource():
    """Signing alone, without an event, names none."""
    signed = SIGNER.headers(message_id="6f1c", at=AT, body=BODY, secrets=["s3cr3t"])

    assert "Sentry-Hook-Resource" not in signed
    assert refusal(signed) is None


def test_the_prefix():
    """A host has its own."""
    signed = HookSigner(prefix="Shop").headers(message_id="m", at=AT, body=BODY, secrets=["s3cr3t"], resource="order")

    assert list(signed) == ["Request-ID", "Shop-Resource", "Shop-Timestamp", "Shop-Signature"]
    assert HookSigner() == SIGNER


@pytest.mark.parametrize("prefix", ["", "a b", "a\r\nb", "ü", None, 7])
def test_a_prefix_that_begins_no_header(prefix):
    """It cannot be built."""
    with pytest.raises(InvalidEventError, match="HTTP token"):
        HookSigner(prefix=prefix)


def test_any_of_the_secrets_verifies():
    """While they change, the old one is still known."""
    assert refusal(HEADERS, secrets=["new", "s3cr3t"]) is None
    assert refusal(HEADERS, secrets=["new"]) is VerificationFailure.NO_MATCH


@pytest.mark.parametrize(
    "signature", [DIGEST.upper(), DIGEST[:-1], DIGEST + "0", f"sha256={DIGEST}", f" {DIGEST}", "0" * 64, "x"]
)
def test_signatures_that_are_not_right(signature):
    """One spelling of the digest is right."""
    assert refusal({**HEADERS, "Sentry-Hook-Signature": signature}) is VerificationFailure.NO_MATCH


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"Sentry-Hook-Signature": None}, VerificationFailure.MISSING_HEADER),
        ({"Sentry-Hook-Timestamp": ""}, VerificationFailure.MISSING_HEADER),
        ({"Sentry-Hook-Timestamp": "soon"}, VerificationFailure.MALFORMED_HEADER),
        ({"Sentry-Hook-Timestamp": "1614265029"}, VerificationFailure.TOO_OLD),
        ({"Sentry-Hook-Timestamp": "1614265631"}, VerificationFailure.TOO_NEW),
        ({"Sentry-Hook-Signature": "é"}, VerificationFailure.MALFORMED_HEADER),
        ({"Request-ID": None, "Sentry-Hook-Resource": None}, None),
    ],
)
def test_what_is_looked_at(change, reason):
    """The timestamp and the signature; the rest is not signed and may be missing."""
    assert refusal({**HEADERS, **change}) is reason


def test_a_longer_tolerance():
    """Who verifies what was queued can say so."""
    assert refusal(HEADERS, now=AT + timedelta(hours=1), tolerance=timedelta(hours=2)) is None


@given(st.dictionaries(st.sampled_from([*HEADERS]), st.text() | st.binary() | st.none(), max_size=4), st.binary())
def test_only_one_error_comes_out(headers, body):
    """Whatever an attacker sends ends in a `VerificationError`."""
    assert refusal({**HEADERS, **headers}, body + b"x") is not None


@pytest.mark.parametrize("message_id", ["", "a b", "a\r\nX-Bad: 1", "a.b", None])
def test_an_id_that_is_none(message_id):
    """It would be a header that nobody reads, or two."""
    with pytest.raises(InvalidEventError, match="message_id"):
        SIGNER.headers(message_id=message_id, at=AT, body=BODY, secrets=["s3cr3t"])


def test_the_newest_of_several_secrets_signs():
    """And each of them verifies."""
    one, *others = (SIGNER.headers(message_id="m", at=AT, body=BODY, secrets=[secret]) for secret in "abcd")

    assert SIGNER.headers(message_id="m", at=AT, body=BODY, secrets=["a", "b", "c", "d"]) == one
    for signed in (one, *others):
        assert refusal(signed, secrets=["a", "b", "c", "d"]) is None


@pytest.mark.parametrize("resource", ["a b", "a\r\nX-Bad: 1", "x" * 65, 7])
def test_a_resource_that_is_no_name(resource):
    """It would be a header that nobody reads, or two."""
    with pytest.raises(InvalidEventError, match=r"^resource must be letters"):
        SIGNER.headers(message_id="m", at=AT, body=BODY, secrets=["s3cr3t"], resource=resource)


@pytest.mark.parametrize("secrets", [[], "s3cr3t", [""], None, dict, 7])
def test_no_secret_is_no_signature(secrets):
    """An empty secret is never a key."""
    for call in (
        lambda: refusal(HEADERS, secrets=secrets),
        lambda: SIGNER.headers(message_id="m", at=AT, body=BODY, secrets=secrets),
    ):
        with pytest.raises(UsageError, match="secrets"):
            call()


def test_a_secret_that_no_encoding_holds():
    """A lone surrogate is a key like any other."""
    signed = SIGNER.headers(message_id="m", at=AT, body=BODY, secrets=["\ud800"])

    assert refusal(signed, secrets=["\ud800"]) is None
