"""The services of an account: found, sent to, and gone without harm."""

import json
import logging

import attrs
import pytest

from alertkit import InvalidEventError, RejectedError, StoreError, UsageError
from alertkit.pagerduty import (
    ChangeEvent,
    ErrorEvent,
    MetricAlert,
    PagerDutyClient,
    Receipt,
    Region,
    ResolveEvent,
    TriggerEvent,
)
from alertkit.pagerduty.services import PagerDutyService, ServiceGone, ServicePager
from alertkit.testing import FakePagerDuty, MemoryServiceRepository, ScriptedTransport
from alertkit.testing.contracts import ServiceRepositoryContract

KEY, OTHER = "0" * 31 + "a", "0" * 31 + "b"
EVENT = TriggerEvent(summary="Disk full", source="db-1", dedup_key="disk")
CHECKOUT = PagerDutyService(id=17, name="Checkout", integration_key=KEY)


class TestMemoryServiceRepository(ServiceRepositoryContract):
    """Keeps every clause."""

    def make(self):
        """Return one."""
        repository = MemoryServiceRepository()
        for service in (*self.services, self.removed, self.shared_ids[0]):
            repository.add(self.account_id, service)
        for service in (self.foreign, self.shared_ids[1]):
            repository.add(self.other_account_id, service)
        repository.remove(self.account_id, self.removed.id)
        return repository


def repository_of(*services, account_id=1):
    """Return a repository of one account."""
    repository = MemoryServiceRepository()
    for service in services:
        repository.add(account_id, service)
    return repository


def pager_of(transport, *services):
    """Return a pager over the transport."""
    return ServicePager(repository_of(*services), transport=transport)


def connected_to(fake):
    """Return what makes clients of the fake."""

    def connect(service, transport):
        return PagerDutyClient(service.integration_key, base_url=fake.url, transport=transport)

    return connect


@pytest.mark.parametrize("id_", [17, "17"])
def test_an_id_is_text(id_):
    """A number is kept as its text, so that both are the same service."""
    service = PagerDutyService(id=id_, name="Checkout", integration_key=f" '{KEY}' ", region="EU")

    assert (service.id, service.integration_key, service.region) == ("17", KEY, Region.EU)
    assert service == PagerDutyService(id="17", name="Checkout", integration_key=KEY, region=Region.EU)
    assert hash(service) == hash(attrs.evolve(service))


def test_a_service_shows_no_key():
    """Neither its repr nor what is wrong with it."""
    assert repr(CHECKOUT) == "PagerDutyService(id='17', name='Checkout', region=<Region.US: 'us'>)"
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        CHECKOUT.name = "x"


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"id": True}, ["id must be text, not bool"]),
        ({"id": ""}, ["id is missing or blank"]),
        ({"name": "a\nb"}, ["name must hold neither control characters nor lone surrogates"]),
        ({"integration_key": "s3cr3t"}, ["integration_key must have 32 characters, not 6"]),
        ({"integration_key": None}, ["integration_key must be text, not NoneType"]),
        ({"region": "moon"}, ["region must be one of us, eu"]),
        (
            {"id": None, "name": 5, "integration_key": "", "region": None},
            [
                "id must be text, not NoneType",
                "name must be text, not int",
                "integration_key must have 32 characters, not 0",
                "region must be one of us, eu",
            ],
        ),
    ],
)
def test_a_service_that_nothing_could_be_sent_to_is_refused(fields, problems):
    """With all problems, and without the key."""
    with pytest.raises(InvalidEventError) as caught:
        PagerDutyService(**{"id": "17", "name": "Checkout", "integration_key": KEY, **fields})

    assert list(caught.value.problems) == problems


@pytest.mark.parametrize(
    ("event", "action"),
    [
        (EVENT, "trigger"),
        (ErrorEvent(event_id="1", message="boom"), "trigger"),
        (MetricAlert(organization_id=1, identifier=2, rule_name="r", status="closed"), "resolve"),
        (ResolveEvent(dedup_key="disk"), "resolve"),
    ],
)
def test_an_event_goes_to_the_service(event, action):
    """Of whatever kind a client takes; ids may be numbers."""
    other = PagerDutyService(id=18, name="Search", integration_key=OTHER)
    with FakePagerDuty() as fake:
        with ServicePager(repository_of(CHECKOUT, other), connect=connected_to(fake)) as pager:
            receipt = pager.send(event, account_id=1, service_id="18")

        assert isinstance(receipt, Receipt)
        assert [(sent["routing_key"], sent["event_action"]) for sent in fake.events] == [(OTHER, action)]


def test_a_change_goes_to_the_service():
    """A change event pages nobody, and has the path of its own."""
    transport = ScriptedTransport(202)

    pager_of(transport, CHECKOUT).send(ChangeEvent(summary="Deploy"), account_id=1, service_id=17)

    assert transport.requests[0].url.endswith("/v2/change/enqueue")


@pytest.mark.parametrize(("account_id", "service_id"), [(1, 99), ("1", "99"), (2, 17), ("nobody", "17")])
def test_a_service_that_is_gone_is_a_result(account_id, service_id, caplog):
    """Nothing is raised and nothing sent: the line in the log names what is missing."""
    transport = ScriptedTransport()
    pager = pager_of(transport, CHECKOUT)

    with caplog.at_level(logging.INFO, logger="alertkit.pagerduty"):
        gone = pager.send(EVENT, account_id=account_id, service_id=service_id)

    assert gone == ServiceGone(str(account_id), str(service_id))
    assert gone == pager.client_for(account_id, service_id)
    (record,) = caplog.records[:1]
    assert record.getMessage() == f"account '{account_id}' has no PagerDuty service '{service_id}': nobody is paged"
    assert (record.levelname, record.account_id, record.service_id) == ("WARNING", str(account_id), str(service_id))
    assert transport.requests == ()


