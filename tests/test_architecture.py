"""
The house, held: who may import whom, what is pure, and how long a file may be.

Every file under `src/alertkit` is parsed. An import counts wherever it stands: in a function, or for an annotation.
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import frozen

import alertkit

SOURCE = Path(alertkit.__file__).parent
LONGEST_FILE = 250


@frozen
class Layer:
    """One floor of the house."""

    modules: tuple[str, ...]
    """Who lives there, without the leading `alertkit.`; a folder's own name is its `__init__`."""
    imports: tuple[str, ...] = ()
    """The layers that it may import; its own is among them only where it is said."""
    libraries: tuple[str, ...] = ("attrs", "typing_extensions")
    """What it may import beside the standard library."""
    pure: bool = False
    """No clock, no dice, no network, no files, no logging: everything arrives as an argument."""


# From the ground up: nothing imports what stands below it in this table.
HOUSE = {
    "errors": Layer(("errors",), libraries=(), pure=True),
    "kernel": Layer(
        ("_http", "_addresses", "_backoff", "_checks", "_json", "_observation", "_signing", "_words"),
        ("errors",),
        pure=True,
    ),
    "shared values": Layer(("_organization",), ("kernel",), pure=True),
    "version": Layer(("_version",), libraries=(), pure=True),
    "clock": Layer(("_clock",), ("errors",)),
    "logging": Layer(("_logging",), libraries=()),
    "processes": Layer(("_processes", "_turn"), ("errors",), libraries=()),
    "observers": Layer(("_observers",), ("kernel", "logging"), libraries=()),
    "face": Layer(("alertkit",), ("errors", "kernel", "version", "clock", "observers"), libraries=()),
    "opentelemetry": Layer(("opentelemetry",), ("kernel", "clock"), ("opentelemetry",)),
    # Drivers know the kernel and their one library. `transports` itself is the door in front of them.
    "drivers": Layer(
        (
            *("transports._transport", "transports._adapter", "transports._connections", "transports._guard"),
            *("transports._exchange", "transports._failures", "transports._handed_in", "transports._resolving"),
            *("transports._body", "transports._tls"),
        ),
        ("errors", "kernel", "version", "clock", "drivers"),
        ("attrs", "typing_extensions", "requests", "urllib3"),
    ),
    "drivers face": Layer(("transports.requests",), ("drivers",), libraries=()),
    "door": Layer(("transports",), ("kernel", "drivers face"), libraries=()),
    # Lookups through a cache: beneath the slices, which may use it.
    "caching rules": Layer(("caching._ports", "caching._entries"), ("errors", "kernel", "caching rules"), pure=True),
    "caching": Layer(
        ("caching._memory", "caching._flights", "caching._log", "caching._read_through"),
        ("errors", "kernel", "clock", "logging", "processes", "caching rules", "caching"),
    ),
    "caching face": Layer(("caching",), ("caching rules", "caching"), libraries=()),
    # A slice: values, pure decisions, one impure shell, and its face.
    "pagerduty values": Layer(
        (
            *("pagerduty._severity", "pagerduty._keys", "pagerduty._checks", "pagerduty._changes"),
            *("pagerduty._error_event", "pagerduty._events", "pagerduty._metric_alert"),
            *("pagerduty._tag_routes", "pagerduty._region", "pagerduty._service", "pagerduty._observations"),
        ),
        ("errors", "kernel", "pagerduty values"),
        pure=True,
    ),
    "pagerduty decisions": Layer(
        (
            *("pagerduty._text", "pagerduty._readable", "pagerduty._mending", "pagerduty._shrinking"),
            *("pagerduty._payload", "pagerduty._v1_document", "pagerduty._replies", "pagerduty._logged"),
            *("pagerduty._rate_window", "pagerduty._outbox"),
        ),
        ("errors", "kernel", "pagerduty values", "pagerduty decisions"),
        pure=True,
    ),
    "pagerduty ports": Layer(("pagerduty._ports",), ("pagerduty values",), libraries=(), pure=True),
    "pagerduty shell": Layer(
        (
            *("pagerduty._log", "pagerduty._events_client", "pagerduty._client", "pagerduty._v1_client"),
            *("pagerduty._service_pager", "pagerduty._tracebacks", "pagerduty._incident"),
            *("pagerduty._record_reading", "pagerduty._alert_worker", "pagerduty._handler"),
        ),
        (
            *("errors", "kernel", "version", "clock", "processes", "logging", "observers", "door"),
            *("pagerduty values", "pagerduty decisions", "pagerduty ports", "pagerduty shell"),
        ),
    ),
    "pagerduty faces": Layer(
        ("pagerduty", "pagerduty.logging", "pagerduty.v1", "pagerduty.services"),
        ("pagerduty values", "pagerduty decisions", "pagerduty ports", "pagerduty shell"),
        libraries=(),
    ),
    "webhooks values": Layer(
        (
            *("webhooks._integration", "webhooks._event", "webhooks._health", "webhooks._plain"),
            *("webhooks._request_record", "webhooks._message", "webhooks._retirement", "webhooks._delivery"),
            *("webhooks._alert", "webhooks._alert_urls"),
            *("webhooks._observations", "webhooks._health_observations"),
        ),
        ("errors", "kernel", "webhooks values"),
        pure=True,
    ),
    "webhooks decisions": Layer(
        (
            *("webhooks._urls", "webhooks._signer", "webhooks._standard_webhooks", "webhooks._hook_signer"),
            *("webhooks._request", "webhooks._exchange", "webhooks._hiding", "webhooks._evidence", "webhooks._policy"),
            *("webhooks._rules", "webhooks._settings", "webhooks._alert_data"),
        ),
        ("errors", "kernel", "shared values", "webhooks values", "webhooks decisions"),
        pure=True,
    ),
    "webhooks ports": Layer(
        ("webhooks._ports", "webhooks._alert_ports"), ("shared values", "webhooks values"), libraries=(), pure=True
    ),
    "webhooks shell": Layer(
        (
            *("webhooks._log", "webhooks._steps", "webhooks._retiring", "webhooks._sender"),
            *("webhooks._alert_dispatcher", "webhooks._installation_notifier"),
        ),
        (
            *("errors", "kernel", "shared values", "version", "clock", "logging", "observers", "door"),
            *("caching rules", "caching"),
            *("webhooks values", "webhooks decisions", "webhooks ports", "webhooks shell"),
        ),
    ),
    "webhooks face": Layer(
        ("webhooks",),
        ("shared values", "webhooks values", "webhooks decisions", "webhooks ports", "webhooks shell"),
        libraries=(),
    ),
    "cloudflare values": Layer(
        (
            *("cloudflare._principal", "cloudflare._project", "cloudflare._event", "cloudflare._install"),
            "cloudflare._reply",
        ),
        ("errors", "kernel", "cloudflare values"),
        pure=True,
    ),
    "cloudflare decisions": Layer(
        (
            *("cloudflare._hook", "cloudflare._form", "cloudflare._machine", "cloudflare._offers"),
            "cloudflare._answers",
        ),
        ("errors", "kernel", "shared values", "cloudflare values", "cloudflare decisions"),
        pure=True,
    ),
    "cloudflare ports": Layer(("cloudflare._ports",), ("shared values", "cloudflare values"), libraries=(), pure=True),
    "cloudflare shell": Layer(
        ("cloudflare._log", "cloudflare._repositories", "cloudflare._installer"),
        (
            *("errors", "kernel", "shared values", "logging", "observers"),
            *("cloudflare values", "cloudflare decisions", "cloudflare ports", "cloudflare shell"),
        ),
    ),
    "cloudflare face": Layer(
        ("cloudflare",), ("shared values", "cloudflare values", "cloudflare ports", "cloudflare shell"), libraries=()
    ),
    # Mail is about a notice of the webhooks, whose values it knows, and nothing else of any slice.
    "mail values": Layer(
        ("mail._mailbox", "mail._report", "mail._failure"), ("errors", "kernel", "mail values"), pure=True
    ),
    "mail decisions": Layer(
        (
            *("mail._envelope", "mail._outgoing", "mail._pace", "mail._wording"),
            *("mail._content", "mail._bodies", "mail._message"),
        ),
        ("errors", "kernel", "webhooks values", "mail values", "mail decisions"),
        pure=True,
    ),
    "mail ports": Layer(("mail._ports",), libraries=(), pure=True),
    "mail log": Layer(("mail._log",), ("logging",), libraries=()),
    "mail driver": Layer(
        ("mail._route", "mail._wire", "mail._session", "mail._carrier", "mail._worker", "mail._queue"),
        ("errors", "kernel", "clock", "processes", "observers", "mail values", "mail decisions", "mail driver"),
    ),
    "mail notifier": Layer(
        ("mail._notifier",),
        (
            *("errors", "kernel", "clock", "webhooks values"),
            *("mail values", "mail decisions", "mail ports", "mail log"),
        ),
        libraries=(),
    ),
    "mail face": Layer(
        ("mail",), ("mail values", "mail decisions", "mail ports", "mail driver", "mail notifier"), libraries=()
    ),
    # Stores know a port, its values and their one library; they have no clock.
    "stores": Layer(
        (
            "stores._calls",
            "stores.memory",
            "stores.sqlite",
            "stores._sqlite_file",
            "stores._sqlite_rings",
            "stores._redis_scripts",
        ),
        ("errors", "kernel", "processes", "webhooks values", "webhooks ports", "stores"),
    ),
    "redis store": Layer(
        ("stores.redis",),
        ("errors", "kernel", "caching rules", "webhooks values", "webhooks ports", "stores"),
        ("attrs", "typing_extensions", "redis"),
    ),
    "stores face": Layer(("stores",), libraries=()),
    # Shipped for tests: knows the kernel, and nothing of the shells it stands in for; nobody else knows it.
    "testing": Layer(
        (
            *("testing._clock", "testing._loopback", "testing._observer", "testing._scripted_server"),
            *("testing._pagerduty", "testing._pagerduty_rules", "testing._pagerduty_v1_rules"),
            *("testing._transport", "testing._webhook_receiver", "testing._webhook_ports", "testing._signed_hook"),
            *("testing.contracts._transport", "testing.contracts._attempts", "testing.contracts._request_records"),
            *("testing.contracts._request_claims", "testing.contracts._near"),
            *("testing.contracts._request_buffer", "testing.contracts._webhook_ports"),
            *("testing._webhook_lookups", "testing.contracts._webhook_lookups"),
            *("testing.contracts._signer", "testing.contracts._policy"),
        ),
        (
            *("errors", "kernel", "shared values", "version", "clock", "testing"),
            *("webhooks values", "webhooks decisions", "webhooks ports"),
        ),
    ),
    "cloudflare testing": Layer(
        (
            *("testing._cloudflare_ports", "testing.contracts._authenticator"),
            "testing.contracts._cloudflare_repositories",
        ),
        ("shared values", "cloudflare values", "cloudflare ports", "cloudflare testing"),
        libraries=(),
    ),
    "pagerduty testing": Layer(
        ("testing._pagerduty_ports", "testing.contracts._pagerduty_ports"),
        ("pagerduty values", "pagerduty ports", "testing"),
        libraries=(),
    ),
    "mail testing": Layer(
        ("testing._mail_queue", "testing.contracts._mail_queue"),
        ("errors", "kernel", "mail values", "mail decisions", "mail ports"),
    ),
    "caching testing": Layer(("testing.contracts._cache",), ("errors", "caching rules", "testing"), libraries=()),
    "model machines": Layer(
        ("testing.machines",),
        ("errors", "kernel", "webhooks values", "webhooks ports", "stores", "testing"),
        ("attrs", "typing_extensions", "hypothesis"),
    ),
    "testing faces": Layer(
        ("testing", "testing.contracts"),
        ("testing", "cloudflare testing", "pagerduty testing", "mail testing", "caching testing"),
        libraries=(),
    ),
}

