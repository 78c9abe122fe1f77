"""The installer, from signed bytes to the reply: each row of the table, and what goes beyond it."""

import json
import logging
from array import array

import pytest
from cloudflare_world import (
    ACME,
    API,
    API_DSNS,
    FOREIGN,
    GLOBEX,
    HIDDEN,
    KEYLESS,
    KIM,
    PAT,
    SECRET,
    SHOP,
    SHOP_DSN,
    TOKEN,
    WEB,
    WEB_DSN,
    World,
    dsn_property,
    hook,
    install,
    organization_property,
    project_property,
    schema,
    signed,
)

from alertkit import UsageError
from alertkit.cloudflare import HookEvent, HookRecord, Installer, Organization, Principal, Project, ProjectKey
from alertkit.testing import MemoryAuthenticator

ORGANIZATION_LIST = organization_property({"205": "acme", "300": "bare", "101": "zeta"})
PROJECT_LIST = project_property({"22": "api", "23": "none", "21": "web"})
SHOP_LIST = project_property({"31": "shop"})
NO_PROJECTS, NO_DSNS = project_property({}), dsn_property([])
API_LIST = dsn_property(API_DSNS)
DROPPED = object()


def expected(options, **properties):
    """Return the install with these options, and a form in which these fields are new, or dropped."""
    document = install(options)
    document["schema"] = schema(**properties)
    kept = {name: field for name, field in document["schema"]["properties"].items() if field is not DROPPED}
    document["schema"]["properties"] = kept
    return document


def told(**given):
    """Return what an observer is told, of the first secret and of an account that is known."""
    return HookRecord(**{"status": 200, "secret_index": 0, "is_known": True, **given})


FIRST = {"organization": "205", "project": "22", "dsn": API_DSNS[0]}
ALL_NEW = {"organization": ORGANIZATION_LIST, "project": PROJECT_LIST, "dsn": API_LIST}