def test_a_loop_over_rules_goes_on():
    """One service is removed after its rule was made: the rules before and after it page all the same."""
    transport = ScriptedTransport(202, 202)
    last = PagerDutyService(id=19, name="Disk", integration_key=OTHER)
    repository = repository_of(CHECKOUT, PagerDutyService(id=18, name="Old", integration_key=OTHER), last)
    repository.remove(1, 18)
    repository.remove(1, 18)
    pager = ServicePager(repository, transport=transport)

    results = [pager.send(EVENT, account_id=1, service_id=service_id) for service_id in (17, 18, 19)]

    assert [type(result) for result in results] == [Receipt, ServiceGone, Receipt]


def test_what_pagerduty_refuses_is_raised():
    """A key that was revoked in PagerDuty itself is a refusal, as of any client."""
    with pytest.raises(RejectedError):
        pager_of(ScriptedTransport(400), CHECKOUT).send(EVENT, account_id=1, service_id=17)


class Broken:
    """A repository whose backend is down, or which answers with something else."""

    def __init__(self, answer):
        """Take what it answers with, or raises."""
        self.answer = answer

    def find(self, account_id, service_id):
        """Answer, or raise."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (OSError("down"), OSError),
        ({"id": 17}, UsageError),
        ((), UsageError),
        (False, UsageError),
        (attrs.evolve(CHECKOUT, id=18), UsageError),
        (InvalidEventError(["integration_key must have 32 characters, not 6"]), InvalidEventError),
    ],
)
def test_a_lookup_that_fails_is_a_store_error(answer, cause):
    """
    The cause is the backend's, and it is never taken for a service that is gone, nor another one for the right one.

    What is stored wrongly will be so the next time.
    """
    with pytest.raises(StoreError, match="the lookup of PagerDuty service '17' of account '1' failed") as caught:
        ServicePager(Broken(answer)).send(EVENT, account_id=1, service_id=17)

    assert isinstance(caught.value.__cause__, cause)
    assert caught.value.retryable == (cause is OSError)


@pytest.mark.parametrize(
    ("repository", "options", "problem"),
    [
        (None, {}, "repository must have the methods find: NoneType lacks find"),
        (MemoryServiceRepository, {}, "repository must be an object, not the class MemoryServiceRepository"),
        (MemoryServiceRepository(), {"connect": "x"}, "connect must be a function"),
        (MemoryServiceRepository(), {"transport": ScriptedTransport}, "transport must be an object, not the class"),
    ],
)
def test_a_pager_that_cannot_work_cannot_be_built(repository, options, problem):
    """What is wrong is said when it is built and not when it pages."""
    with pytest.raises(UsageError, match=problem):
        ServicePager(repository, **options)


@pytest.mark.parametrize("ids", [(None, 17), (1, ""), (1, True), (1.5, "17"), ("a\nb", "17"), ("1", "x" * 257)])
def test_ids_that_are_none_are_refused(ids):
    """A mistake of the caller's is not taken for a service that is gone."""
    with pytest.raises(UsageError, match=r"account_id|service_id"):
        ServicePager(repository_of(CHECKOUT)).client_for(*ids)


def test_the_usual_client_sends_in_the_region_of_the_service():
    """With the key of the service, over the transport of the pager."""
    european = PagerDutyService(id=18, name="Search", integration_key=OTHER, region=Region.EU)
    transport = ScriptedTransport(202, 202)
    pager = pager_of(transport, CHECKOUT, european)

    for service_id in (17, 18):
        pager.send(EVENT, account_id=1, service_id=service_id)

    assert [(request.url, json.loads(request.body)["routing_key"]) for request in transport.requests] == [
        ("https://events.pagerduty.com/v2/enqueue", KEY),
        ("https://events.eu.pagerduty.com/v2/enqueue", OTHER),
    ]


def test_the_services_share_connections():
    """Over one of them here; a client that is closed leaves it open, a pager that is closed gives it back."""
    other = PagerDutyService(id=18, name="Search", integration_key=OTHER)
    with FakePagerDuty() as fake:
        pager = ServicePager(repository_of(CHECKOUT, other), connect=connected_to(fake))
        for service_id in (17, 18, 17):
            with pager.client_for(1, service_id) as client:
                client.send(EVENT)
        assert fake.connections == 1
        with pager:
            pager.send(EVENT, account_id=1, service_id=18)
        pager.send(EVENT, account_id=1, service_id=18)
        pager.close()

        assert fake.connections == 2
        assert {alert.routing_key for alert in fake.alerts} == {KEY, OTHER}


def test_a_transport_that_was_handed_in_is_left_open():
    """The pager closes what it opened, which is nothing here."""

    class Closing(ScriptedTransport):
        """Notes that it was closed."""

        closed = False

        def close(self):
            """Note it."""
            self.closed = True

    transport = Closing(202)
    with pager_of(transport, CHECKOUT) as pager:
        pager.send(EVENT, account_id=1, service_id=17)

    assert not transport.closed
