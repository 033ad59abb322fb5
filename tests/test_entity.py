"""What an entity refuses to be, and the contract that every declared entity of every CRM keeps."""

import re
from typing import Any

import pyarrow as pa
import pytest

from sources.arrow import ARROW, schema
from sources.entity import RESERVED, Entity, Field, Listing, fields
from sources.registry import CRMS

LIST = Listing("/things", 1)
CHANGES = Listing("/things", 1, since="since")
THING = fields("id int, name text, update_time time")
DECLARED = [entity for crm in CRMS.values() for entity in crm.entities.values()]
every_entity = pytest.mark.parametrize("entity", DECLARED, ids=lambda entity: entity.name)


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({"lists": ()}, "names no list"),
        ({"fields": fields("id int, name text, name text")}, "declares ['name'] twice"),
        ({"fields": fields("id int, _extra json")}, "declares reserved columns ['_extra']"),
        ({"fields": fields("id int, deleted_at time")}, "declares reserved columns ['deleted_at']"),
        ({"primary_key": "code"}, "has no field 'code' to be its key"),
        ({"lists": (CHANGES,), "watermark": "name"}, "a watermark 'name' that is no time"),
        ({"lists": (CHANGES,), "watermark": "changed"}, "a watermark 'changed' that is no time"),
        ({"lists": (CHANGES, LIST), "watermark": "update_time"}, "a list that does not tell what changed"),
        ({"deletion": "recents"}, "does not say under which name"),
    ],
)
def test_an_entity_that_cannot_be_read_is_refused_with_its_name(
    facts: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValueError, match=f"entity 'things'.*{re.escape(complaint)}"):
        Entity("things", **{"lists": (LIST,), "fields": THING, **facts})


def test_an_entity_with_all_it_needs_is_taken() -> None:
    entity = Entity(
        "things", (CHANGES,), THING, watermark="update_time", deletion="recents", recents_item="thing"
    )
    assert entity.incremental
    assert not Entity("things", (LIST,), THING).incremental


def test_fields_are_read_from_pairs_in_their_order() -> None:
    assert fields("id int,due_date  date,\n location json") == (
        Field("id", "int"),
        Field("due_date", "date"),
        Field("location", "json"),
    )


@pytest.mark.parametrize("declaration", ["id integer", "id", "id int,", "id int nullable"])
def test_a_declaration_that_is_no_list_of_pairs_is_refused(declaration: str) -> None:
    with pytest.raises(ValueError, match=r"none of|unpack"):
        fields(declaration)


def test_the_columns_are_the_fields_and_four_more_unless_the_crm_has_one_itself() -> None:
    plain = Entity("things", (LIST,), THING)
    assert [column.name for column in plain.columns[3:]] == [
        "is_deleted",
        "deleted_at",
        "_extra",
        "_loaded_at",
    ]
    marked = Entity("things", (LIST,), fields("id int, is_deleted bool, name text"))
    assert [column.name for column in marked.columns].count("is_deleted") == 1
    assert marked.columns[1].name == "is_deleted"


def test_an_entity_without_an_older_generation_cannot_be_read_through_it() -> None:
    with pytest.raises(ValueError, match="no older API generation"):
        Entity("things", (LIST,), THING).legacy_reading()


def test_the_legacy_reading_changes_how_an_entity_is_read_and_nothing_of_its_table() -> None:
    entity = next(entity for entity in DECLARED if entity.name == "activities")
    old = entity.legacy_reading()
    assert schema(old) == schema(entity)
    assert {listing.path for listing in old.lists} == {"/v1/activities/collection"}
    # What v2 offers beyond reading is not the older generation's: walks in parts, and asking for single ids.
    assert not old.partitions
    assert old.probe == entity.lists


def test_no_two_entities_of_a_crm_share_a_name() -> None:
    for crm in CRMS.values():
        assert list(crm.entities) == [entity.name for entity in crm.entities.values()]


@every_entity
def test_names_are_snake_case_as_they_become_tables_and_columns(entity: Entity) -> None:
    names = [entity.name, *(declared.name for declared in entity.fields)]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)] == []


@every_entity
def test_the_key_is_a_number_or_a_text(entity: Entity) -> None:
    kinds = {declared.name: declared.kind for declared in entity.fields}
    assert kinds[entity.primary_key] in ("int", "text")
    assert not RESERVED & set(kinds)


@every_entity
def test_every_list_has_a_path_of_its_own_host_and_a_price(entity: Entity) -> None:
    for listing in entity.lists + entity.legacy:
        assert listing.path.startswith("/")
        assert listing.cost > 0
        assert listing.page_size > 1
        assert not listing.since or listing.since not in listing.params


@every_entity
def test_the_lists_of_an_entity_can_be_told_apart(entity: Entity) -> None:
    for lists in (entity.lists, entity.legacy):
        assert len({listing.name for listing in lists}) == len(lists)


@every_entity
def test_what_is_read_by_changes_has_lists_with_a_lower_bound_in_both_generations(entity: Entity) -> None:
    lists = entity.lists + (entity.legacy_reading().lists if entity.legacy else ())
    assert all(listing.tells_changes >= entity.incremental for listing in lists)
    told = entity.deletion != "absence" or entity.embedded is not None
    assert told or not entity.incremental or entity.whole_every  # else its deletions would never be found


@every_entity
def test_what_can_be_walked_from_both_ends_is_ordered_by_a_number(entity: Entity) -> None:
    kinds = {declared.name: declared.kind for declared in entity.fields}
    for listing in entity.lists:
        assert not listing.sortable or (listing.paging == "cursor" and kinds[entity.primary_key] == "int")


@every_entity
def test_an_entity_describes_itself_in_a_sentence(entity: Entity) -> None:
    assert entity.description.endswith(".")


@every_entity
def test_the_arrow_schema_has_exactly_the_columns(entity: Entity) -> None:
    assert schema(entity) == pa.schema([(column.name, ARROW[column.kind]) for column in entity.columns])
    assert len(set(schema(entity).names)) == len(entity.columns)
