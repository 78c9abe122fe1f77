"""What goes from an event that is too large for PagerDuty, in which order, and what stays."""

import json
from copy import deepcopy

import pytest
from hypothesis import given, settings, strategies as st
from strategies import ROUTING_KEY

from alertkit.pagerduty import Change, Image, Link, TriggerEvent, prepare_event

LIMIT = 512_000
REASON = "shortened to fit into 512000 bytes"
DROPPED = "dropped from the end to fit into 512000 bytes"
ENTRIES = "dropped entries from the end to fit into 512000 bytes"


def prepared_of(details=None, **fields):
    """Prepare a trigger with these details."""
    event = TriggerEvent(**{"summary": "s", "source": "x", "custom_details": details, **fields})
    prepared = prepare_event(event, routing_key=ROUTING_KEY)
    assert len(prepared.body) <= LIMIT
    return prepared


def details_of(prepared):
    """Return the details as sent."""
    return prepared.payload["payload"]["custom_details"]


def summed_up(prepared):
    """Return the changes in short."""
    return [(change.field, change.reason) for change in prepared.changes]


def size(value):
    """Return the encoded bytes of a value."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def link(size, name=""):
    """Return a link of so many characters."""
    return Link(href="https://example.com/" + name + "x" * size)


def image(size, name=""):
    """Return an image of so many characters."""
    return Image(src="https://example.com/" + name + "x" * size)


def test_what_fits_to_the_byte_is_left_alone():
    """512,000 bytes are sent as given; of one more, only as much goes as has to."""
    spare = LIMIT - len(prepared_of({"log": ""}).body)
    full, over = prepared_of({"log": "x" * spare}), prepared_of({"log": "x" * (spare + 1)})

    assert (len(full.body), full.changes) == (LIMIT, ())
    assert details_of(over) == {"log": "x" * (spare - 3) + "…"}
    assert over.changes == (Change("custom_details.log", REASON, spare + 3, spare + 2),)


def test_the_largest_text_goes_first_and_small_ones_survive():
    """The next largest only where the largest, down to a stub, was not enough."""
    details = {
        "small": "é" * 31,
        "middle": "m" * 200_000,
        "deep": [{"large": "l" * 400_000}],
        "n": 1.5,
        "huge": "h" * 450_000,
    }
    sent = details_of(prepared := prepared_of(details))

    assert (sent["small"], sent["n"], sent["middle"]) == ("é" * 31, 1.5, "m" * 200_000)
    assert sent["huge"] == "h" * 59 + "…"
    assert 311_000 < len(sent["deep"][0]["large"]) < 312_000
    assert summed_up(prepared) == [("custom_details.huge", REASON), ("custom_details.deep[0].large", REASON)]
    assert len(prepared.body) == LIMIT


@pytest.mark.parametrize(
    ("field", "name", "key", "outer"),
    [
        ("source", "source", "source", False),
        ("component", "component", "component", False),
        ("class_", "class_", "class", False),
        ("client", "client", "client", True),
        ("client_url", "client_url", "client_url", True),
    ],
)
def test_a_field_of_the_event_is_shortened_too(field, name, key, outer):
    """Under the caller's name for it, and never below 1024 bytes."""
    prepared = prepared_of({"d": "d" * 600_000}, **{field: "f" * 700_000})
    document = prepared.payload if outer else prepared.payload["payload"]

    assert document[key] == "f" * 1019 + "…"
    assert summed_up(prepared) == [(name, REASON), ("custom_details.d", REASON)]


def test_images_and_links_go_where_texts_are_not_enough():
    """The images from the end, then the links from the end; a small detail stays."""
    images = [image(150_000, f"i{n}") for n in range(2)]
    links = [link(150_000, f"l{n}") for n in range(4)]
    prepared = prepared_of({"a": "kept", "log": "x" * 1000}, images=images, links=links)
    document = prepared.payload

    assert [entry["href"] for entry in document["links"]] == [entry.href for entry in links[:3]]
    assert not document.get("images")
    assert details_of(prepared) == {"a": "kept", "log": "x" * 1000}
    assert prepared.changes == (Change("images", DROPPED, 2, 0), Change("links", DROPPED, 4, 3))


