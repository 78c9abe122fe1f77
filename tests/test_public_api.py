"""What can be imported is what is promised: every public name is listed, sorted and documented."""

import importlib
import inspect
import re
import types
from pathlib import Path

import pytest

# The table of the design, for the parts that exist. A name here is a promise; a module may offer more.
PROMISED = {
    "alertkit": """
        AlertKitError UsageError InvalidEventError PayloadTooLargeError TransportError ConnectFailedError TimedOutError
        BlockedAddressError PeerError RejectedError RateLimitedError UnavailableError MalformedReplyError
        VerificationError EndpointBrokenError StoreError
        HttpRequest HttpResponse Transport Clock SystemClock Backoff __version__
        Observer Observation LogObserver LogLine each_of
    """,
    "alertkit.errors": "AlertKitError UsageError TransportError PeerError",
    "alertkit.pagerduty": """
        PagerDutyClient TriggerEvent AcknowledgeEvent ResolveEvent ChangeEvent Severity Link Image Region Receipt Change
        PreparedEvent prepare_event severity_for_level ErrorEvent MetricAlert MetricStatus Incident IncidentRun
        EventPrepared EventAttempted
    """,
    "alertkit.pagerduty.services": "PagerDutyService ServiceRepository",
    "alertkit.pagerduty.v1": "EventsV1Client TagRoutes",
    "alertkit.pagerduty.logging": "AlertCounts PagerDutyHandler",
    "alertkit.webhooks": """
        WebhookSender Integration IntegrationKind Installation WebhookEvent Actor Delivery Outcome RequestRecord
        DailyTally Verdict RetirementNotice AuditEntry HealthRules BrokenPolicy ConsecutiveErrorDays TimeoutFlood
        FatalTrips any_of StandardWebhooksSigner HookSigner RequestBuffer IntegrationRegistry OwnerNotifier AuditLog
        AlertDispatcher InstallationNotifier
        MessagePrepared MessageAttempted MessageWithheld AttemptRecorded VerdictSpoken IntegrationRetired
    """,
    "alertkit.cloudflare": """
        Installer Reply Principal Organization Project ProjectKey Authenticator OrganizationRepository ProjectRepository
        ProjectKeyRepository account_metadata HookRecord
    """,
    "alertkit.mail": """
        disabled_integration_email MailQueue SmtpMailQueue MailOwnerNotifier Mailbox SmtpTls MailReport MailOutcome
        DropReason MailCounts
    """,
    "alertkit.caching": "Cache MemoryCache ReadThrough",
    "alertkit.opentelemetry": "OpenTelemetryObserver",
    "alertkit.stores.memory": "MemoryRequestBuffer",
    "alertkit.stores.redis": "RedisCache RedisRequestBuffer",
    "alertkit.stores.sqlite": "SqliteRequestBuffer",
    "alertkit.testing.machines": "RequestBufferMachine",
    "alertkit.transports": "default_transport",
    "alertkit.transports.requests": "AddressGuard RequestsTransport",
    "alertkit.testing": """
        FrozenClock ScriptedTransport FakePagerDuty WebhookReceiver MemoryOrganizationRepository CountingObserver
    """,
    "alertkit.testing.contracts": """
        RequestBufferContract TransportContract CacheContract OrganizationRepositoryContract
    """,
}

MODULES = {name: importlib.import_module(name) for name in PROMISED}
EACH = pytest.mark.parametrize("module", MODULES.values(), ids=MODULES)
PUBLIC = sorted({(name, word) for name in MODULES for word in MODULES[name].__all__ if word != "__version__"})


def is_face(module):
    """Whether the module defines nothing and only hands on what others define."""
    return not any(getattr(value, "__module__", None) == module.__name__ for value in vars(module).values())


def importable(module):
    """
    Return the public names of the module: all that a face hands on, and all that any other module defines.

    A module's helpers from elsewhere, such as `Mapping`, can be imported from it too, and nobody should.
    """
    everything = is_face(module)
    return {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, types.ModuleType)
        and (everything or getattr(value, "__module__", None) == module.__name__)
    }


def members(kind):
    """Return the public functions and properties that a class defines itself, with their names."""
    return {
        name: value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        for name, value in vars(kind).items()
        if not name.startswith("_") and isinstance(value, (types.FunctionType, property, classmethod, staticmethod))
    }


@EACH
def test_all_is_what_can_be_imported(module):
    """`__all__` names every public name and no other; only `__version__` begins with an underscore."""
    assert set(module.__all__) - {"__version__"} == importable(module)


@EACH
def test_all_is_sorted(module):
    """`__all__` is in order and says nothing twice."""
    assert list(module.__all__) == sorted(set(module.__all__))


@EACH
def test_what_is_promised_is_there(module):
    """Every name of the design can be imported from where it says."""
    promised = set(PROMISED[module.__name__].split())

    assert promised <= set(module.__all__)
    assert all(hasattr(module, name) for name in promised)


def test_the_version_is_a_version():
    """Three numbers, the first and only place that says them."""
    version = MODULES["alertkit"].__version__

    assert [part.isdigit() for part in version.split(".")] == [True, True, True]


@EACH
def test_a_module_says_what_it_is_for(module):
    """Every public module has a docstring."""
    assert inspect.getdoc(module)


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_everything_public_is_documented(module, name):
    """Every public class and function has a docstring of its own, and so has each of its methods and properties."""
    thing = getattr(MODULES[module], name)

    assert thing.__doc__
    if inspect.isclass(thing):
        assert [member for member, value in members(thing).items() if not value.__doc__] == []


@pytest.mark.parametrize(("module", "name"), PUBLIC)
def test_a_docstring_is_written_for_its_class(module, name):
    """No class shows the docstring of its base, and no enum the one that Python makes up."""
    thing = getattr(MODULES[module], name)

    if inspect.isclass(thing):
        assert thing.__doc__ not in {base.__doc__ for base in thing.__mro__[1:]}
        assert not thing.__doc__.startswith("An enumeration")


def test_everything_public_has_its_place_in_the_reference():
    """Each name is shown on a page; the errors all together. The door to the transports is for the slices alone."""
    folder = Path(__file__).parent.parent / "docs" / "reference"
    pages = "\n".join(page.read_text(encoding="utf-8") for page in folder.glob("*.md"))
    shown = set(re.findall(r"^\.\. (?:auto|py:)\w+:: (\S+)$", pages, re.MULTILINE))
    errors = {f"alertkit.{name}" for name in MODULES["alertkit.errors"].__all__}
    public = {f"{module}.{name}" for module, name in PUBLIC if module not in ("alertkit.errors", "alertkit.transports")}

    assert ".. automodule:: alertkit.errors\n   :members:\n" in pages
    assert public - errors - shown == set()
