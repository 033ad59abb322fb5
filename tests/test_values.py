"""Laws of the values that are written: one form for all that say the same, and no refusal that was not foreseen."""

import json
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.deskera.pushes import ACTIVITIES as DESKERA
from sources.pushing import CUSTOM_FIELDS, Part, Writable, WriteKind
from sources.values import canonical, problem, values_of
from tests.bodies import PUSHINGS
from tests.support import ADMIN, DESKERA_TOKEN
from tests.support import sandbox as started

FIELDS = [
    *(one for pushing in (*PUSHINGS.values(), DESKERA) for one in pushing.fields),
    *CUSTOM_FIELDS.values(),
]
HEADERS = {"x-api-token": ADMIN, "x-access-token": DESKERA_TOKEN}
V2 = [pushing for name, pushing in PUSHINGS.items() if name.startswith("v2")]
FIELD = {one.name: one for pushing in V2 for one in pushing.fields}
ACTIVITIES = PUSHINGS["v2/activities"]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
whole = st.integers(-(2**53), 2**53)
clocks = st.times().map(lambda time: time.isoformat()[:8])


def _is_within_time(text: str) -> bool:
    """Whether a moment is one in every zone."""
    return MINYEAR < datetime.fromisoformat(text).year < MAXYEAR


KINDS: dict[WriteKind, st.SearchStrategy[Any]] = {
    "int": whole,
    "number": whole | st.floats(allow_nan=False, allow_infinity=False),
    "text": texts,
    "bool": st.booleans(),
    "date": st.dates().map(lambda day: f"{day.year:04}-{day:%m-%d}"),
    "time": clocks | clocks.map(lambda clock: clock[:5]) | st.just(""),
    "duration": st.from_regex(r"\A[0-9]{1,3}:[0-5][0-9](:[0-5][0-9])?\Z", alphabet="0123456789:"),
    "moment": st.datetimes(timezones=st.timezones()).map(datetime.isoformat).filter(_is_within_time)
    | st.just(""),
    "uuid": st.uuids().map(str) | st.uuids().map(lambda one: str(one).upper()),
    "ints": st.lists(whole, max_size=4),
}
keys = texts | st.sampled_from(["value", "person_id", "primary", "email", "label"])
anything = st.recursive(
    st.none() | st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def said(value: Any) -> bool:
    """Whether a value says anything."""
    return not isinstance(value, str) or bool(value.strip())


def objects(parts: tuple[Part, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of these parts, some of them left out."""
    filled = {part.name: KINDS[part.kind].filter(said) for part in parts if part.required}
    others = {part.name: st.none() | KINDS[part.kind] for part in parts if not part.required}
    return st.fixed_dictionaries(filled, optional=others)


def taken(field: Writable) -> st.SearchStrategy[Any]:
    """Values that the CRM takes for a field."""
    if field.choices:
        return st.sampled_from(field.choices)
    if field.kind == "objects":
        return st.lists(objects(field.parts), max_size=4)
    if field.kind == "object":
        return objects(field.parts)
    return KINDS[field.kind].filter(lambda one: field.nullable or (said(one) and one != field.nothing))


field_and_taken = st.sampled_from(FIELDS).flatmap(lambda one: st.tuples(st.just(one), taken(one)))


@given(field_and_taken)
def test_what_is_taken_is_no_problem_and_neither_is_its_canonical_form(case: tuple[Writable, Any]) -> None:
    field, value = case
    assert problem(field, value) == ""
    form = canonical(field, value)
    assert problem(field, form) == "" or (form is None and not field.nullable)


@given(st.sampled_from(FIELDS), anything)
def test_a_canonical_form_is_its_own(field: Writable, value: Any) -> None:
    once = canonical(field, value)
    assert canonical(field, once) == once


@given(field_and_taken)
def test_a_canonical_form_is_json_and_survives_it(case: tuple[Writable, Any]) -> None:
    field, value = case
    form = canonical(field, value)
    assert json.loads(json.dumps(form)) == form


@given(field_and_taken, st.randoms(use_true_random=False))
def test_the_order_of_a_list_and_of_an_objects_parts_means_nothing(
    case: tuple[Writable, Any], random: Any
) -> None:
    field, value = case
    assert canonical(field, _shuffled(value, random)) == canonical(field, value)


def _shuffled(value: Any, random: Any) -> Any:
    if isinstance(value, list):
        return random.sample([_shuffled(one, random) for one in value], len(value))
    if isinstance(value, dict):
        return dict(random.sample(list(value.items()), len(value)))
    return value


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with started(60) as sandbox, httpx.Client(base_url=sandbox.url, headers=HEADERS) as http:
        yield http


def names_no_record(field: Writable) -> bool:
    """Whether a field may be of any value of its kind."""
    alone = field.name not in ("lost_reason", "probability")
    return alone and not field.refers and field.name != "participants"


OWN = [one for one in ACTIVITIES.fields if names_no_record(one)]
NAMING = ("owner_id", "linked_to", "contact_ids", "organization_ids", "assignee_ids")
STRICT = [(pushing, one) for pushing in V2 for one in pushing.fields if names_no_record(one)]
STRICT += [(DESKERA, one) for one in DESKERA.fields if one.name not in NAMING]


def body_of(fields: list[Writable]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={one.name: taken(one) for one in fields})


@settings(max_examples=60)
@given(wanted=body_of(OWN))
def test_what_is_written_is_canonically_what_is_answered(http: httpx.Client, wanted: dict[str, Any]) -> None:
    fields = [FIELD[name] for name in wanted]
    forms = {one.name: canonical(one, wanted[one.name]) for one in fields}
    for body in (wanted, ACTIVITIES.body(forms)):
        answer = http.post(ACTIVITIES.path, json=body)
        assert answer.status_code == 200, answer.text
        assert values_of(answer.json()["data"], fields) == forms


@settings(max_examples=150)
@given(st.sampled_from(STRICT).flatmap(lambda case: st.tuples(st.just(case), anything | taken(case[1]))))
def test_no_value_is_refused_that_was_not_foreseen(http: httpx.Client, found: tuple[Any, Any]) -> None:
    (pushing, field), value = found
    if problem(field, value):
        return
    values = {**dict.fromkeys(pushing.required, "Needed"), field.name: canonical(field, value)}
    answer = http.post(pushing.path, json=pushing.body(values))
    assert answer.is_success, answer.text


BOTH = [{"person_id": 1, "primary": False}, {"person_id": 2, "primary": True}]


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("due_time", "15:00:00", "15:00"),
        ("due_time", "15:00:30", "15:00:30"),
        ("due_time", "", None),
        ("duration", "1:30", "01:30"),
        ("duration", "01:30:00", "01:30"),
        ("note", "", None),
        ("note", " two\r\nlines \n", "two\nlines"),
        ("note", "  ", None),
        ("value", 5.0, 5),
        ("value", Decimal("5.50"), 5.5),
        ("value", Decimal("5E+3"), 5000),
        ("label_ids", [3, 1, 3], [1, 3]),
        ("label_ids", [], None),
        ("participants", [], None),
        ("participants", [{"person_id": 2, "primary": True}, {"person_id": 1}], BOTH),
        ("location", {"value": "x", "country": None, "route": "", "formatted_address": "y"}, {"value": "x"}),
        ("location", {"value": "", "country": None}, None),
        ("lead_id", "35B0D604-EB0D-42D0-BE11-EAC8832051F0", "35b0d604-eb0d-42d0-be11-eac8832051f0"),
    ],
)
def test_values_that_say_the_same_have_one_form(name: str, value: Any, form: Any) -> None:
    assert canonical(FIELD[name], value) == form


def test_a_time_within_an_object_has_its_seconds() -> None:
    field = CUSTOM_FIELDS["timerange"]
    assert canonical(field, {"value": "08:30", "until": "10:00:00", "timezone_name": ""}) == {
        "value": "08:30:00",
        "until": "10:00:00",
    }


def test_a_refusal_names_the_value_and_what_would_be_taken() -> None:
    assert problem(FIELD["status"], "closed") == "'closed' is none of open, won, lost"
    assert problem(FIELD["due_date"], "05.10.2026") == "'05.10.2026' is no date like 2026-01-31"
    assert problem(FIELD["location"], {"city": "x"}).startswith(
        "has no part 'city'; its parts are value, country"
    )
    assert problem(FIELD["participants"], [{"primary": True}]) == "lacks its part 'person_id'"
    assert problem(FIELD["participants"], [{"person_id": "1"}]) == "person_id: '1' is no whole number"
    assert problem(FIELD["location"], {"value": " ", "country": ""}) == "lacks its part 'value'"
    assert problem(FIELD["subject"], " ") == "may not be empty"
    assert len(problem(FIELD["busy"], "x" * 500)) < 100