# Event, options before, options after, fields that are new or dropped.
ROWS = {
    "A: nothing was chosen, so the first of each is": ("option-change:account", {}, FIRST, ALL_NEW),
    "A from V: opening the form does the same": ("preview", {}, FIRST, ALL_NEW),
    "A: what is still on offer stays": (
        "option-change:account",
        {"organization": "101", "project": "31", "dsn": SHOP_DSN},
        {"organization": "101", "project": "31", "dsn": SHOP_DSN},
        {"organization": ORGANIZATION_LIST, "project": SHOP_LIST, "dsn": dsn_property([SHOP_DSN])},
    ),
    "A: a stale organization becomes the first": (
        "option-change:account",
        {"organization": "999", "project": "99", "dsn": ""},
        FIRST,
        ALL_NEW,
    ),
    "A: a number that is no id becomes the first": ("option-change:account", {"organization": -1}, FIRST, ALL_NEW),
    "A: what is no id at all becomes the first": (
        "option-change:account",
        {"organization": ["205"], "project": {"22": 1}, "dsn": True},
        FIRST,
        ALL_NEW,
    ),
    "A: ids that came as numbers are understood": (
        "option-change:account",
        {"organization": 205, "project": 21},
        {"organization": "205", "project": "21", "dsn": WEB_DSN},
        {"organization": ORGANIZATION_LIST, "project": PROJECT_LIST, "dsn": dsn_property([WEB_DSN])},
    ),
    "A: ids may come as JavaScript spells numbers": (
        "option-change:account",
        {"organization": 205.0, "project": 2.1e1},
        {"organization": "205", "project": "21", "dsn": WEB_DSN},
        {"organization": ORGANIZATION_LIST, "project": PROJECT_LIST, "dsn": dsn_property([WEB_DSN])},
    ),
    "A, G0: an organization without projects": (
        "option-change:account",
        {"organization": "300", "project": "22", "dsn": API_DSNS[0]},
        {"organization": "300"},
        {"organization": ORGANIZATION_LIST, "project": NO_PROJECTS, "dsn": DROPPED},
    ),
    "A, P0: a project without keys": (
        "option-change:account",
        {"organization": "205", "project": "23", "dsn": API_DSNS[0]},
        {"organization": "205", "project": "23"},
        {"organization": ORGANIZATION_LIST, "project": PROJECT_LIST, "dsn": NO_DSNS},
    ),
    "G: the list of organizations stays as it is": (
        "option-change:organization",
        {"organization": "101", "project": "22", "dsn": API_DSNS[0]},
        {"organization": "101", "project": "31", "dsn": SHOP_DSN},
        {"project": SHOP_LIST, "dsn": dsn_property([SHOP_DSN])},
    ),
    "G: what is still on offer stays": (
        "option-change:organization",
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"project": PROJECT_LIST, "dsn": API_LIST},
    ),
    "G: the organization as a number": (
        "option-change:organization",
        {"organization": 101},
        {"organization": 101, "project": "31", "dsn": SHOP_DSN},
        {"project": SHOP_LIST, "dsn": dsn_property([SHOP_DSN])},
    ),
    "G0: an organization without projects": (
        "option-change:organization",
        {"organization": "300", "project": "22", "dsn": API_DSNS[0]},
        {"organization": "300"},
        {"project": NO_PROJECTS, "dsn": DROPPED},
    ),
    **{
        f"G0: {why}": (
            "option-change:organization",
            {**chosen, "project": "22", "dsn": API_DSNS[0]},
            chosen,
            {"project": NO_PROJECTS, "dsn": DROPPED},
        )
        for why, chosen in {
            "no organization": {},
            "one that there is not": {"organization": "404"},
            "one that is not the principal's": {"organization": GLOBEX.id},
            "one that is no text": {"organization": {"id": "205"}},
        }.items()
    },
    "P: the lists before it stay as they are": (
        "option-change:project",
        {"organization": "205", "project": "21", "dsn": API_DSNS[0]},
        {"organization": "205", "project": "21", "dsn": WEB_DSN},
        {"dsn": dsn_property([WEB_DSN])},
    ),
    "P: what is still on offer stays": (
        "option-change:project",
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"dsn": API_LIST},
    ),
    "P: an empty DSN becomes the first": (
        "option-change:project",
        {"organization": "205", "project": "22", "dsn": ""},
        FIRST,
        {"dsn": API_LIST},
    ),
    "P0: a project without keys": (
        "option-change:project",
        {"organization": "205", "project": KEYLESS.id, "dsn": API_DSNS[0]},
        {"organization": "205", "project": KEYLESS.id},
        {"dsn": NO_DSNS},
    ),
    **{
        f"P0: {why}": (
            "option-change:project",
            {"organization": "205", **chosen, "dsn": API_DSNS[0]},
            {"organization": "205", **chosen},
            {"dsn": NO_DSNS},
        )
        for why, chosen in {
            "no project": {},
            "one of another organization of the principal's": {"project": SHOP.id},
            "one of a foreign organization": {"project": FOREIGN.id},
            "one that only others may configure": {"project": HIDDEN.id},
            "one that is no text": {"project": ["22"]},
        }.items()
    },
    "P: a lost organization takes the project with it": (
        "option-change:project",
        {"organization": GLOBEX.id, "project": "22", "dsn": API_DSNS[0]},
        {"organization": GLOBEX.id},
        {"project": NO_PROJECTS, "dsn": DROPPED},
    ),
    "a DSN that is on offer is taken": (
        "option-change:dsn",
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"organization": "205", "project": "22", "dsn": API_DSNS[1]},
        {"dsn": API_LIST},
    ),
    "any other DSN becomes the first": (
        "option-change:dsn",
        {"organization": "205", "project": "22", "dsn": "https://evil@example.net/1"},
        FIRST,
        {"dsn": API_LIST},
    ),
}


@pytest.mark.parametrize(("event", "before", "after", "fields"), ROWS.values(), ids=ROWS)
def test_the_rows_of_the_table(event, before, after, fields):
    """Each event changes these options and these fields, and all else comes back as it came."""
    status, document = World().form(event, before)

    assert (status, document) == (200, {"install": expected(after, **fields), "proceed": True})


