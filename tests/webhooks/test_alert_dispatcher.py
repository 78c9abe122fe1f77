"""An alert: what the integration is told, and what a rule loop gets where something is not there or fails."""

import json
import logging
from collections import UserDict
from types import SimpleNamespace

import attrs
import pytest
from webhook_world import AT, SECRET, World, integration

from alertkit import HttpResponse, InvalidEventError, UsageError
from alertkit.caching import MemoryCache
from alertkit.pagerduty import ErrorEvent
from alertkit.testing import (
    FrozenClock,
    MemoryIntegrationLookup,
    MemoryOrganizationLookup,
    MemoryProjectLookup,
    ScriptedTransport,
)
from alertkit.testing.contracts import (
    IntegrationLookupContract,
    OrganizationLookupContract,
    ProjectLookupContract,
)
from alertkit.webhooks import (
    AlertDispatcher,
    AlertedError,
    AlertProblem,
    AlertUrls,
    HealthRules,
    Installation,
    InstalledIntegration,
    Organization,
    Outcome,
    Project,
    StandardWebhooksSigner,
)

URLS = AlertUrls.sentry("https://sentry.example.com/")


class TestMemoryProjectLookup(ProjectLookupContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        lookup = MemoryProjectLookup()
        for project in self.projects:
            lookup.add(project)
        return lookup


class TestMemoryOrganizationLookup(OrganizationLookupContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        lookup = MemoryOrganizationLookup()
        for organization in self.organizations:
            lookup.add(organization)
        return lookup


class TestMemoryIntegrationLookup(IntegrationLookupContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        lookup = MemoryIntegrationLookup()
        first, second, third = self.installations
        lookup.add(self.shared, first, organization_id=self.organization_id)
        lookup.add(self.shared, second, organization_id=self.other_organization_id)
        lookup.add(self.own, third, organization_id=self.organization_id)
        return lookup

    def disable(self, lookup, integration_id):
        """Add it again, disabled."""
        disabled = attrs.evolve(self.shared, enabled=False)
        lookup.add(disabled, self.installations[0], organization_id=self.organization_id)
        lookup.add(disabled, self.installations[1], organization_id=self.other_organization_id)


def error_event(**given):
    """Return an error of project 7 and issue 17."""
    usual = {
        "event_id": "e4874d",
        "issue_id": "17",
        "project_id": "7",
        "title": "ReferenceError: heck",
        "message": "heck is not defined",
        "level": "error",
        "culprit": "shop.cart",
        "transaction": "GET /cart",
        "tags": {"browser": "Firefox", "env": "prod"},
        "details": {"cart": [1, 2]},
    }
    return ErrorEvent(**{**usual, **given})


class Host:
    """A host with one project, whose organization has installed one integration, and a dispatcher."""

    def __init__(self, *steps, installed=None, **options):
        self.world = World(ScriptedTransport(*steps), **options.pop("sending", {}))
        self.projects = MemoryProjectLookup()
        self.projects.add(Project("7", "web", "1"))
        self.organizations = MemoryOrganizationLookup()
        self.organizations.add(Organization("1", "acme"))
        self.integrations = MemoryIntegrationLookup()
        self.integrations.add(
            installed or integration(), Installation(uuid="6f1c", organization_id="1"), organization_id="1"
        )
        lookups = {name: getattr(self, name) for name in ("projects", "organizations", "integrations")}
        self.dispatcher = AlertDispatcher(**{"sender": self.world.sender, **lookups, "urls": URLS, **options})

    def send(self, about=None, **given):
        """Send the usual alert."""
        usual = {"rule": "Too many errors", "integration_id": "billing-sync"}
        return self.dispatcher.send_alert_event(about or error_event(), **{**usual, **given})

    def data(self, at=-1):
        """Return the data of what was sent."""
        return json.loads(self.world.transport.requests[at].body)["data"]


def test_what_an_integration_is_told():
    """`event_alert.triggered`, signed, with the error, its URLs and the rule's name; nobody did it but the host."""
    host = Host(HttpResponse(200))
    dispatch = host.send()

    (request,) = host.world.transport.requests
    StandardWebhooksSigner().verify(request.headers, request.body, secrets=[SECRET], now=AT)
    document = json.loads(request.body)
    assert document == {
        "action": "triggered",
        "installation": {"uuid": "6f1c"},
        "actor": {"type": "application", "id": "alertkit", "name": "Alertkit"},
        "data": {
            "triggered_rule": "Too many errors",
            "event": {
                "event_id": "e4874d",
                "issue_id": "17",
                "project": "7",
                "title": "ReferenceError: heck",
                "message": "heck is not defined",
                "level": "error",
                "culprit": "shop.cart",
                "transaction": "GET /cart",
                "tags": [["browser", "Firefox"], ["env", "prod"]],
                "extra": {"cart": [1, 2]},
                "url": "https://sentry.example.com/api/0/projects/acme/web/events/e4874d/",
                "web_url": "https://sentry.example.com/organizations/acme/issues/17/events/e4874d/",
                "issue_url": "https://sentry.example.com/api/0/issues/17/",
            },
        },
    }
    assert (dispatch.integration_id, dispatch.event_id, dispatch.problem) == ("billing-sync", "e4874d", None)
    assert dispatch.failures == ()
    assert dispatch.delivery.outcome is Outcome.SUCCESS
    assert dispatch.delivery.message.event_type == "event_alert.triggered"


def test_what_an_endpoint_does_is_on_the_delivery():
    """It is not raised."""
    dispatch = Host(503).send()

    assert (dispatch.problem, dispatch.delivery.outcome) == (None, Outcome.ERROR)


def test_alerts_do_not_count_toward_health():
    """An endpoint that is gone for good is not retired for refusing them; for any other webhook it is."""
    host = Host(410, 410, sending={"rules": HealthRules.default()})
    assert host.send().delivery.outcome is Outcome.FATAL
    assert host.world.told == (0, 0, 0)
    assert host.world.tallies(1)[0].total == 0
    assert host.world.buffer.recent("billing-sync")[0].outcome is Outcome.IGNORED
    host.world.send()

    assert host.world.told == (1, 1, 1)


def test_an_integration_that_is_disabled():
    """Nothing is sent, and the delivery says so."""
    dispatch = Host(installed=integration(enabled=False)).send()

    assert (dispatch.problem, dispatch.delivery.sent) == (None, False)


@pytest.mark.parametrize("payload", [{"title": "Too many errors", "settings": [{"name": "team", "value": "a"}]}, [], 0])
def test_an_additional_payload(payload):
    """It stands under the caller's key, beside what is documented."""
    host = Host(200)
    host.send(additional_payload_key="issue_alert", additional_payload=payload)

    assert host.data()["issue_alert"] == payload
    assert set(host.data()) == {"event", "triggered_rule", "issue_alert"}


def test_a_key_without_a_payload():
    """Says that there is none."""
    host = Host(200)
    host.send(additional_payload_key="issue_alert")

    assert host.data()["issue_alert"] is None


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"additional_payload_key": "event", "additional_payload": {}},
            "additional_payload_key must not be event, which is documented",
        ),
        (
            {"additional_payload_key": "triggered_rule"},
            "additional_payload_key must not be triggered_rule, which is documented",
        ),
        ({"additional_payload_key": " "}, "additional_payload_key is missing or blank"),
        ({"additional_payload_key": 7}, "additional_payload_key must be text, not int"),
        ({"additional_payload": {}}, "additional_payload needs an additional_payload_key"),
        ({"rule": ""}, "rule is missing or blank"),
        ({"integration_id": 7}, "integration_id must be of type str, not int"),
        (
            {"about": SimpleNamespace(event_id="e", title="t")},
            "error_event lacks message, level, culprit, transaction, issue_id, project_id, tags, details",
        ),
    ],
)
def test_a_mistake_of_the_caller(given, problem):
    """It is raised, and nobody is asked."""
    host = Host()
    with pytest.raises(UsageError) as caught:
        host.send(**given)

    assert str(caught.value) == problem
    assert host.projects.calls == host.world.transport.requests == ()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"about": error_event(issue_id=None)}, AlertProblem.UNKNOWN_ISSUE),
        ({"about": error_event(issue_id="")}, AlertProblem.UNKNOWN_ISSUE),
        ({"about": error_event(project_id=None)}, AlertProblem.UNKNOWN_PROJECT),
        ({"about": error_event(project_id="8")}, AlertProblem.UNKNOWN_PROJECT),
        ({"about": error_event(project_id="lost")}, AlertProblem.UNKNOWN_ORGANIZATION),
        ({"about": error_event(project_id="elsewhere")}, AlertProblem.UNKNOWN_INTEGRATION),
        ({"integration_id": "gone"}, AlertProblem.UNKNOWN_INTEGRATION),
    ],
)
def test_what_is_not_there(given, problem, caplog):
    """A result with its problem, and one line in the log; nothing is sent."""
    host = Host()
    host.projects.add(Project("lost", "lost", "99"))
    host.projects.add(Project("elsewhere", "elsewhere", "2"))
    host.organizations.add(Organization("2", "bolt"))
    dispatch = host.send(**given)

    assert (dispatch.problem, dispatch.delivery, dispatch.failures) == (problem, None, ())
    assert dispatch.integration_id == given.get("integration_id", "billing-sync")
    (line,) = caplog.records
    assert (line.name, line.levelno, line.problem) == ("alertkit.webhooks", logging.WARNING, problem.value)
    assert (line.event_id, line.integration_id) == ("e4874d", dispatch.integration_id)


