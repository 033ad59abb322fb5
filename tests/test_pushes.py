"""One contract for every field that may be pushed: documented, taken and kept, its refusals foreseen."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import httpx
import pytest

from sources.budget import Tally
from sources.pipedrive.writer import Writer
from sources.pushing import CUSTOM, Pushing, Writable, custom_field
from sources.values import canonical, problem
from sources.walk import Fetcher
from sources.writer import Record
from tests.bodies import (
    BESIDE,
    DOCUMENTED,
    JSON_TYPES,
    LOOSE,
    PARTS,
    PUSHINGS,
    UNDOCUMENTED,
    WRONG,
    good,
)
from tests.support import ADMIN, IMPATIENT, PIPEDRIVE, Sandbox
from tests.support import sandbox as started

Result = TypeVar("Result")
V2 = {name: pushing for name, pushing in PUSHINGS.items() if name.startswith("v2")}


def cases(pushings: dict[str, Pushing]) -> list[Any]:
    return [
        pytest.param(name, field, id=f"{name}.{field.name}")
        for name, pushing in pushings.items()
        for field in pushing.fields
    ]


FIELDS, V2_FIELDS = cases(PUSHINGS), cases(V2)
V1_NAMES = {"user_id": "owner_id", "busy_flag": "busy"}


class Box:
    """A sandbox, with a client of ours and a plain one."""

    def __init__(self, sandbox: Sandbox, fetcher: Fetcher, http: httpx.Client) -> None:
        self.sandbox = sandbox
        self.http = http
        self._fetcher = fetcher
        self.leads = tuple(row["id"] for row in sandbox.truth("leads") if not row["is_deleted"])[:2]

    def write(self, pushing: Pushing, work: Callable[[Writer], Coroutine[Any, Any, Result]]) -> Result:
        """Do something with a writer."""
        return self._fetcher.run(work(Writer(self._fetcher.client, pushing, Tally())))


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    with started(60) as sandbox:
        client = PIPEDRIVE.connect(company_domain=sandbox.url, api_token=ADMIN, patience=IMPATIENT)
        plain = httpx.Client(base_url=sandbox.url, headers={"x-api-token": ADMIN})
        with Fetcher(client) as fetcher, plain as http:
            yield Box(sandbox, fetcher, http)


def minimal(pushing: Pushing) -> dict[str, Any]:
    return dict.fromkeys(pushing.required, "Needed")


@pytest.mark.parametrize("name", PUSHINGS)
def test_every_documented_field_is_declared_or_explained(name: str) -> None:
    pushing = PUSHINGS[name]
    documented = {V1_NAMES.get(key, key) for key in DOCUMENTED[name]}
    declared = {field.name for field in pushing.fields}
    assert declared - documented <= UNDOCUMENTED.keys()
    assert not declared & pushing.instead.keys()
    custom = {CUSTOM[:-1]} if pushing.custom else set()
    assert documented - declared - custom == documented & pushing.instead.keys()


@pytest.mark.parametrize(("name", "field"), V2_FIELDS)
def test_a_field_is_of_the_documented_type(name: str, field: Writable) -> None:
    if field.name not in UNDOCUMENTED:
        assert JSON_TYPES[field.kind] == DOCUMENTED[name][field.name]
    assert [part.name for part in field.parts] == PARTS.get(field.name, "").split()
    assert (field.key in [part.name for part in field.parts]) is (field.kind == "objects")


@pytest.mark.parametrize("name", V2)
def test_every_field_of_a_record_is_declared_or_explained(name: str) -> None:
    entity = PIPEDRIVE.entities[V2[name].entity]
    declared = {field.name for field in V2[name].fields} | V2[name].instead.keys() | {CUSTOM[:-1]}
    told = {field.name for field in entity.fields}
    assert told - declared <= {
        *("origin", "origin_id", "channel", "channel_id", "source_lead_id", "first_won_time"),
        *("local_won_date", "local_lost_date", "local_close_date"),
    }


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_what_is_written_is_answered_and_kept(name: str, field: Writable, box: Box) -> None:
    pushing, beside = PUSHINGS[name], BESIDE.get(field.name, {})
    values = [canonical(field, value) for value in good(field, box.leads)]
    assert not [problem(field, value) for value in values if problem(field, value)]

    async def work(writer: Writer) -> list[Record | None]:
        created = await writer.create({**minimal(pushing), **beside, field.name: values[0]})
        assert created.record
        changed = [await writer.update(created.record, {field.name: value}) for value in values]
        read = await writer.read(created.record.record_id)
        return [created.record, *(one.record for one in changed), read]

    answered = [one.values_of([field])[field.name] for one in box.write(pushing, work) if one]
    assert answered == [values[0], *values, values[-1]]


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_null_empties_what_may_be_empty_and_only_that(name: str, field: Writable, box: Box) -> None:
    pushing, beside = PUSHINGS[name], BESIDE.get(field.name, {})
    before = canonical(field, good(field, box.leads)[0])
    if not field.nullable:
        assert problem(field, None)
        return
    assert not problem(field, None)

    async def work(writer: Writer) -> Record | None:
        created = await writer.create({**minimal(pushing), **beside, field.name: before})
        assert created.record
        assert created.record.values_of([field])[field.name] == before
        return (await writer.update(created.record, {field.name: None})).record

    record = box.write(pushing, work)
    assert record
    assert record.values_of([field])[field.name] is None


@pytest.mark.parametrize(("name", "field"), V2_FIELDS)
def test_what_the_crm_refuses_is_foreseen(name: str, field: Writable, box: Box) -> None:
    pushing = V2[name]
    wrong = [*WRONG[field.kind], *(() if field.nullable else (None,))]
    if field.choices:
        wrong.append("unheard of" if field.kind == "text" else 2)
    for value in wrong:
        assert problem(field, value), f"{value!r} was not foreseen"
        if value not in LOOSE:
            answer = box.http.post(pushing.path, json={**minimal(pushing), field.name: value})
            assert answer.status_code == 400, f"{value!r}: {answer.text}"


@pytest.mark.parametrize("name", V2)
def test_what_nothing_can_be_created_without_is_declared(name: str, box: Box) -> None:
    pushing = V2[name]
    assert box.http.post(pushing.path, json=minimal(pushing)).status_code == 200
    for left_out in pushing.required:
        body = {key: value for key, value in minimal(pushing).items() if key != left_out}
        assert box.http.post(pushing.path, json=body).status_code == 400


CUSTOM_VALUES: dict[str, tuple[Any, Any]] = {
    "varchar": ("REF-1", 5),
    "varchar_auto": ("Partner", True),
    "text": ("long\ntext", ["x"]),
    "double": (12.5, "12.5"),
    "int": (7, "7"),
    "monetary": ({"value": 2300, "currency": "EUR"}, 2300),
    "date": ("2026-10-05", "tomorrow"),
    "daterange": ({"value": "2026-10-05", "until": "2026-10-09"}, {"value": "2026-10-05"}),
    "time": ({"value": "08:30"}, "08:30"),
    "timerange": ({"value": "08:30:00", "until": "10:00", "timezone_id": 217}, {"value": "08:30"}),
    "user": (2, "2"),
    "org": (1, {"id": 1}),
    "people": (1, [1]),
    "phone": ("+372 5000000", 372),
    "address": ({"value": "Tallinn", "locality": "Tallinn"}, "Tallinn"),
}
"""For each type, a value that is taken and one that is not; of enum and set it depends on the options."""


def custom_cases(sandbox: Sandbox, entity: str) -> Iterator[tuple[Writable, Any, Any]]:
    """Each custom field with a good and a wrong value."""
    for row in sandbox.truth(f"{entity.removesuffix('s')}_fields"):
        if not row["is_custom_field"]:
            continue
        options = [option["id"] for option in row["options"] or ()]
        field = custom_field(row["field_code"], row["field_type"], row["field_name"], options)
        assert field, row["field_type"]
        enumerated = {"enum": (options[-1:] or [0])[0], "set": options[::-1]}
        value, wrong = CUSTOM_VALUES.get(row["field_type"], (enumerated.get(row["field_type"]), 999))
        yield field, value, [999] if row["field_type"] == "set" else wrong


@pytest.mark.parametrize("entity", ["deals", "persons"])
def test_custom_fields_of_every_type_are_taken_kept_emptied_and_refused(entity: str, box: Box) -> None:
    pushing = V2[f"v2/{entity}"]
    cases = list(custom_cases(box.sandbox, entity))
    assert pushing.custom
    assert len(cases) >= 5
    fields = [field for field, _, __ in cases]
    wanted = {field.name: canonical(field, value) for field, value, _ in cases}
    assert not [problem(field, wanted[field.name]) for field in fields if problem(field, wanted[field.name])]
    assert all(problem(field, wrong) for field, _, wrong in cases)

    async def work(writer: Writer) -> list[dict[str, Any]]:
        created = (await writer.create({**minimal(pushing), **wanted})).record
        assert created
        one = (await writer.update(created, {fields[0].name: None})).record
        none = (await writer.update(created, dict.fromkeys(wanted))).record
        return [record.values_of(fields) for record in (created, one, none) if record]

    created, one, none = box.write(pushing, work)
    assert {name for name in wanted if created[name] != wanted[name]} <= {
        field.name for field in fields if not field.verbatim
    }
    assert one == {**created, fields[0].name: None}, "a change of one custom field leaves the others"
    assert set(none.values()) == {None}
    for field, _, wrong in [*cases, (Writable(f"{CUSTOM}{'0' * 40}", "int"), 0, 1)]:
        body = {**minimal(pushing), CUSTOM[:-1]: {field.name.removeprefix(CUSTOM): wrong}}
        answer = box.http.post(pushing.path, json=body)
        assert answer.status_code == 400, field
        assert "custom_fields: " in answer.json()["error"]


def test_an_empty_set_is_refused_and_never_sent(box: Box) -> None:
    field = next(one for one, _, __ in custom_cases(box.sandbox, "deals") if one.kind == "ints")
    key = field.name.removeprefix(CUSTOM)
    answer = box.http.post("/api/v2/deals", json={"title": "x", "custom_fields": {key: []}})
    assert answer.status_code == 400
    assert V2["v2/deals"].body({field.name: canonical(field, [])}) == {"custom_fields": {key: None}}


def test_a_field_type_that_cannot_be_written_is_none() -> None:
    assert custom_field("0" * 40, "stage", "Stage") is None


def test_what_is_pushed_is_what_the_entity_holds() -> None:
    assert PIPEDRIVE.pushes.keys() == {"activities", "deals", "persons"}
    assert PIPEDRIVE.legacy_pushes.keys() == {"activities"}
    for pushing in [*PIPEDRIVE.pushes.values(), *PIPEDRIVE.legacy_pushes.values()]:
        columns = {field.name for field in PIPEDRIVE.entities[pushing.entity].fields}
        assert {field.name for field in pushing.fields} <= columns
        assert pushing.required <= {field.name for field in pushing.fields}
        assert pushing.lookup.keys() <= {field.name for field in pushing.fields}
        assert all(pushing.field(field.name) is field for field in pushing.fields)
        assert pushing.field("unheard_of") is None


def test_an_activity_is_called_in_v1_as_the_documents_do() -> None:
    wanted = {
        "subject": "Deadline",
        "owner_id": 3,
        "busy": True,
        "done": True,
        "deal_id": None,
        "location": {"value": "Tallinn"},
        "participants": [{"person_id": 1, "primary": True}],
        "attendees": [{"email": "guest@example.com", "person_id": 1}],
    }
    body = PUSHINGS["v1/activities"].body(wanted)
    assert body == {
        "subject": "Deadline",
        "user_id": 3,
        "busy_flag": True,
        "done": 1,
        "deal_id": None,
        "location": "Tallinn",
        "participants": [{"person_id": 1, "primary_flag": True}],
        "attendees": [{"email_address": "guest@example.com", "person_id": 1}],
    }
    assert type(body["done"]) is int
    assert PUSHINGS["v1/activities"].body({"location": None, "attendees": None}) == {
        "location": None,
        "attendees": [],
    }