@pytest.mark.parametrize("event", ["preview", "option-change:account"])
def test_without_organizations(event):
    """A0: the list of organizations stays, empty; the fields after it go, and so do the three options."""
    world = World()
    world.authenticator.add(TOKEN, Principal("0"))
    status, document = world.form(event, {"organization": "205", "project": "22", "dsn": API_DSNS[0]})

    fields = {"organization": organization_property({}), "project": DROPPED, "dsn": DROPPED}
    assert (status, document) == (200, {"install": expected({}, **fields), "proceed": True})
    assert world.calls == (1, 1, 0, 0)


@pytest.mark.parametrize("token", [None, "tok-unknown", "", "tok\ud800", "x" * 5000])
def test_logging_out_clears(token):
    """What an account could choose goes with it, and nobody is asked for that."""
    world = World()
    status, document = world.form("account-logout", FIRST, token=token)

    fields = {"organization": organization_property({}), "project": DROPPED, "dsn": DROPPED}
    assert (status, document) == (200, {"install": expected({}, **fields), "proceed": True})
    assert world.calls == (0, 0, 0, 0)


@pytest.mark.parametrize("token", [None, "tok-unknown", "", "tok\ud800"])
def test_without_an_account(token):
    """Opening the form echoes; whatever shows or checks choices is a 401 that holds nothing."""
    world = World()

    assert world.form("preview", FIRST, token=token) == (200, {"install": install(FIRST), "proceed": True})
    for event in HookEvent:
        if event.value.startswith(("option-change:", "before-")):
            assert world.form(event.value, FIRST, token=token) == (401, {"proceed": False})
    assert world.calls[1:] == (0, 0, 0)


@pytest.mark.parametrize(
    "event", ["oauth-login", "new-install", "update-install", "delete-install", "other", "x\n", None]
)
@pytest.mark.parametrize("token", [TOKEN, None, "tok-unknown"])
def test_any_other_event_is_echoed(event, token):
    """Its install comes back as it came, and nobody is asked for that."""
    world = World()

    assert world.form(event, FIRST, token=token) == (200, {"install": install(FIRST), "proceed": True})
    assert world.calls == (0, 0, 0, 0)


def test_an_echo_of_little():
    """An install needs neither options nor a schema, and gets none."""
    world = World()
    document = {"event": "new-install", "install": {"options": None, "schema": {"properties": None}, "x": [1e300]}}

    assert json.loads(world.send(document).body)["install"] == document["install"]
    assert json.loads(world.send({"install": {}}).body) == {"install": {}, "proceed": True}


def test_a_form_out_of_nothing():
    """Where there was no schema, there is one with the three fields, in order."""
    document = {**hook("preview"), "install": {}}
    reply = json.loads(World().send(document).body)["install"]

    assert reply == {"options": FIRST, "schema": {"properties": ALL_NEW}}
    assert list(reply["schema"]["properties"]) == ["organization", "project", "dsn"]


BEFORE = pytest.mark.parametrize("event", ["before-new-install", "before-update-install"])


@BEFORE
@pytest.mark.parametrize("chosen", [FIRST, {"organization": 205, "project": 22, "dsn": API_DSNS[1]}])
def test_an_install_that_belongs_together_may_proceed(event, chosen):
    """It comes back as it came."""
    assert World().form(event, chosen) == (200, {"install": install(chosen), "proceed": True})


@BEFORE
@pytest.mark.parametrize(
    ("chosen", "field"),
    [
        ({}, "organization"),
        ({**FIRST, "organization": GLOBEX.id}, "organization"),
        ({"organization": GLOBEX.id, "project": FOREIGN.id, "dsn": "https://e5@example.com/99"}, "organization"),
        ({**FIRST, "organization": "101"}, "project"),
        ({**FIRST, "project": HIDDEN.id}, "project"),
        ({**FIRST, "dsn": WEB_DSN}, "dsn"),
        ({**FIRST, "dsn": "https://evil@example.net/1"}, "dsn"),
        ({"organization": "205", "project": "22"}, "dsn"),
    ],
)
def test_an_install_that_does_not_is_held_back(event, chosen, field):
    """The error names the first field that has to change, and nothing is swapped."""
    world = World()
    status, document = world.form(event, chosen)

    assert (status, document["proceed"], list(document)) == (200, False, ["proceed", "errors"])
    (error,) = document["errors"]
    assert (error["type"], error["fields"]) == ("400", [field])
    assert error["message"].startswith("Choose ")
    assert world.records == [told(event=HookEvent(event), lost=field)]