SLICES = {"pagerduty", "webhooks", "cloudflare"}

# What a pure module has no use for: modules of the standard library, functions of no module, and methods.
IMPURE_MODULES = {
    *("asyncio", "concurrent", "ftplib", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib", "queue"),
    *("random", "secrets", "select", "selectors", "shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3"),
    *("ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib.request", "uuid", "warnings"),
}
IMPURE_FUNCTIONS = {"open", "print", "input", "exec", "eval", "breakpoint"}
IMPURE_METHODS = {"now", "utcnow", "today"}

ROOM = {module: layer for layer in HOUSE for module in HOUSE[layer].modules}
FILES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix("__init__").rstrip(".") or "alertkit": path
    for path in SOURCE.rglob("*.py")
}
SOURCES = {module: path.read_text(encoding="utf-8") for module, path in FILES.items()}
EACH = pytest.mark.parametrize("module", sorted(SOURCES))


def imported(source):
    """Return what a source imports, as pairs: the module that it names, and the names it takes from there."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.extend((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append(("." * node.level + (node.module or ""), tuple(alias.name for alias in node.names)))
    return found


def inside(module, source):
    """Return the modules of the house that a source imports: `from a import b` is `a.b` where that is a module."""
    targets = set()
    for name, taken in imported(source):
        if name.split(".")[0] == "alertkit":
            path = name.removeprefix("alertkit").lstrip(".")
            members = {f"{path}.{member}".lstrip(".") for member in taken} & set(SOURCES)
            targets |= members or {path or "alertkit"}
    return targets - {module}


def is_face(module):
    """Whether the module is an `__init__`, which stands for its folder."""
    return FILES[module].name == "__init__.py"


def misplaced(module, source):
    """Yield what the source imports from the wrong place."""
    layer, folder = HOUSE[ROOM[module]], module.rpartition(".")[0]
    for target in inside(module, source):
        if ROOM.get(target) not in layer.imports:
            yield f"imports {target}, which lives in {ROOM.get(target)}"
    for name, _ in imported(source):
        top = name.split(".")[0]
        if name == "alertkit" or (name == f"alertkit.{folder}" and not is_face(module)):
            yield f"imports from the face {name} instead of the module"
        if top not in {*layer.libraries, "alertkit", *sys.stdlib_module_names} - {"importlib"}:
            yield f"imports {name or 'a relative name'}"


def impure(module, source):
    """Yield what the source does that a pure module, or any, must not."""
    pure = HOUSE[ROOM[module]].pure
    if pure:
        yield from (f"imports {name}" for name, _ in imported(source) if {name, name.split(".")[0]} & IMPURE_MODULES)
    for node in ast.walk(ast.parse(source)):
        name = getattr(node, "id", None)
        if name == "__import__" or (pure and name in IMPURE_FUNCTIONS):
            yield f"uses {name}"
        if pure and getattr(node, "attr", None) in IMPURE_METHODS:
            yield f"calls .{node.attr}"


def complaints(module, source):
    """Return every rule of the house that the source would break in the place of the module."""
    return [*misplaced(module, source), *impure(module, source)]


def test_every_file_has_its_place():
    """Each module lives in one layer, and each place in the table is lived in."""
    places = [module for layer in HOUSE.values() for module in layer.modules]

    assert sorted(places) == sorted(SOURCES)


def test_layers_import_downwards():
    """A layer of the table imports itself and those above it in the table, and no library is everybody's."""
    names = list(HOUSE)
    for index, name in enumerate(names):
        assert set(HOUSE[name].imports) <= set(names[: index + 1])
    assert {name for name in HOUSE if {"requests", "urllib3"} & set(HOUSE[name].libraries)} == {"drivers"}
    assert {name for name in HOUSE if "redis" in HOUSE[name].libraries} == {"redis store"}
    assert {name for name in HOUSE if "opentelemetry" in HOUSE[name].libraries} == {"opentelemetry"}
    assert {name for name in HOUSE if "hypothesis" in HOUSE[name].libraries} == {"model machines"}
    assert not any("pytest" in layer.libraries for layer in HOUSE.values())


