"""What an owner may write into an integration, and what is told when it cannot be called."""

import json
import pickle

import pytest

from alertkit import InvalidEventError
from alertkit.webhooks import FailureKind, Integration, IntegrationKind, Outcome

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def integration(**given):
    """Return an integration that differs from the usual as given."""
    usual = {
        "id": "billing-sync",
        "slug": "billing-sync",
        "name": "Billing sync",
        "url": "https://hooks.example.com/in",
    }
    return Integration(**{**usual, **given})


def problems(**given):
    """Return what is wrong with an integration."""
    with pytest.raises(InvalidEventError) as caught:
        integration(**given)
    return caught.value.problems


def test_the_least_that_makes_an_integration():
    """Four texts are enough: it is internal, enabled, and has no secrets and no headers."""
    least = integration()

    assert (least.kind, least.enabled, least.secrets, dict(least.headers)) == (IntegrationKind.INTERNAL, True, (), {})
    assert least.settings_url is None


def test_the_longest_id_and_name():
    """An id leaves room for what the sender claims beside it."""
    assert integration(id="x" * 200, slug="x" * 256, name="x" * 256).id == "x" * 200
    assert integration(name="\u3000".join("x" * 128) + "x").name  # blanks of other scripts are none of a line's end
    assert problems(id="x" * 201, slug="x" * 257, name="x" * 257) == (
        "id must have at most 200 characters",
        "slug must have at most 256 characters",
        "name must have at most 256 characters",
    )


def test_what_is_handy_is_taken():
    """Secrets may be any sequence, the kind its word, and headers any mapping, looked up without regard to case."""
    given = integration(secrets=iter([SECRET, "old"]), kind="published", headers={"X-Env": "prod"})

    assert (given.secrets, given.kind, given.headers["x-env"]) == ((SECRET, "old"), IntegrationKind.PUBLISHED, "prod")


def test_it_is_a_value():
    """It compares by what it holds, pickles, and cannot be changed."""
    one = integration(secrets=[SECRET], headers={"X-Env": "prod"})

    assert one == integration(secrets=[SECRET], headers={"x-env": "prod"}) == pickle.loads(pickle.dumps(one))
    with pytest.raises(AttributeError):
        one.url = "https://elsewhere.example"


@pytest.mark.parametrize(
    "url",
    [
        *("", " ", "/in", "hooks.example.com/in", "//hooks.example.com/in", "file:///etc/passwd", "ftp://h/in"),
        *(
            "gopher://h:70/_x",
            "javascript:alert(1)",
            "data:text/plain,x",
            "https://",
            "https://h:99999/",
            "https://h\\@e/",
        ),
        *("https://h/in\r\nX-Evil: 1", "https://h/\u00fc", "https://b\u00fccher.example/", None, b"https://h/", 7),
    ],
)
def test_a_url_that_cannot_be_called(url):
    """Empty, relative, another scheme, or read in two ways: such an integration cannot be built."""
    assert problems(url=url) == ("url must be absolute, http or https, and percent-encoded",)


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"X-A": "1\r\nX-Evil: 2"}, "the value of header X-A must be text of one line in Latin-1"),
        ({"X-A": "1\n"}, "the value of header X-A must be text of one line in Latin-1"),
        ({"X-A": "\u0100"}, "the value of header X-A must be text of one line in Latin-1"),
        ({"X-A": 1}, "the value of header X-A must be text of one line in Latin-1"),
        ({"X-A\r\nX-Evil": "1"}, "a header's name must be an HTTP token"),
        ({"X A": "1"}, "a header's name must be an HTTP token"),
        ({1: "1"}, "a header's name must be an HTTP token"),
        ({"Content-Length": "5"}, "header Content-Length is for the transport to set"),
        ({"X-A": " 1"}, "the value of header X-A must not begin or end with a blank"),
        ({"X-A": "1 "}, "the value of header X-A must not begin or end with a blank"),
        ({"X-A": "x" * 4094}, "headers must have at most 4096 characters in all, not 4097"),
        ({f"X-{n}": "1" for n in range(51)}, "headers must be at most 50, not 51"),
        ("X-A: 1", "headers must be a mapping, not str"),
        ([("X-A", "1")], "headers must be a mapping, not list"),
    ],
)
def test_headers_that_would_change_the_request(headers, problem):
    """What would end a header, frame the body otherwise, or fill the head is told by the header's name."""
    assert problems(headers=headers) == (problem,)


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect", "Date", "Content-Type"),
        *("Content-Encoding", "User-Agent", "Proxy-Authorization", "proxy-connection"),
        *("webhook-id", "Webhook-Signature", "WEBHOOK-TIMESTAMP", "webhook-anything", "svix-id", "Svix-Signature"),
        *("webhook_signature", "Webhook_Id", "SVIX_SIGNATURE", "user_agent", "content_type"),
        *("webhook.signature", "Webhook~Id", "Content.Type", "user|agent", "webhook'id"),
    ],
)
def test_headers_that_are_the_senders(name):
    """What frames, describes or signs the request is refused, in every spelling that the other end takes for it."""
    assert problems(headers={name: "forged"}) == (f"header {name} is for the sender to set",)


