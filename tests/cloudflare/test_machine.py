"""The machine: a pure walk over the fields, whatever the form holds and whatever there is to choose."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from alertkit import InvalidEventError
from alertkit.cloudflare import HookEvent
from alertkit.cloudflare._form import FIELDS, Field, FormTexts, property_of
from alertkit.cloudflare._install import Install
from alertkit.cloudflare._machine import ENTRIES, advance, begin

TEXTS = FormTexts()
IDS = st.sampled_from(["1", "2", "3", "4"])
# From each parent's choice to the choices of the next field; the organizations hang on nothing.
WORLDS = st.fixed_dictionaries(
    {
        None: st.lists(IDS, unique=True, max_size=3),
        **{(field, one): st.lists(IDS, unique=True, max_size=3) for field in FIELDS for one in "1234"},
    }
)
VALUES = IDS | st.integers(0, 5) | st.none() | st.just("") | st.booleans() | st.lists(IDS) | st.text(max_size=3)
OPTIONS = st.dictionaries(st.sampled_from([*FIELDS, "account", "colour"]).map(str), VALUES)
PROPERTIES = st.dictionaries(
    st.sampled_from([*FIELDS, "account", "colour"]).map(str),
    st.fixed_dictionaries({"enum": st.lists(IDS), "_show": VALUES}),
)
INSTALLS = st.builds(
    lambda options, properties, other: {
        **other,
        "options": options,
        "schema": {"type": "object", "properties": properties},
    },
    OPTIONS,
    PROPERTIES,
    st.dictionaries(st.sampled_from(["id", "links", "amount"]), VALUES),
)
EVENTS = st.sampled_from([*ENTRIES])
FORM_EVENTS = st.sampled_from([event for event, entry in ENTRIES.items() if entry is not None])


def walked(event, document, world):
    """Return the walk at its end, and the fields whose choices were fetched, in order."""
    walk, parent, fetched = begin(event, Install(document)), None, []
    while walk.wanted is not None:
        fetched.append(walk.wanted)
        walk = advance(walk, {one: f"slug-{one}" for one in world[parent]}, texts=TEXTS)
        parent = (fetched[-1], walk.picked)
    return walk, fetched


@given(EVENTS, INSTALLS, WORLDS)
def test_idempotent(event, document, world):
    """The same event once more changes nothing more."""
    once, _ = walked(event, document, world)
    again, _ = walked(event, once.install.document, world)

    assert again.install == once.install
    assert again.replaced == ()


@given(EVENTS, INSTALLS, WORLDS)
def test_the_input_is_untouched(event, document, world):
    """What came in is never edited, however deep."""
    before = copy.deepcopy(document)
    walked(event, document, world)

    assert document == before


@given(FORM_EVENTS, INSTALLS, WORLDS)
def test_an_option_that_is_kept_is_on_offer(event, document, world):
    """Of every field that was offered, the option is one of the choices in the form, or is not there."""
    walk, _ = walked(event, document, world)
    options, properties = walk.install.options, walk.install.properties
    for field in FIELDS[FIELDS.index(ENTRIES[event]) :]:
        if field.value in options:
            assert options[field.value] in properties[field.value]["enum"]


@given(FORM_EVENTS, INSTALLS, WORLDS)
def test_no_option_without_its_parent(event, document, world):
    """A project stands beside its own organization, and a DSN beside its own project."""
    options = walked(event, document, world)[0].install.options
    for parent, field in ((Field.ORGANIZATION, Field.PROJECT), (Field.PROJECT, Field.DSN)):
        if field.value in options and FIELDS.index(field) >= FIELDS.index(ENTRIES[event]):
            assert options[field.value] in world[(parent, str(options[parent.value]))]


@given(EVENTS, INSTALLS, WORLDS)
def test_what_is_not_ours_stays(event, document, world):
    """Other members, other options and other fields come back as they were, and in their order."""
    after = walked(event, document, world)[0].install.document
    ours = {field.value for field in FIELDS}

    for part in (
        lambda of: of,
        lambda of: of["options"],
        lambda of: of["schema"],
        lambda of: of["schema"]["properties"],
    ):
        was, now = part(document), part(after)
        foreign = [name for name in was if name not in {*ours, "options", "schema", "properties"}]
        assert {name: now[name] for name in foreign} == {name: was[name] for name in foreign}
        assert [name for name in now if name in foreign] == foreign
        assert set(now) <= set(was) | ours


@given(EVENTS, INSTALLS, WORLDS)
def test_choices_are_fetched_once_and_in_order(event, document, world):
    """From the first field on, and never twice."""
    _, fetched = walked(event, document, world)

    assert fetched == list(FIELDS[: len(fetched)])


@given(EVENTS, INSTALLS, WORLDS)
def test_a_field_before_the_entry_is_never_changed(event, document, world):
    """Neither its option nor its list: nothing is swapped that the customer did not touch."""
    walk, _ = walked(event, document, world)
    entry = ENTRIES[event]
    for field in FIELDS if entry is None else FIELDS[: FIELDS.index(entry)]:
        for was, now in (
            (document["options"], walk.install.options),
            (document["schema"]["properties"], walk.install.properties),
        ):
            # A project goes with its organization where the event is about the DSN.
            if not (walk.lost is Field.ORGANIZATION and field is Field.PROJECT):
                assert was.get(field.value) == now.get(field.value)


@given(INSTALLS, WORLDS)
def test_a_check_changes_nothing(document, world):
    """Before an install the form is looked at, and either all of it holds or the first field that does not is told."""
    walk, _ = walked(HookEvent.BEFORE_NEW_INSTALL, document, world)
    chosen = [str(document["options"].get(field.value)) for field in FIELDS]
    parents = [None, *zip(FIELDS, chosen, strict=True)]
    wrong = [
        field
        for field, parent, one in zip(FIELDS, parents, chosen, strict=False)
        if one not in world[parent if parent in world else None] or isinstance(document["options"][field.value], bool)
    ]

    assert walk.install.document == document
    assert walk.lost is next(iter(wrong), None)


def test_true_is_no_id():
    """To Python it is a number, and to nobody else."""
    walk = advance(
        begin(HookEvent.BEFORE_NEW_INSTALL, Install({"options": {"organization": True}})),
        {"True": "one", "1": "two"},
        texts=TEXTS,
    )

    assert walk.lost is Field.ORGANIZATION


def test_a_walk_that_is_over_stays():
    """Whatever is on offer."""
    walk, _ = walked(HookEvent.PREVIEW, {}, {None: []})

    assert advance(walk, {"1": "one"}, texts=TEXTS) is walk


@pytest.mark.parametrize(
    ("field", "keys"),
    [
        (Field.ORGANIZATION, "type title order enum enumNames required"),
        (Field.PROJECT, "type title order enum enumNames required"),
        (Field.DSN, "type title description placeholder order enum required"),
    ],
)
def test_the_keywords_of_a_field(field, keys):
    """These and no other; the values are texts, in the order in which they are offered."""
    offered = property_of(field, {"9": "a", "10": "b"}, TEXTS)

    assert list(offered) == keys.split()
    assert offered["enum"] == ["9", "10"]
    assert offered["order"] == FIELDS.index(field) + 1


@pytest.mark.parametrize(
    ("document", "names"),
    [
        (None, ["install"]),
        ([], ["install"]),
        ({"options": [], "schema": "x"}, ["install.options", "install.schema"]),
        ({"options": 0, "schema": {"properties": False}}, ["install.options", "install.schema.properties"]),
    ],
)
def test_what_is_no_install(document, names):
    """Every problem is told at once."""
    with pytest.raises(InvalidEventError) as raised:
        Install(document)

    assert [problem.split(" must ")[0] for problem in raised.value.problems] == names


def test_names_of_events():
    """One that is not known is another; so is the name that we have for those."""
    assert HookEvent.named("preview") is HookEvent.PREVIEW
    for name in (None, "", "other", "Preview", "preview ", "option-change:", "option-change:account\n"):
        assert HookEvent.named(name) is HookEvent.OTHER


def drawn():
    """Return the picture of the table, as the documentation has it."""
    places = [entry.value if entry is not None else "(checks all)" for entry in ENTRIES.values()]
    lines = [f"{event.value:<29}──► {place}" for event, place in zip(ENTRIES, places, strict=True)]
    return "\n".join([*lines, f"{'anything else':<29}──► (echo)", "", " ──► ".join(field.value for field in FIELDS)])


def test_the_documentation_draws_the_table():
    """The picture in the reference is the table, line by line."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "cloudflare.md").read_text(encoding="utf-8")
    (picture,) = re.findall(r"```text\n(preview.*?)\n```", page, re.DOTALL)

    assert picture == drawn()


@pytest.mark.parametrize("option", [7.5, 1e300, float(2**53), True, [7], "7.0"])
def test_what_is_no_id(option):
    """Half a number is none, nor is a text that only looks like a number."""
    walk = advance(
        begin(HookEvent.BEFORE_NEW_INSTALL, Install({"options": {"organization": option}})), {"7": "one"}, texts=TEXTS
    )

    assert walk.lost is Field.ORGANIZATION