def beneath(name):
    """Return all that a layer may import, and what that may."""
    below = set(HOUSE[name].imports) - {name}
    return below.union(*map(beneath, below))


def drawn():
    """Return the picture of the layers, as the documentation has it: each, and what it stands on directly."""
    stood_on = {other for name in HOUSE for other in HOUSE[name].imports if other != name}
    lines = []
    for name, layer in HOUSE.items():
        below = [other for other in layer.imports if other != name]
        directly = [other for other in below if not any(other in beneath(between) for between in below)]
        if name in stood_on or not name.endswith(("face", "faces")):  # which hold names, and nothing else
            lines.append(f"{name:<20} ──► {', '.join(directly) or 'the ground'}")
    return "\n".join(lines)


def test_the_documentation_draws_the_layers():
    """The picture in the explanation is the table, line by line."""
    page = (Path(__file__).parent.parent / "docs" / "explanation" / "house.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```text\n(errors  .*?)\n```", page, re.DOTALL)

    assert picture == drawn()


def test_slices_never_import_each_other():
    """What a slice shares with another one stands in the kernel."""
    for layer in HOUSE.values():
        neighbours = (*layer.modules, *(module for name in layer.imports for module in HOUSE[name].modules))
        assert len({module.split(".")[0] for module in neighbours} & SLICES) <= 1