def test_one_image_may_be_enough():
    """No more are dropped than needed, and the links are left alone."""
    prepared = prepared_of(images=[image(5), image(300_000)], links=[link(300_000)])

    assert [len(prepared.payload[name]) for name in ("images", "links")] == [1, 1]
    assert prepared.changes == (Change("images", DROPPED, 2, 1),)


@pytest.mark.parametrize(("images", "links"), [([image(600_000)], []), ([], [link(600_000)])])
def test_a_list_that_has_lost_everything_is_left_out(images, links):
    """As if none had been given."""
    payload = prepared_of(images=images, links=links).payload

    assert set(payload) == {"routing_key", "event_action", "payload"}


def test_texts_are_tried_before_a_link_is_dropped():
    """As long as shortening them can be enough."""
    prepared = prepared_of({"log": "x" * 300_000}, links=[link(400_000)], images=[image(10_000)])

    assert summed_up(prepared) == [("custom_details.log", REASON)]
    assert [len(prepared.payload[name]) for name in ("images", "links")] == [1, 1]


@pytest.mark.parametrize(
    ("details", "kept", "changed"),
    [
        ({"many": [1] * 400_000, "few": [1, 2]}, {"few": [1, 2]}, ["custom_details.many"]),
        ({"a": {"many": {str(n): n for n in range(60_000)}, "b": 2}, "c": 3}, {"c": 3}, ["custom_details.a.many"]),
        ({"a": [[[1] * 400_000]], "z": None}, {"z": None}, ["custom_details.a[0][0]"]),
        ({str(n): n for n in range(60_000)}, {"0": 0, "30000": 30_000}, ["custom_details"]),
        ({"many": [0.5] * 70_000, "more": [0.5] * 70_000}, {"more": [0.5] * 70_000}, ["custom_details.many"]),
        ({"kept": 1, "k" * 600_000: 1}, {"kept": 1}, ["custom_details"]),
    ],
)
def test_entries_go_from_the_end_where_there_is_no_text(details, kept, changed):
    """Those of the largest container, only as many as needed; everything else stays."""
    prepared = prepared_of(details)
    sent = details_of(prepared)

    assert {name: sent[name] for name in kept} == kept
    assert summed_up(prepared) == [(field, ENTRIES) for field in changed]
    assert LIMIT - len(prepared.body) < (20 if "many" in str(changed) else 600_000)
    assert json.dumps(details).startswith(json.dumps(sent)[:-1][:50])


def filled(details, excess):
    """Return these details behind as many small entries as make the event too large by so many bytes."""
    room = LIMIT + excess - len(prepared_of({"pad": "", **details}).body)
    entries, rest = divmod(room, len('"k00000":1,'))
    return {"pad": "x" * rest, **{f"k{number:05}": 1 for number in range(entries)}, **details}


@pytest.mark.parametrize(
    ("members", "excess", "kept", "changed"),
    [
        ([1234567] * 3, 1, [1234567] * 2, ["n"]),
        ([1234567] * 3, 8, [1234567] * 2, ["n"]),
        ([1234567] * 3, 16, [1234567], ["n"]),
        ([1234567] * 2, 8, [1234567], ["n"]),
        ([1234567], 7, [], ["n"]),
        ([1234567], 8, None, ["n", ""]),
        ([[1234567] * 3, [1234567] * 2], 18, [[1234567] * 3], ["n"]),
        ([[1234567] * 3, [1234567] * 2], 18 + 8, [[1234567] * 2], ["n[0]", "n"]),
        ([[1234567]], 9, [], ["n"]),
        ({"a": 1234567}, 11, {}, ["n"]),
        ({"a": 1234567}, 12, None, ["n", ""]),
        ({"small": [1, 1], "large": [1234567] * 2}, 8, {"small": [1, 1], "large": [1234567]}, ["n.large"]),
    ],
)
def test_members_go_to_the_byte(members, excess, kept, changed):
    """With the comma before them, the last one without; of what is larger than what must go a part, largest first."""
    details = filled({"n": members}, excess)
    prepared = prepared_of(deepcopy(details))

    expected = {**details, "n": kept} if kept is not None else {k: v for k, v in details.items() if k != "n"}
    assert details_of(prepared) == expected
    assert [change.field for change in prepared.changes] == [f"custom_details.{name}".rstrip(".") for name in changed]
    assert all(0 <= change.after < change.before for change in prepared.changes)