class FailsOnce:
    """A lookup whose database is down, and up again."""

    def __init__(self, lookup):
        self.lookup = lookup
        self.failed = False

    def find(self, *ids):
        """Raise, the first time."""
        if not self.failed:
            self.failed = True
            raise ConnectionError("the database is down")
        return self.lookup.find(*ids)


@pytest.mark.parametrize("name", ["projects", "organizations", "integrations"])
def test_a_lookup_that_raises(name, caplog):
    """A result that says which, and of what kind its error was; the log has the traceback; the next one goes well."""
    known = Host()
    host = Host(200, **{name: FailsOnce(getattr(known, name))})
    dispatch = host.send()

    assert (dispatch.problem, dispatch.delivery) == (AlertProblem.LOOKUP_FAILED, None)
    (failure,) = dispatch.failures
    assert (failure.step, failure.error) == (f"{name}.find", "ConnectionError")
    assert failure.message == "the database is down"
    assert [line.levelno for line in caplog.records] == [logging.ERROR, logging.WARNING]
    assert caplog.records[0].exc_info
    assert host.send().delivery.outcome is Outcome.SUCCESS


@pytest.mark.parametrize(
    ("name", "found", "problem"),
    [
        ("projects", {"id": "7"}, "find must return a value of type Project or None, not dict"),
        ("projects", Project("8", "api", "1"), "returned one whose id is another"),
        ("organizations", Project("1", "api", "1"), "find must return a value of type Organization or None"),
        ("integrations", integration(), "find must return a value of type InstalledIntegration or None"),
        (
            "integrations",
            InstalledIntegration(integration(id="other"), Installation(uuid="6f1c", organization_id="1")),
            "another integration, or another organization's",
        ),
        (
            "integrations",
            InstalledIntegration(integration(), Installation(uuid="6f1c", organization_id="2")),
            "another integration, or another organization's",
        ),
        (
            "integrations",
            InstalledIntegration(integration(), Installation(uuid="6f1c")),
            "another integration, or another organization's",
        ),
    ],
)
def test_a_lookup_that_finds_something_else(name, found, problem):
    """It has failed, and nothing is sent to anybody."""
    lookup = SimpleNamespace(find=lambda *_: found)
    dispatch = Host(**{name: lookup}).send()

    assert dispatch.problem is AlertProblem.LOOKUP_FAILED
    assert problem in dispatch.failures[0].message