def test_mail_knows_what_a_notice_is_and_no_more():
    """It imports values of the webhooks and nothing else of any slice, and no slice imports it."""
    for name, layer in HOUSE.items():
        if any(module.split(".")[0] == "mail" for module in layer.modules):
            assert {known for known in layer.imports if known.split()[0] in SLICES} <= {"webhooks values"}
        elif name not in {"mail testing", "testing faces"}:
            assert not any(known.startswith("mail ") for known in layer.imports)


@EACH
def test_a_module_keeps_the_rules(module):
    """It imports what its layer may, names modules in full, and is pure where its layer is."""
    assert complaints(module, SOURCES[module]) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        *(("pagerduty._text", f"import {name}") for name in ("time", "random", "logging", "socket", "os", "threading")),
        *(("pagerduty._events", f"def f():\n    import {name}") for name in ("requests", "pytest", "urllib.request")),
        ("pagerduty._replies", "from datetime import datetime\nnow = datetime.now()"),
        ("pagerduty._payload", "print('sent')"),
        ("pagerduty._events", "from alertkit.pagerduty._payload import cut"),
        ("pagerduty._payload", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import alertkit._clock"),
        ("pagerduty._client", "from alertkit.transports.requests import RequestsTransport"),
        ("pagerduty._client", "from alertkit.testing import FakePagerDuty"),
        *(("pagerduty._client", f"from alertkit import {name}") for name in ("Backoff", "_backoff")),
        *(("pagerduty._client", f"from alertkit.pagerduty import {name}") for name in ("Receipt", "_replies")),
        ("pagerduty._client", "from ._replies import Receipt"),
        ("pagerduty._ports", "from alertkit.pagerduty._service_pager import ServicePager"),
        ("pagerduty._v1_document", "from alertkit.pagerduty._v1_client import EventsV1Client"),
        ("pagerduty._client", "from alertkit.webhooks import WebhookSender"),
        *(("pagerduty._client", source) for source in ("import requests", "import importlib", "__import__('re')")),
        ("transports._transport", "from alertkit.pagerduty._client import PagerDutyClient"),
        ("transports._transport", "import yaml"),
        ("errors", "from alertkit._http import HttpResponse"),
        ("_http", "from alertkit._backoff import Backoff"),
        ("testing._transport", "import hypothesis"),
        *(
            (module, "import opentelemetry.metrics")
            for module in ("_observers", "pagerduty._client", "testing._observer")
        ),
        ("opentelemetry", "from alertkit.pagerduty._observations import EventAttempted"),
        ("opentelemetry", "from alertkit._observers import LogObserver"),
        ("_observation", "import logging"),
        ("_observation", "from alertkit._observers import tell"),
        ("pagerduty._observations", "from alertkit._observers import tell"),
        ("webhooks._policy", "from datetime import date\ntoday = date.today()"),
        ("webhooks._health", "from alertkit.webhooks._policy import FatalTrips"),
        ("webhooks._ports", "from alertkit.webhooks._sender import WebhookSender"),
        ("webhooks._rules", "from alertkit.webhooks._ports import RequestBuffer"),
        *(("webhooks._sender", source) for source in ("import requests", "import alertkit.pagerduty._client")),
        ("webhooks._sender", "from alertkit.stores.memory import MemoryRequestBuffer"),
        ("cloudflare._machine", "import logging"),
        ("cloudflare._hook", "from alertkit.cloudflare._ports import Authenticator"),
        ("cloudflare._installer", "from alertkit.webhooks._signer import Signer"),
        ("cloudflare._installer", "import alertkit._clock"),
        ("mail._content", "from alertkit.webhooks._policy import FatalTrips"),
        ("mail._outgoing", "import time"),
        ("mail._notifier", "from alertkit.webhooks._ports import OwnerNotifier"),
        ("mail._notifier", "from alertkit.mail._queue import SmtpMailQueue"),
        ("webhooks._retiring", "from alertkit.mail._message import disabled_integration_email"),
        ("caching._entries", "from alertkit.caching._memory import MemoryCache"),
        *(("caching._read_through", f"import alertkit.{name}") for name in ("stores.redis", "webhooks._message")),
        *(("stores.memory", f"import {name}") for name in ("redis", "alertkit._clock", "alertkit.webhooks._sender")),
    ],
)
def test_the_rules_see_who_breaks_them(module, source):
    """Each of these lines would be found."""
    assert complaints(module, source) != []


