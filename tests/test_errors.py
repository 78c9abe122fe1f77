"""The error tree: drawn as it is defined, and every class of it survives the way to another process."""

import copy
import pickle
import re
from enum import Enum

import pytest

from alertkit import HttpResponse, errors


class Reason(Enum):
    """Reasons not to trust a message."""

    STALE = "the timestamp is too old"


class Peculiar(errors.PeerError):
    """A subclass of a host, with a keyword of its own."""

    def __init__(self, text, *, shade):
        """Take the shade too."""
        super().__init__(text)
        self.shade = shade


ANSWER = HttpResponse(503, {"Retry-After": "7"}, b"busy", 0.25)

# One of each: what it is made of, and its attributes beside `retryable`.
EXAMPLES = {
    errors.AlertKitError: (("text",), {}, {}),
    errors.UsageError: (("text",), {}, {}),
    errors.InvalidEventError: ((["no summary", "no source"],), {}, {"problems": ("no summary", "no source")}),
    errors.PayloadTooLargeError: (("text",), {"limit": 512_000, "actual": 512_001}, {}),
    errors.TransportError: (("text",), {}, {"attempts": 0, "dedup_key": None}),
    errors.ConnectFailedError: (("text",), {}, {"attempts": 0, "dedup_key": None}),
    errors.TimedOutError: (("text",), {}, {"attempts": 0, "dedup_key": None}),
    errors.BlockedAddressError: (("text",), {}, {"attempts": 0, "dedup_key": None}),
    errors.PeerError: (("text",), {}, {"response": None, "message": "", "errors": (), "retry_after": None}),
    errors.RejectedError: (("text",), {"response": HttpResponse(400), "errors": ("a", "b")}, {"status": 400}),
    errors.RateLimitedError: (("text",), {"retry_after": 7.0}, {"status": None, "attempts": 0, "dedup_key": None}),
    errors.UnavailableError: (("text",), {"response": ANSWER, "message": "busy"}, {"status": 503}),
    errors.MalformedReplyError: (("text",), {}, {"status": None}),
    errors.VerificationError: ((Reason.STALE,), {}, {"reason": Reason.STALE}),
    errors.EndpointBrokenError: (("text",), {"verdict": ("7 days", 7)}, {}),
    errors.StoreError: (("text",), {}, {}),
}

RETRYABLE = {
    errors.TransportError,
    errors.ConnectFailedError,
    errors.TimedOutError,
    errors.RateLimitedError,
    errors.UnavailableError,
    errors.MalformedReplyError,
    errors.StoreError,
}

EACH = pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)


def example(kind):
    """Return an error of the class, and the attributes that it must show."""
    args, keywords, shown = EXAMPLES[kind]
    return kind(*args, **keywords), {**keywords, **shown, "retryable": kind in RETRYABLE}


def attributes(error, names):
    """Return the named attributes of an error."""
    return {name: getattr(error, name) for name in names}


def drawn():
    """Return the tree in the docstring of `errors.py`, as pairs of a name and its bases."""
    tree, path = set(), []
    for line in errors.__doc__.splitlines():
        found = re.match(r"    ((?:[│├└─ ]{4})*)([A-Z]\w+Error)(?: \((\w+)\))?(?:\s|$)", line)
        if found:
            indent, name, other_base = found.groups()
            del path[len(indent) // 4 :]
            tree.add((name, (*path[-1:], *filter(None, [other_base]))))
            path.append(name)
    return tree


def defined():
    """Return the classes of `errors.py` that are errors."""
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def test_the_tree_is_drawn_as_it_is_defined():
    """The docstring names every class below its base, and names nothing else."""
    tree = {
        (kind.__name__, tuple(base.__name__ for base in kind.__bases__ if base is not Exception)) for kind in defined()
    }

    assert drawn() == tree
    assert len(tree) == 16


def test_every_class_is_shown_here():
    """The examples of this file are all the classes there are, and all of them are public."""
    assert set(EXAMPLES) == set(defined())
    assert {kind.__name__ for kind in EXAMPLES} <= set(errors.__all__)


@EACH
def test_an_error_shows_its_attributes(kind):
    """Every class has `retryable`, and what it was given under the name it was given by."""
    error, shown = example(kind)

    assert attributes(error, shown) == shown
    assert str(error) in {"text", "no summary; no source", str(Reason.STALE.value)}


@EACH
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_an_error_pickles(kind, protocol):
    """Class, text and attributes come back, those that a client sets afterwards too."""
    error, shown = example(kind)
    error.attempts, error.dedup_key = 3, "disk-full"
    shown = {**shown, "attempts": 3, "dedup_key": "disk-full"}

    revived = pickle.loads(pickle.dumps(error, protocol))

    assert type(revived) is kind
    assert (str(revived), repr(revived), revived.args) == (str(error), repr(error), error.args)
    assert attributes(revived, shown) == shown


@EACH
def test_an_error_can_be_copied(kind):
    """A copy shows the same attributes and shares none that would be changed by setting the other's."""
    error, shown = example(kind)

    for copied in (copy.copy(error), copy.deepcopy(error)):
        copied.attempts = 99
        assert attributes(copied, shown) == {name: 99 if name == "attempts" else shown[name] for name in shown}
        assert getattr(error, "attempts", 0) == 0


def test_a_subclass_of_a_host_pickles():
    """An error with a constructor of its own needs nothing to pickle."""
    revived = pickle.loads(pickle.dumps(Peculiar("text", shade="blue")))

    assert (type(revived), str(revived), revived.shade, revived.status) == (Peculiar, "text", "blue", None)


def test_the_response_of_a_pickled_error_is_whole():
    """The answer that an error keeps comes back with its headers, looked up without regard to case."""
    revived = pickle.loads(pickle.dumps(errors.UnavailableError("text", response=ANSWER)))

    assert revived.response == ANSWER
    assert revived.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (errors.InvalidEventError, "no summary; no source"),
        (errors.VerificationError, "the timestamp is too old"),
        (errors.PeerError, "text"),
    ],
)
def test_the_text_of_an_error(kind, text):
    """Problems are joined, a reason is its enum's value, and everything else is the text it was given."""
    assert str(example(kind)[0]) == text


@pytest.mark.parametrize("kind", [errors.UsageError, errors.InvalidEventError, errors.PayloadTooLargeError])
def test_a_mistake_of_the_caller_is_a_value_error(kind):
    """`except ValueError` catches what the caller did wrong."""
    with pytest.raises(ValueError):
        raise example(kind)[0]


def test_no_other_error_is_a_value_error():
    """`except ValueError` catches nothing that a network or a peer did."""
    assert [kind for kind in EXAMPLES if issubclass(kind, ValueError) and not issubclass(kind, errors.UsageError)] == []


def test_sequences_are_kept_as_tuples():
    """What was given as an iterator can be read twice."""
    assert errors.InvalidEventError(word for word in ("a", "b")).problems == ("a", "b")
    assert errors.PeerError("text", errors=iter(["a", "b"])).errors == ("a", "b")


def test_setting_what_a_send_knows_stays_with_the_error():
    """`attempts` and `dedup_key` belong to one error, not to its class."""
    for kind in (errors.TimedOutError, errors.RateLimitedError):
        error = kind("text")
        error.attempts, error.dedup_key = 6, "disk-full"
        assert (kind("text").attempts, kind("text").dedup_key) == (0, None)