class Lazy:
    """An error whose attributes are read from a database, which may be away."""

    def __init__(self, failing=None, error=None):
        self.failing, self.error = failing, error
        self.read = []

    def __getattr__(self, name):
        self.read.append(name)
        if name == self.failing:
            raise self.error
        return getattr(error_event(), name)


ATTRIBUTES = [field.name for field in attrs.fields(type(error_event())) if hasattr(AlertedError, field.name)]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_error_that_cannot_be_read(name, caplog):
    """Whatever attribute it is: a result, as where a lookup fails; nobody is asked, and nothing is sent."""
    host = Host()
    dispatch = host.send(Lazy(name, ConnectionError("the database is away")))

    assert (dispatch.problem, dispatch.delivery) == (AlertProblem.LOOKUP_FAILED, None)
    assert (dispatch.integration_id, dispatch.event_id) == ("billing-sync", "")
    (failure,) = dispatch.failures
    assert (failure.step, failure.error, failure.message) == (
        "error_event",
        "ConnectionError",
        "the database is away",
    )
    assert [line.levelno for line in caplog.records] == [logging.ERROR, logging.WARNING]
    assert host.projects.calls == host.world.transport.requests == ()


@pytest.mark.parametrize("name", ["tags", "details"])
def test_a_mapping_that_cannot_be_read(name):
    """It is read with the rest, and may be readable later."""

    class Away(UserDict):
        """A mapping of a database that is away."""

        def __getitem__(self, key):
            """Fail."""
            raise ConnectionError("the database is away")

    about = Loose()
    setattr(about, name, Away(a=1))
    dispatch = Host().send(about)

    assert dispatch.problem is AlertProblem.LOOKUP_FAILED
    assert dispatch.failures[0].step == "error_event"


