"""Principals, organizations, projects, keys and replies cannot be built wrong."""

import pytest
from attrs.exceptions import FrozenInstanceError

from alertkit import InvalidEventError, UsageError
from alertkit.cloudflare import HookRecord, Organization, Principal, Project, ProjectKey, Reply, account_metadata

VALUES = [
    Principal("7", "pat", "pat@example.com"),
    Organization("1", "acme"),
    Project("2", "web", "1"),
    ProjectKey("a1", "https://a1@example.com/2"),
    Reply(200, {}, b"{}"),
    HookRecord(status=200),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen(value):
    """None can be changed, and equal ones are equal."""
    with pytest.raises(FrozenInstanceError):
        value.status = value.id = 1
    assert hash(value) == hash(
        type(value)(**{name: getattr(value, name) for name in value.__slots__ if name[0] != "_"})
    )


def test_by_name():
    """Names work as well as places."""
    assert Principal(id="7", username="pat", email="pat@example.com") == VALUES[0]
    assert Organization(id="1", slug="acme") == VALUES[1]
    assert Project(id="2", slug="web", organization_id="1") == VALUES[2]
    assert ProjectKey(public_key="a1", dsn="https://a1@example.com/2") == VALUES[3]
    assert Reply(status=200, headers={}, body=b"{}") == VALUES[4]


@pytest.mark.parametrize(
    ("build", "problems"),
    [
        (lambda: Reply(200, "x"), ["headers must be a mapping, not str"]),
        (lambda: ProjectKey("a", "https://a@h/" + "x" * 2037), ["dsn must have at most 2048 characters"]),
        (lambda: Principal(7, None, 3), ["id", "username", "email"]),
        (lambda: Principal(""), ["id"]),
        (lambda: Organization(1, ""), ["id", "slug"]),
        (lambda: Organization("x" * 257, "a\nb"), ["id", "slug"]),
        (lambda: Project(None, " ", 1), ["id", "slug", "organization_id"]),
        (lambda: ProjectKey("", ""), ["public_key", "dsn"]),
        (lambda: ProjectKey("a", "https://a@h/" + "x" * 2048), ["dsn"]),
        (lambda: ProjectKey("a", 7), ["dsn"]),
        *(
            (lambda dsn=dsn: ProjectKey("a", dsn), ["dsn"])
            for dsn in (
                *("https://a:s3cr3t@h/1", "https://a:@h/1", "https://:s3cr3t@h/1", "https://a:b:s3cr3t@h/1"),
                *("a", "//a@h/1", "ftp://a@h/1", "a:s3cr3t@h/1", "https:///a:s3cr3t@h/1", "https:/a:s3cr3t@h"),
                *("https:\\a:s3cr3t@h/1", "https://a@/1"),
            )
        ),
        (lambda: Reply("200", "x", "y"), ["status", "headers", "body"]),
        *((lambda status=status: Reply(status), ["status"]) for status in (0, 100, 204, 404, 500, 99999, True, 200.0)),
        (lambda: Reply(200, {"X": "a\r\nb"}), ["the value of header X"]),
    ],
)
def test_every_problem_at_once(build, problems):
    """Each names its field, and no value."""
    with pytest.raises(InvalidEventError) as raised:
        build()

    assert len(raised.value.problems) == len(problems)
    assert all(found.startswith(name) for found, name in zip(raised.value.problems, problems, strict=True))
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize("dsn", ["https://a@h/1", "https://a@h:9000/1", "http://a@[::1]:80/x:y@z", "https://h:1/a@b"])
def test_public_dsns(dsn):
    """A port is no secret, and neither is what stands in the path."""
    assert ProjectKey("a", dsn).dsn == dsn


def test_the_longest_dsn():
    """One of 2,048 characters is kept."""
    assert len(ProjectKey("a", "https://a@h/" + "x" * 2036).dsn) == 2048


def test_the_reply_shows_little():
    """Its body holds what a customer chose, and its headers are looked up without regard to case."""
    reply = Reply(200, {"Content-Type": "application/json"}, b"hidden")

    assert repr(reply) == "Reply(status=200, headers=Headers(Content-Type), body=<6 bytes>)"
    assert reply.headers["content-type"] == "application/json"
    assert Reply(400) == Reply(400, {}, b"")


def test_an_address_is_not_shown():
    """A principal is in tracebacks."""
    assert repr(VALUES[0]) == "Principal(id='7', username='pat')"


def test_the_metadata_of_an_account():
    """What the metadata endpoint answers."""
    assert account_metadata(VALUES[0]) == {
        "metadata": {"userId": "7", "username": "pat", "email": "pat@example.com"},
    }
    assert account_metadata(Principal("7"))["metadata"] == {"userId": "7", "username": "", "email": ""}


@pytest.mark.parametrize("nobody", [None, "7", 7, Principal])
def test_the_metadata_of_nobody(nobody):
    """Whoever forgot to authenticate is told."""
    with pytest.raises(UsageError, match=r"^principal must"):
        account_metadata(nobody)