@pytest.mark.parametrize("event", [event for event in HookEvent if event is not HookEvent.ACCOUNT_LOGOUT])
def test_each_port_is_asked_once_at_most(event):
    """However deep the event enters, and with the very objects that were on offer."""
    world = World()
    world.form(event.value, {"organization": "205", "project": "22", "dsn": API_DSNS[0]})

    assert world.calls == ((0, 0, 0, 0) if event is HookEvent.OTHER else (1, 1, 1, 1))
    if event is not HookEvent.OTHER:
        assert (world.organizations.calls, world.projects.calls, world.keys.calls) == ((PAT.id,), (ACME.id,), (API.id,))


@pytest.mark.parametrize("event", [event.value for event in HookEvent])
def test_the_test_variant_reaches_nobody(event):
    """Where it is allowed it is answered like a hook without an account, whatever its token."""
    world = World(allow_test_variant=True)
    replies = []
    for token in (TOKEN, None):
        reply = world.send(hook(event, FIRST, token=token, app="local"), secret="test-key", variant="test")
        replies.append((reply.status, reply.body))

    assert replies[0] == replies[1]
    assert world.calls == (0, 0, 0, 0)
    assert [record.is_test for record in world.records] == [True, True]


def test_texts_of_the_host():
    """Each text of the form can be another."""
    titles = {"organization": "Org", "project": "Proj", "dsn": "Key", "dsn_description": "d", "dsn_placeholder": "p"}
    _, document = World(titles=titles).form("preview")
    properties = document["install"]["schema"]["properties"]

    assert [properties[name]["title"] for name in ("organization", "project", "dsn")] == ["Org", "Proj", "Key"]
    assert (properties["dsn"]["description"], properties["dsn"]["placeholder"]) == ("d", "p")


def test_the_reply():
    """JSON says so; a token, an OAuth secret or anything else outside the install never comes back."""
    world = World()
    document = hook("preview")
    document["authentications"]["account"]["account"]["clientSecret"] = "shh-9"
    reply = world.send(document)

    assert dict(reply.headers) == {"Content-Type": "application/json"}
    assert list(json.loads(reply.body)) == ["install", "proceed"]
    for secret in (TOKEN, "shh-9", SECRET):
        assert secret not in reply.body.decode() + repr(reply)


def test_every_key_signs_while_secrets_change():
    """Newest first, and the old one is still known."""
    world = World(secret=["new", SECRET])

    assert world.send(hook("x")).status == 200
    assert world.send(hook("x"), secret="new").status == 200
    assert world.send(hook("x"), secret="older").status == 400
    assert [record.secret_index for record in world.records] == [1, 0, None]


def test_what_was_replaced_is_told(caplog):
    """A choice that is not on offer any more is not swapped in silence; an empty one is none."""
    world = World()
    world.form("preview", {"organization": GLOBEX.id, "project": "", "dsn": None})
    world.form("option-change:project", {"organization": GLOBEX.id})

    replaced, lost = world.records
    assert replaced == told(event=HookEvent.PREVIEW, replaced=("organization",))
    assert lost == told(event=HookEvent.PROJECT, lost="organization")
    assert [record.levelno for record in caplog.records] == [logging.WARNING, logging.WARNING]
    assert [record.replaced for record in caplog.records] == [["organization"], []]
    fields = ("event", "http_status", "refusal", "is_test", "secret_index", "is_known")
    assert [vars(caplog.records[0])[name] for name in fields] == ["preview", 200, None, False, 0, True]
    assert [(record.dropped, record.lost, record.failed_port) for record in caplog.records] == [
        ([], None, None),
        ([], "organization", None),
    ]


def test_what_was_dropped_is_told():
    """Whoever has lost everything is not the one that nobody hears of; what was empty is not dropped."""
    world = World()
    world.authenticator.add("tok-lee", Principal("9", "lee"))
    world.form("preview", FIRST, token="tok-lee")
    world.form("preview", {"organization": "300", "project": "22"})
    world.form("option-change:organization", {**FIRST, "organization": GLOBEX.id, "dsn": ""})

    assert world.records == [
        told(event=HookEvent.PREVIEW, dropped=("organization", "project", "dsn")),
        told(event=HookEvent.PREVIEW, dropped=("project",)),
        told(event=HookEvent.ORGANIZATION, dropped=("project",), lost="organization"),
    ]