def test_an_error_is_read_once():
    """What it says later is not what is sent."""
    host, lazy = Host(200), Lazy()
    assert host.send(lazy).delivery.outcome is Outcome.SUCCESS

    assert sorted(lazy.read) == sorted(ATTRIBUTES)
    assert host.data()["event"]["tags"] == [["browser", "Firefox"], ["env", "prod"]]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_error_that_lacks_something(name):
    """Is a mistake of the caller's, which is told with the others."""
    with pytest.raises(UsageError, match=f"^error_event lacks {name}; rule is missing"):
        Host().send(Lazy(name, AttributeError(name)), rule="")


def test_an_id_forges_no_line(caplog):
    """Whatever a stranger called it, it is one line of the log, and no long one; the caller gets it as it was."""
    forged = "x\nERROR root: forged\u2028" + "y" * 1000
    dispatch = Host().send(error_event(event_id=forged, issue_id=None), integration_id="a\rb")

    (line,) = caplog.records
    assert line.event_id == ("x\ufffdERROR root: forged\ufffd" + "y" * 1000)[:256]
    assert line.integration_id == "a\ufffdb"
    assert line.getMessage().startswith("alert about x\ufffdERROR root")
    assert dispatch.event_id == forged


@pytest.mark.parametrize("dots", [".", ".."])
def test_a_name_of_dots(dots):
    """It would be a step to another place, however it is encoded, and is not sendable."""
    host = Host()
    host.projects.add(Project("7", dots, "1"))
    dispatch = host.send()

    assert (dispatch.problem, dispatch.delivery) == (AlertProblem.NOT_SENDABLE, None)
    assert dispatch.failures[0].message == f"project must not be {dots}, which is a step in a path"
    for place in ("organization", "project", "issue_id", "event_id"):
        usual = dict.fromkeys(("organization", "project", "issue_id", "event_id"), "...")
        assert URLS.of(**usual)["web_url"].endswith("/.../issues/.../events/.../")
        with pytest.raises(InvalidEventError, match=f"{place} must not be"):
            URLS.of(**{**usual, place: dots})


@pytest.mark.parametrize(
    ("given", "installed", "message"),
    [
        ({"about": error_event(details={"at": AT})}, None, "data.event.extra.at is a datetime"),
        ({"additional_payload_key": "x", "additional_payload": {1, 2}}, None, "data.x is a set"),
        ({}, {"secrets": ["no secret"]}, "billing-sync"),
    ],
)
def test_what_cannot_be_sent(given, installed, message):
    """A result too: another alert of the loop may be sendable."""
    host = Host(installed=integration(**(installed or {})))
    dispatch = host.send(**given)

    assert (dispatch.problem, dispatch.delivery) == (AlertProblem.NOT_SENDABLE, None)
    assert [failure.step for failure in dispatch.failures] == ["sender.send"]
    assert message in dispatch.failures[0].message
    assert host.world.transport.requests == ()


