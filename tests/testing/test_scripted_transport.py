"""ScriptedTransport answers from its script; and the shipped contract finds a transport that breaks it."""

import threading

import pytest

from alertkit import HttpRequest, HttpResponse, TimedOutError, UsageError
from alertkit.testing import ScriptedTransport
from alertkit.testing.contracts import TransportContract

REQUEST = HttpRequest("POST", "https://h.example/in", {}, b"{}")
OTHER = HttpRequest("GET", "https://h.example/out")
TEAPOT = HttpResponse(418, {"X-Said": "yes"}, b"short and stout")


@pytest.mark.parametrize(
    ("step", "answer"),
    [
        (202, HttpResponse(202)),
        (599, HttpResponse(599)),
        (TEAPOT, TEAPOT),
        (lambda request: HttpResponse(200, {}, request.body * 2), HttpResponse(200, {}, b"{}{}")),
    ],
)
def test_a_step_answers(step, answer):
    """A step is a status, an answer, or a function of the request."""
    assert ScriptedTransport(step).send(REQUEST, timeout=5) == answer


@pytest.mark.parametrize("error", [TimedOutError("too slow"), OSError("disk"), KeyboardInterrupt()])
def test_a_step_raises(error):
    """A step that is an error is raised itself, and the request is remembered all the same."""
    transport = ScriptedTransport(error)

    with pytest.raises(type(error)) as caught:
        transport.send(REQUEST, timeout=5)

    assert caught.value is error
    assert transport.requests == (REQUEST,)


def test_a_function_may_raise():
    """What a function of the script raises comes out of the send."""

    def step(request):
        raise TimedOutError(request.method)

    with pytest.raises(TimedOutError, match="POST"):
        ScriptedTransport(step).send(REQUEST, timeout=5)


def test_steps_are_taken_in_their_order():
    """Each request gets the next step, with its timeout beside it."""
    transport = ScriptedTransport(500, TEAPOT, 202)

    assert [transport.send(REQUEST, timeout=seconds).status for seconds in (10.0, 2.5)] == [500, 418]
    assert transport.send(OTHER, timeout=0.5).status == 202
    assert transport.requests == (REQUEST, REQUEST, OTHER)
    assert transport.timeouts == (10.0, 2.5, 0.5)


def test_a_script_that_has_run_out_says_so():
    """One request too many is a mistake of the test; the request counts."""
    transport = ScriptedTransport(202)
    transport.send(REQUEST, timeout=5)

    with pytest.raises(AssertionError, match="no step for request 2"):
        transport.send(OTHER, timeout=5)

    assert transport.requests == (REQUEST, OTHER)


def test_what_was_sent_is_a_snapshot():
    """What was read of the requests and timeouts does not grow afterwards."""
    transport = ScriptedTransport(202)
    before = transport.requests, transport.timeouts

    transport.send(REQUEST, timeout=5)

    assert before == ((), ())


def test_threads_share_a_script():
    """Each step is taken once, and each request stands beside its own timeout."""
    transport, statuses = ScriptedTransport(*range(200, 600)), []

    def work(number):
        for index in range(50):
            request = HttpRequest("POST", f"https://h.example/{number * 50 + index}")
            statuses.append(transport.send(request, timeout=number * 50 + index).status)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == list(range(200, 600))
    for request, seconds in zip(transport.requests, transport.timeouts, strict=True):
        assert request.url.endswith(f"/{seconds}")


class Silent(TransportContract):
    """A transport that sends nothing and says that all is well; pytest does not collect it under this name."""

    def make(self):
        """Return one with more answers than any clause asks for."""
        return ScriptedTransport(*[HttpResponse(200, {"X-Said": "yes"}, b"words")] * 500)


CLAUSES = sorted(name for name in vars(TransportContract) if name.startswith("test_clause_"))


@pytest.mark.parametrize("clause", CLAUSES)
def test_the_contract_notices_a_transport_that_sends_nothing(clause):
    """No clause holds for a transport without a network."""
    with pytest.raises((AssertionError, ValueError)):
        getattr(Silent(), clause)()


def test_a_class_of_errors_is_a_step_too():
    """An exception may be given as a class, like in a `raise`."""
    with pytest.raises(TimedOutError):
        ScriptedTransport(TimedOutError).send(HttpRequest("GET", "http://127.0.0.1/"), timeout=1)


@pytest.mark.parametrize("step", ["202", None, [503, 202], True])
def test_what_is_no_step_is_refused_at_once(step):
    """A list in place of its members is found when the script is written, not when it is played."""
    with pytest.raises(UsageError, match="a step is"):
        ScriptedTransport(step)
