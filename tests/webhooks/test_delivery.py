"""What became of an attempt, as a value: it survives any queue, and raises what it amounts to."""

import pickle

import pytest
from hypothesis import given, strategies as st
from webhook_world import AT, Failing, World, event, integration

from alertkit import (
    BlockedAddressError,
    ConnectFailedError,
    HttpResponse,
    MalformedReplyError,
    RateLimitedError,
    RejectedError,
    TimedOutError,
    TransportError,
    UnavailableError,
    UsageError,
)
from alertkit.testing import ScriptedTransport
from alertkit.webhooks import Delivery, FatalTrips, HealthRules, Message, Outcome
from alertkit.webhooks._exchange import Exchange

ALL_SUCCESS = HealthRules(classify=lambda came: Outcome.SUCCESS)
ALL_ERROR = HealthRules(classify=lambda came: Outcome.ERROR)
ALL_IGNORED = HealthRules(classify=lambda came: Outcome.IGNORED)


def delivered(step, **options):
    """Return the delivery of an attempt that ended so."""
    return World(ScriptedTransport(step), **options).send()


@pytest.mark.parametrize(
    ("step", "error", "retryable"),
    [
        (503, UnavailableError, True),
        (500, UnavailableError, True),
        (502, UnavailableError, True),
        (599, UnavailableError, True),
        (408, UnavailableError, True),
        (504, TimedOutError, True),
        (429, RateLimitedError, True),
        (400, RejectedError, False),
        (401, RejectedError, False),
        (404, RejectedError, False),
        (410, RejectedError, False),
        (301, RejectedError, False),
        (308, RejectedError, False),
        (103, RejectedError, False),
        (100, RejectedError, False),
        (499, RejectedError, False),
        (399, RejectedError, False),
        (300, RejectedError, False),
        (99, MalformedReplyError, True),
        (600, MalformedReplyError, True),
        (ConnectFailedError("x"), ConnectFailedError, True),
        (TimedOutError("x"), TimedOutError, True),
        (TransportError("x"), TransportError, True),
        (MalformedReplyError("x"), MalformedReplyError, True),
        (BlockedAddressError("x"), BlockedAddressError, False),
        (UsageError("x"), UsageError, False),
    ],
)
def test_what_is_raised(step, error, retryable):
    """Each end of an attempt has its error, which says whether to try again."""
    delivery = delivered(step)

    with pytest.raises(error) as caught:
        delivery.raise_for_outcome()
    assert type(caught.value) is type(delivery.error) is error
    assert caught.value.retryable is retryable
    redirect = ": a redirect, which is not followed" if error is RejectedError and 300 <= step < 400 else ""
    said = f"https://hooks.example.com answered HTTP {step}{redirect}"
    assert str(caught.value) == (said if isinstance(step, int) else "x")


def test_what_an_error_carries():
    """The answer, and the wait that the endpoint asked for."""
    error = delivered(HttpResponse(429, {"Retry-After": "7"}, b"slow down")).error

    assert (error.status, error.response.body, error.retry_after, error.attempts) == (429, b"slow down", 7.0, 1)
    assert delivered(TimedOutError("x")).error.attempts == 1
    assert delivered(503).error.retry_after is None


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_success_raises_nothing(status):
    """Any 2xx is delivered."""
    delivered(status).raise_for_outcome()


@pytest.mark.parametrize(
    ("status", "rules", "error"),
    [
        (404, ALL_SUCCESS, None),
        (200, ALL_IGNORED, None),
        (500, ALL_IGNORED, UnavailableError),
        (302, ALL_IGNORED, RejectedError),
        (204, ALL_ERROR, RejectedError),
        (100, HealthRules.sentry(), None),
        (300, HealthRules.sentry(), RejectedError),
        (302, HealthRules.sentry(), RejectedError),
        (503, HealthRules.sentry(), UnavailableError),
    ],
)
def test_the_rules_of_the_host_decide_what_is_a_success(status, rules, error):
    """And an attempt that counts as nothing is still one that failed."""
    delivery = delivered(status, rules=rules)

    assert (None if delivery.error is None else type(delivery.error)) is error
    assert bool(delivery.problem) is (error is not None)


STEPS = [
    *(200, 302, 404, 429, 503, 504, 600),
    HttpResponse(200, {"Content-Type": "x", "X-B": "\xe9"}, bytes(range(256)), 0.25, complete=False),
    *(ConnectFailedError("x"), TimedOutError("x"), MalformedReplyError("x"), BlockedAddressError("x")),
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("enabled", [True, False])
def test_a_delivery_survives_json_and_pickle(step, enabled):
    """It comes back equal, raises the same, and its message can be sent again."""
    world = World(ScriptedTransport(step))
    delivery = world.send(to=integration(enabled=enabled))

    for revived in (Delivery.from_json(delivery.to_json()), pickle.loads(pickle.dumps(delivery))):
        assert revived == delivery
        assert repr(revived.error) == repr(delivery.error)
        assert revived.message.body == delivery.message.body


def test_everything_on_a_delivery_survives():
    """A verdict, what the ports failed at, and what was told."""
    delivery = delivered(410, rules=HealthRules(policy=FatalTrips()), registry=Failing())

    assert (delivery.retired, delivery.verdict.broken) == (False, True)
    assert (delivery.retirement.disabled, delivery.failures[0].step) == (False, "registry.disable")
    assert Delivery.from_json(delivery.to_json()) == pickle.loads(pickle.dumps(delivery)) == delivery


@given(
    st.binary(max_size=200), st.dictionaries(st.text(max_size=5), st.text(max_size=9), max_size=3), st.integers(0, 999)
)
def test_any_answer_survives(body, head, status):
    """Whatever bytes and texts an endpoint answers with."""
    delivery = delivered(HttpResponse(status, head, body))

    assert Delivery.from_json(delivery.to_json()) == delivery


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"outcome":"error"}', '{"integration_id":"a","message":{}}'])
def test_a_text_that_is_no_delivery(text):
    """It ends in a `UsageError` that repeats nothing of it."""
    with pytest.raises(UsageError, match=r"^this is no Delivery in JSON$"):
        Delivery.from_json(text)


def test_a_worker_in_another_process():
    """A queue that knows only text: prepared here, tried there, tried again somewhere else."""
    queue = []
    web = World(ScriptedTransport())
    queue.append(web.sender.prepare(event()).to_json())

    worker = World(ScriptedTransport(503))
    delivery = worker.send(what=Message.from_json(queue.pop()))
    if delivery.error is not None and delivery.error.retryable:
        queue.append(delivery.message.to_json())

    other = World(ScriptedTransport(200))
    other.send(what=Message.from_json(queue.pop())).raise_for_outcome()

    sent = (*worker.transport.requests, *other.transport.requests)
    assert len({(request.headers["webhook-id"], request.body) for request in sent}) == 1


def test_no_repr_shows_what_is_confidential():
    """Neither bodies nor values of headers, nor, of what a delivery is made of, a URL."""
    response = HttpResponse(500, {"X-A": "s3cr3t"}, b"s3cr3t")
    delivery = delivered(response)

    assert "response_body=<6 characters>" in repr(delivery)
    assert "s3cr3t" not in f"{delivery!r} {Exchange.answered(response, now=AT)!r}"