@pytest.mark.parametrize("error", [OSError("cannot reach /in?token=s3cr3t"), ValueError("no key: 's3cr3t'")])
def test_what_a_transport_of_a_hosts_own_lets_out(error, caplog):
    """It was handed the URL and what the secrets became: its class and its traceback are shown, and not its words."""
    dispatch = Host(error).send()

    assert dispatch.problem is AlertProblem.NOT_SENDABLE
    assert [(failure.step, failure.error, failure.message) for failure in dispatch.failures] == [
        ("sender.send", type(error).__name__, "")
    ]
    assert "s3cr3t" not in caplog.text
    assert (caplog.records[0].error, caplog.records[0].exc_info[2]) == (type(error).__name__, error.__traceback__)


class Loose:
    """An error of a host's own, whose ids are numbers, and which has no tags and no details."""

    event_id, issue_id, project_id = 99, 17, 7
    title = message = level = culprit = transaction = "x"
    tags = details = None


def test_an_error_of_the_hosts_own():
    """Numbers are understood as ids, and nothing is as good as no tags."""
    host = Host(200)
    dispatch = host.send(Loose())

    assert dispatch.delivery.outcome is Outcome.SUCCESS
    event = host.data()["event"]
    assert (event["event_id"], event["issue_id"], event["tags"], event["extra"]) == ("99", "17", [], {})
    assert event["issue_url"].endswith("/issues/17/")


@pytest.mark.parametrize("wrong", [True, 1.5, [], {}])
def test_what_is_no_id(wrong):
    """It is as good as none."""
    about = Loose()
    about.project_id = wrong

    assert Host(200).send(about).problem is AlertProblem.UNKNOWN_PROJECT


def test_projects_and_organizations_are_remembered():
    """For a minute, unless told otherwise; integrations are asked for each time, and their secrets are in no cache."""
    clock = FrozenClock()
    cache = MemoryCache(clock=clock)
    host = Host(*[200] * 3, cache=cache)
    for passed in (0, 59, 1):
        clock.advance(passed)
        host.send()

    assert host.projects.calls == ("7", "7")
    assert host.organizations.calls == ("1", "1")
    assert host.integrations.calls == (("billing-sync", "1"),) * 3
    texts = [text for text, _ in cache._shelf.get().entries.values()]
    assert len(texts) == 2
    assert not any("secret" in text or SECRET in text for text in texts)


def test_how_long_is_for_the_host_to_say():
    """Of what there is, and of what there is not."""
    clock = FrozenClock()
    host = Host(200, 200, cache=MemoryCache(clock=clock), ttl=10, negative_ttl=2)
    host.send()
    host.send(error_event(project_id="8"))
    clock.advance(2)
    host.send(error_event(project_id="8"))
    clock.advance(8)
    host.send()

    assert host.projects.calls == ("7", "8", "8", "7")


def test_a_change_is_told():
    """After an invalidation the next alert knows better."""
    host = Host(*[200] * 2)
    host.send()
    host.projects.add(Project("7", "shop", "1"))
    host.organizations.add(Organization("1", "bolt"))
    host.dispatcher.projects.invalidate(id="7")
    host.dispatcher.organizations.invalidate(id="1")
    host.send()

    assert "/projects/bolt/shop/" in host.data()["event"]["url"]
    assert "/projects/acme/web/" in host.data(0)["event"]["url"]


def test_names_change_the_shape_of_no_url():
    """What stands in a template is percent-encoded."""
    host = Host(200)
    host.projects.add(Project("7", "web/../x?y=1#z ü", "1"))
    host.send(error_event(event_id="a/b", issue_id="1?2"))

    event = host.data()["event"]
    assert event["url"].endswith("/projects/acme/web%2F..%2Fx%3Fy%3D1%23z%20%C3%BC/events/a%2Fb/")
    assert event["issue_url"].endswith("/issues/1%3F2/")