SHOP_CHOSEN = {**FIRST, "organization": "101"}


@pytest.mark.parametrize(
    ("event", "options", "said"),
    [
        ("preview", FIRST, "INFO hook preview: 200"),
        ("preview", SHOP_CHOSEN, "WARNING hook preview: 200, replaced project and dsn"),
        ("option-change:account", SHOP_CHOSEN, "WARNING hook option-change:account: 200, replaced project and dsn"),
        # What comes after the choice that was changed is meant to change.
        (
            "option-change:organization",
            SHOP_CHOSEN,
            "INFO hook option-change:organization: 200, replaced project and dsn",
        ),
        (
            "option-change:organization",
            {**FIRST, "organization": "300"},
            "INFO hook option-change:organization: 200, dropped project and dsn",
        ),
        ("option-change:project", {**FIRST, "project": "21"}, "INFO hook option-change:project: 200, replaced dsn"),
        ("option-change:dsn", {**FIRST, "dsn": WEB_DSN}, "WARNING hook option-change:dsn: 200, replaced dsn"),
        ("account-logout", FIRST, "INFO hook account-logout: 200, dropped organization and project and dsn"),
        (
            "option-change:project",
            {**FIRST, "organization": GLOBEX.id, "dsn": ""},
            "WARNING hook option-change:project: 200, dropped project, the organization is none of those on offer",
        ),
        (
            "before-new-install",
            SHOP_CHOSEN,
            "WARNING hook before-new-install: 200, the project is none of those on offer",
        ),
    ],
)
def test_the_line_says_what_happened(event, options, said, caplog):
    """And it is a warning where a choice is gone that nobody undid."""
    caplog.set_level(logging.INFO)
    World().form(event, options)

    assert [f"{line.levelname} {line.getMessage()}" for line in caplog.records] == [said]


@pytest.mark.parametrize(("event", "status"), [("preview", 200), ("option-change:account", 401)])
def test_a_token_that_is_nobodys_is_told_from_no_token(event, status, caplog):
    """Both are answered alike, and the host can tell them apart."""
    caplog.set_level(logging.INFO)
    world = World()
    for token in ("tok-gone", None):
        world.form(event, token=token)

    assert world.records == [told(event=HookEvent(event), status=status, is_known=known) for known in (False, None)]
    assert caplog.messages == [f"hook {event}: {status}, the token is nobody's", f"hook {event}: {status}"]


def test_a_line_for_each_request(caplog):
    """It says the event and the status, for a search too."""
    caplog.set_level(logging.INFO)
    World().form("preview")

    (line,) = caplog.records
    assert (line.name, line.levelno, line.getMessage()) == ("alertkit.cloudflare", logging.INFO, "hook preview: 200")
    assert (line.event, line.http_status, line.refusal, line.is_test) == ("preview", 200, None, False)


class DriverError(Exception):
    """What a database raises is of its own kind."""


class Failing:
    """A port that fails, or yields what it must not."""

    def __init__(self, result):
        """Take an error to raise, or what to return."""
        self.result = result

    def authenticate(self, token):
        """Fail, with the token in the text and in the text of the cause."""
        if isinstance(self.result, Exception):
            raise type(self.result)(token) from KeyError(token)
        return self.result

    def for_principal(self, *_):
        """Fail halfway."""
        if isinstance(self.result, Exception):
            yield ACME
            raise self.result
        yield from self.result

    for_organization = for_project = for_principal