def test_as_many_headers_as_fit():
    """Fifty of them, and to the last character."""
    assert len(integration(headers={f"X-{n}": "1" for n in range(50)}).headers) == 50
    assert integration(headers={"X-A": "x" * 4093}).headers["X-A"].endswith("x")


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"])
def test_what_breaks_a_line(sign):
    """Control characters of any kind, and what no database holds."""
    assert problems(name=f"a{sign}b") == ("name must hold neither control characters nor lone surrogates",)


def test_how_long_a_url_may_be():
    """As long as is in wide use; what is hidden of it elsewhere is looked for, which must not be endless work."""
    assert integration(url="https://h/".ljust(2048, "x")).url.endswith("x")
    assert problems(url="https://h/".ljust(2049, "x")) == ("url must have at most 2048 characters, not 2049",)


@pytest.mark.parametrize("kind", [[], {}, None, "other", 7])
def test_kinds_that_are_none(kind):
    """They are told, whatever their type."""
    assert problems(kind=kind) == ("kind must be one of internal, unpublished, published",)


@pytest.mark.parametrize("word", [IntegrationKind.INTERNAL, Outcome.ERROR, FailureKind.TIMED_OUT])
def test_words(word):
    """A member is its word in a text, as it is to JSON, in every Python."""
    assert f"{word}" == str(word) == f"{word:s}" == word.value == json.loads(json.dumps(word))


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Webhook-Id", "X-Api-Key", "Accept"])
def test_headers_that_are_the_owners(name):
    """A token, a cookie, or any name of the owner's own is taken."""
    assert integration(headers={name: "mine"}).headers[name] == "mine"


@pytest.mark.parametrize(
    ("secrets", "problem"),
    [
        (SECRET, "secrets must be a list of texts, not str"),
        (None, "secrets must be a list of texts, not NoneType"),
        ([""], "secrets[0] is missing or blank"),
        ([SECRET, " "], "secrets[1] is missing or blank"),
        ([b"bytes"], "secrets[0] must be text, not bytes"),
        ([SECRET] * 11, "secrets must be at most 10, not 11"),
        (["x" * 1024, "x" * 1025], "secrets[1] must have at most 1024 characters, not 1025"),
    ],
)
def test_secrets_that_are_none(secrets, problem):
    """A lone text would be taken apart, an empty one would be a key; neither is."""
    assert problems(secrets=secrets) == (problem,)


def test_all_problems_are_told_at_once():
    """One error names everything that is wrong."""
    found = problems(
        id=" ",
        slug=1,
        name="Sync\r\nBcc: x",
        url="x",
        secrets=[""],
        kind="other",
        headers={"Host": "x"},
        enabled="yes",
        settings_url=1,
    )

    assert found == (
        "id is missing or blank",
        "slug must be text, not int",
        "name must hold neither control characters nor lone surrogates",
        "url must be absolute, http or https, and percent-encoded",
        "secrets[0] is missing or blank",
        "kind must be one of internal, unpublished, published",
        "header Host is for the sender to set",
        "enabled must be of type bool, not str",
        "settings_url must be text, not int",
    )


def test_no_repr_and_no_problem_shows_a_secret():
    """Neither secrets, nor values of headers, nor more of the URL than its origin."""
    held = integration(
        url=f"https://u:{SECRET}@h.example/{SECRET}?k={SECRET}", secrets=[SECRET], headers={"Authorization": SECRET}
    )
    found = problems(url=f"ftp://{SECRET}", secrets=[SECRET] * 11, headers={"X-A": f"{SECRET}\n"})

    assert SECRET not in repr(held)
    assert SECRET not in " ".join(found)