def test_urls_of_a_hosts_own():
    """Any place may stand in any of them, as often as need be, or in none."""
    urls = AlertUrls(
        url="https://shop.example.com/api/{event_id}",
        web_url="https://shop.example.com/{organization}/{project}/{issue_id}?event={event_id}&at={event_id}",
        issue_url="https://shop.example.com/issues?{{x}}",
    )

    assert urls.of(organization="acme", project="web", issue_id="17", event_id="e4") == {
        "url": "https://shop.example.com/api/e4",
        "web_url": "https://shop.example.com/acme/web/17?event=e4&at=e4",
        "issue_url": "https://shop.example.com/issues?{x}",
    }


PLACES = "may have in braces: organization, project, issue_id, event_id"
HALF = "has a brace without its other half"
RELATIVE = "must be absolute, http or https, and percent-encoded"


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("https://h.example/{issue}", PLACES),
        ("https://h.example/{}", PLACES),
        ("https://h.example/{0}", PLACES),
        ("https://h.example/{issue_id!r}", PLACES),
        ("https://h.example/{issue_id:_<9}", PLACES),
        ("https://h.example/{issue_id.__class__}", PLACES),
        ("https://h.example/{issue_id", HALF),
        ("https://h.example/}", HALF),
        ("/issues/{issue_id}/", RELATIVE),
        ("https://h.example/a b", RELATIVE),
        ("", "is missing or blank"),
        (7, "must be text, not int"),
    ],
)
def test_a_template_that_is_none(template, problem):
    """It is told when the URLs are made, with the others."""
    with pytest.raises(InvalidEventError) as caught:
        AlertUrls(url=template, web_url=template, issue_url="https://h.example/{issue_id}")

    assert caught.value.problems == (f"url {problem}", f"web_url {problem}")


@pytest.mark.parametrize(
    ("base", "problems"),
    [
        ("", ("base is missing or blank",)),
        (7, ("base must be text, not int",)),
        ("sentry.example.com", tuple(f"{name} {RELATIVE}" for name in ("url", "web_url", "issue_url"))),
        ("https://h.example/{", tuple(f"{name} {HALF}" for name in ("url", "web_url", "issue_url"))),
        ("https://h example", tuple(f"{name} {RELATIVE}" for name in ("url", "web_url", "issue_url"))),
    ],
)
def test_a_base_that_is_none(base, problems):
    """It is told."""
    with pytest.raises(InvalidEventError) as caught:
        AlertUrls.sentry(base)

    assert caught.value.problems == problems


def test_the_urls_of_a_sentry():
    """A slash at the end of the base makes no second one."""
    urls = AlertUrls(
        url="https://sentry.example.com/api/0/projects/{organization}/{project}/events/{event_id}/",
        web_url="https://sentry.example.com/organizations/{organization}/issues/{issue_id}/events/{event_id}/",
        issue_url="https://sentry.example.com/api/0/issues/{issue_id}/",
    )

    assert AlertUrls.sentry("https://sentry.example.com/") == AlertUrls.sentry("https://sentry.example.com") == urls


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"sender": None}, "sender must be of type WebhookSender"),
        (
            {"projects": {}, "integrations": MemoryIntegrationLookup},
            "projects must have the methods find.*integrations",
        ),
        ({"urls": "https://h.example"}, "urls must be of type AlertUrls"),
        ({"cache": {}}, "cache must have the methods"),
        ({"ttl": 0}, "ttl must be"),
        ({"projects": SimpleNamespace(find=7)}, "projects must have"),
    ],
)
def test_what_a_dispatcher_is_built_of(options, problem):
    """It is checked when it is built."""
    with pytest.raises(UsageError, match=problem):
        Host(**options)


def test_what_is_no_installed_integration():
    """It is told with all problems."""
    with pytest.raises(InvalidEventError, match=r"integration must be .*; installation must be"):
        InstalledIntegration(None, "6f1c")