def test_what_is_no_longer_than_a_stub_is_left_alone():
    """64 bytes of a detail and 1024 of a field; a summary, which has its own limit, is left alone at any length."""
    fields = {"summary": "é" * 1024, "source": "s" * 1022}
    prepared = prepared_of({"short": "x" * 62, "over": "x" * 63, "many": [1] * 300_000}, **fields)

    assert {name: prepared.payload["payload"][name] for name in fields} == fields
    assert (details_of(prepared)["short"], details_of(prepared)["over"]) == ("x" * 62, "x" * 59 + "…")
    assert summed_up(prepared) == [("custom_details.over", REASON), ("custom_details.many", ENTRIES)]


def test_details_as_deep_as_allowed_survive_shrinking():
    """Cutting one text leaves the deepest container as it was."""
    deep = "leaf"
    for _ in range(31):
        deep = {"in": deep}
    prepared = prepared_of({"deep": deep, "log": "x" * 600_000})

    assert details_of(prepared)["deep"] == deep
    assert summed_up(prepared) == [("custom_details.log", REASON)]


def test_of_many_small_entries_the_first_stay():
    """Most of 200,000 go, from the end, and what stays is as given."""
    prepared = prepared_of({f"k{n}": n for n in range(200_000)})

    assert summed_up(prepared) == [("custom_details", ENTRIES)]
    assert details_of(prepared) == {f"k{n}": n for n in range(len(details_of(prepared)))}
    assert len(prepared.body) > LIMIT - 20


@pytest.mark.parametrize("cluster", ["👩‍👩‍👧‍👦", "🇩🇪", "e\u0301", "\r\n", "\u1112\u1161\u11ab", "क्षि", '"', "\x01"])
@pytest.mark.parametrize("others", [0, 40])
def test_a_shortened_text_ends_between_clusters(cluster, others):
    """With an ellipsis, whatever a character takes in bytes, for a long beginning and for a stub."""
    text = cluster * (700_000 // len(cluster.encode()))
    details = {"log": text, **{f"t{n}": "t" * 12_000 for n in range(others)}}
    sent = details_of(prepared_of(details))["log"]

    assert sent.endswith("…")
    assert text.startswith(sent[:-1])
    assert len(sent[:-1]) % len(cluster) == 0


_texts = st.builds(lambda unit, times: unit * times, st.sampled_from("aé火🚨\x01"), st.integers(0, 60_000))
_leaves = _texts | st.integers() | st.none() | st.builds(lambda text, times: [text[:9000]] * times, _texts, st.just(40))
_branches = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)
_lists = st.lists(st.integers(1, 90_000), max_size=8)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=3), _branches, max_size=6), _lists, _lists)
def test_any_size_comes_down_to_the_limit(details, links, images):
    """Whatever is large: it fits, nothing given is modified, and what is sent is reported unless it is as given."""
    before = deepcopy(details)
    prepared = prepared_of(details, links=[link(size) for size in links], images=[image(size) for size in images])
    sent = prepared.payload
    same = sent["payload"].get("custom_details", {}) == details
    same &= [len(sent.get(name, [])) for name in ("links", "images")] == [len(links), len(images)]

    assert details == before
    assert same == (prepared.changes == ())


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=10) | st.integers(-9, 9), max_size=9), _texts)
def test_small_entries_survive_to_the_byte(small, text):
    """Beside a text that can give all that is needed, at either end."""
    for details in ({**small, "the log": text * 9}, {"the log": text * 9, **small}):
        sent = details_of(prepared_of(details))
        assert {**sent, "the log": ""} == {**details, "the log": ""}
        assert list(sent) == list(details)