def test_no_modules_import_each_other():
    """Followed to the end, the imports of no module lead back to it."""
    graph = {module: inside(module, source) for module, source in SOURCES.items()}
    while leaves := {module for module, targets in graph.items() if not targets & set(graph)}:
        graph = {module: targets for module, targets in graph.items() if module not in leaves}

    assert graph == {}


@EACH
def test_a_file_is_read_in_one_sitting(module):
    """A file past 250 lines wants to be two; each says in its docstring what its rules are."""
    assert len(SOURCES[module].splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(SOURCES[module]))


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        *((module, ("requests", "urllib3")) for module in ("alertkit", "alertkit.pagerduty", "alertkit.transports")),
        ("alertkit", ("alertkit.opentelemetry", "opentelemetry", "alertkit.pagerduty", "alertkit.webhooks")),
        ("alertkit.testing", ("alertkit.opentelemetry", "opentelemetry")),
        ("alertkit.opentelemetry", ("opentelemetry.sdk", "requests", "alertkit.pagerduty", "alertkit.testing")),
        ("alertkit.testing.contracts", ("requests", "urllib3", "pytest", "hypothesis", "alertkit.stores")),
        ("alertkit.transports.requests", ("alertkit.pagerduty", "alertkit.testing")),
        ("alertkit.pagerduty", ("alertkit.transports.requests", "alertkit.testing", "alertkit.webhooks")),
        ("alertkit.pagerduty", ("alertkit.pagerduty.v1", "alertkit.pagerduty.services")),
        *((f"alertkit.pagerduty.{name}", ("requests", "alertkit.testing")) for name in ("v1", "services")),
        ("alertkit.pagerduty", ("alertkit.pagerduty.logging", "alertkit.pagerduty._handler")),
        ("alertkit.pagerduty.logging", ("requests", "urllib3", "alertkit.testing", "alertkit.webhooks")),
        ("alertkit.webhooks", ("requests", "urllib3", "alertkit.pagerduty", "alertkit.stores", "alertkit.testing")),
        ("alertkit.cloudflare", ("requests", "alertkit.pagerduty", "alertkit.webhooks", "alertkit.testing")),
        ("alertkit.mail", ("requests", "urllib3", "alertkit.pagerduty", "alertkit.stores", "alertkit.testing")),
        ("alertkit.caching", ("requests", "redis", "alertkit.webhooks", "alertkit.stores", "alertkit.testing")),
        ("alertkit.stores.memory", ("requests", "sqlite3", "alertkit.pagerduty", "alertkit.testing")),
        ("alertkit.stores.sqlite", ("requests", "redis", "alertkit.pagerduty", "alertkit.testing")),
        ("alertkit.stores.redis", ("requests", "sqlite3", "alertkit.pagerduty", "alertkit.testing")),
    ],
)
def test_an_import_loads_no_more_than_it_needs(module, unwanted):
    """A fresh interpreter that imports the module has loaded none of these."""
    code = f"import sys, {module}; print([name for name in {unwanted!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert run.stdout.strip() == "[]"