@pytest.mark.parametrize("port", ["organizations", "projects", "keys"])
@pytest.mark.parametrize(
    "result",
    [
        ConnectionError("db down"),
        DriverError("gone"),
        [ACME, "205"],
        [None],
        [ProjectKey("k", "https://k@h/1"), ACME],
        7,
    ],
)
def test_a_repository_that_fails(port, result, caplog):
    """It is a 503 that can be asked for again, and the cause is in the log."""
    failing = World(**{port: Failing(result)})
    reply = failing.send(hook("preview"))

    assert (reply.status, json.loads(reply.body)) == (503, {"proceed": False})
    assert (caplog.records[-1].levelname, caplog.messages[-1]) == ("WARNING", f"hook preview: 503, {port} failed")
    assert failing.records == [told(status=503, event=HookEvent.PREVIEW, is_known=None, failed_port=port)]
    error = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert error.failed_port == port
    if isinstance(result, list):
        kind = {"organizations": Organization, "projects": Project, "keys": ProjectKey}[port]
        wrong = next(type(item).__name__ for item in result if not isinstance(item, kind))
        assert str(error.exc_info[1]) == f"what a repository yields must be of type {kind.__name__}, not {wrong}"
    else:
        assert error.exc_info[1] is result or isinstance(error.exc_info[1], TypeError)


def test_a_project_of_elsewhere_is_shown_to_nobody(caplog):
    """A repository that yields one breaks its contract, and that is a failure, of which the log says what it is."""
    world = World(projects=Failing([API, SHOP]))

    assert world.form("preview")[0] == 503
    (error,) = (record.exc_info[1] for record in caplog.records if record.levelno == logging.ERROR)
    assert str(error) == "for_organization must yield projects of this organization only"
    # Nor where it has the id of one that belongs there.
    for slug in ("aaa", "zzz"):
        assert World(projects=Failing([API, Project(API.id, slug, "999")])).form("preview")[0] == 503
    assert World(projects=Failing([API, WEB])).form("preview")[0] == 200


@pytest.mark.parametrize("result", [ValueError(), KeyError(), True, "7", object()])
def test_an_authenticator_that_fails(result, caplog):
    """It is a 503 too, and its text, in which the token may stand, is in no log; its traceback is."""
    world = World(authenticator=Failing(result))
    reply = world.send(hook("preview"))

    assert (reply.status, world.records[0].failed_port) == (503, "authenticator")
    assert TOKEN not in caplog.text
    assert "authenticate" in caplog.text


def test_after_a_failure_all_is_well():
    """A retry of the same bytes is answered."""
    world = World()
    broken = World(organizations=Failing(OSError()))

    assert broken.form("preview")[0] == 503
    assert world.form("preview")[0] == 200


def test_an_observer_that_fails(caplog):
    """The reply stands, whether the hook was one or not."""
    world = World(observer=lambda _: 1 / 0)

    assert world.form("preview")[0] == 200
    assert world.send(b"", secret="wrong").status == 400
    assert [record.error for record in caplog.records if record.levelno == logging.ERROR] == ["ZeroDivisionError"] * 2

    def metrics_are_down(_):
        raise DriverError

    assert World(observer=metrics_are_down).form("preview")[0] == 200


def test_without_an_observer():
    """Nobody needs to look."""
    assert World(observer=None).form("preview")[0] == 200


@pytest.mark.parametrize(
    "settings",
    [
        *({"secret": secret} for secret in ("", " ", None, 7, [], [""], ["a", ""], ["a", None], ["a"] * 11)),
        *({"secret": secret} for secret in ("test-key", ["a", "test-key"], f"{SECRET}\n", f" {SECRET}", b"bytes")),
        *({"secret": secret} for secret in ("\0", "\0" * 64, "test-key\0", "\u200b", "a\ud800")),
        *({name: None} for name in ("authenticator", "organizations", "projects", "keys")),
        {"authenticator": MemoryAuthenticator},
        {"organizations": MemoryAuthenticator()},
        {"allow_test_variant": "no"},
        {"observer": "nobody"},
        *({"max_body": size} for size in (0, True, 1.5, None)),
        *({"titles": titles} for titles in ({"organisation": "x"}, {"dsn": ""}, {"dsn": 7}, ["dsn"], "dsn", {7: "x"})),
    ],
)
def test_settings_that_cannot_work(settings):
    """They are refused when the installer is built, above all no secret, and no secret is in the error."""
    with pytest.raises(UsageError) as raised:
        World(**settings)

    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"secret": 7}, "secret must be a text or a list of texts, not int"),
        (
            {"secret": ["", "test-key", " a"]},
            (
                "secret[0] is missing or blank; secret[2] must be printable, with no blank at either end; "
                "secret must not be the test key, which everybody knows"
            ),
        ),
        ({"secret": ["a"] * 11}, "secret must be 1 to 10 texts, not 11"),
        (
            {"titles": ["dsn"]},
            (
                "titles must be a mapping of texts, whose keys are among organization, project, dsn, dsn_description, "
                "dsn_placeholder"
            ),
        ),
        (
            {"titles": {"dsn": "", "project": 7}},
            "titles['dsn'] is missing or blank; titles['project'] must be text, not int",
        ),
    ],
)
def test_what_is_said_of_such_settings(settings, said):
    """Everything, each with its name."""
    with pytest.raises(UsageError) as raised:
        World(**settings)

    assert str(raised.value) == said


def test_the_most_secrets():
    """Ten are tried."""
    world = World(secret=[*(f"another {number}" for number in range(9)), SECRET])

    assert world.form("preview")[0] == 200
    assert world.records[0].secret_index == 9


@pytest.mark.parametrize(
    ("body", "headers", "said"),
    [
        ("{}", {}, "body must be bytes, as they came over the wire, not str"),
        (None, {}, "body must be bytes, as they came over the wire, not NoneType"),
        (b"{}", None, "headers must be a mapping, not NoneType"),
        (b"{}", [("a", "b")], "headers must be a mapping, not list"),
    ],
)
def test_what_no_framework_hands_over(body, headers, said):
    """A body that is no bytes and headers that are no mapping are the host's mistake."""
    with pytest.raises(UsageError) as raised:
        World().installer.handle(body=body, headers=headers)

    assert str(raised.value) == said


def test_the_usual_size():
    """A body of a mebibyte is read, and one of a byte more is not; a view is measured in bytes."""
    world = World()
    body = json.dumps(hook("preview")).encode().ljust(1024 * 1024)
    doubled = memoryview(array("Q", (body + b" " * 8)))

    assert world.installer.handle(body=body, headers=signed(body)).status == 200
    assert world.installer.handle(body=body + b" ", headers=signed(body + b" ")).status == 400
    assert world.installer.handle(body=doubled, headers=signed(bytes(doubled))).status == 400


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_of_any_kind(kind):
    """Whatever a framework reads bodies into."""
    world = World()
    body = json.dumps(hook("preview")).encode()

    assert world.installer.handle(body=kind(body), headers=signed(body)).status == 200


def test_a_foreign_principal_sees_its_own():
    """What one principal sees says nothing of another."""
    world = World()
    world.authenticator.add("tok-kim", KIM)
    _, document = world.form("preview", FIRST, token="tok-kim")

    assert document["install"]["options"]["organization"] == GLOBEX.id
    assert document["install"]["schema"]["properties"]["organization"]["enum"] == [GLOBEX.id]


def test_duplicates_and_order():
    """An organization that comes twice is shown once, the first of its slugs; equal slugs are sorted by id."""
    found = [Organization("2", "b"), Organization("1", "b"), Organization("3", "a"), Organization("3", "c")]
    _, document = World(organizations=Failing(found)).form("preview")

    choices = organization_property({"3": "a", "1": "b", "2": "b"})
    assert document["install"]["schema"]["properties"]["organization"] == choices


def test_equal_slugs_and_equal_public_keys():
    """Projects are sorted by their ids then, keys by their DSNs."""
    projects = [Project("9", "web", "205"), Project("10", "web", "205")]
    keys = [ProjectKey("k", "https://k@h/2"), ProjectKey("k", "https://k@h/1")]
    _, document = World(projects=Failing(projects), keys=Failing(keys)).form("preview")
    properties = document["install"]["schema"]["properties"]

    assert properties["project"] == project_property({"10": "web", "9": "web"})
    assert properties["dsn"] == dsn_property(["https://k@h/1", "https://k@h/2"])


def test_no_secret_in_a_repr():
    """Neither of the installer nor of its gate."""
    world = World()

    assert isinstance(world.installer, Installer)
    assert SECRET not in repr(vars(world.installer))
