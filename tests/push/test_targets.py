"""The declaration of a push: what dbt's manifest says of a model, checked against what may be written."""

from typing import Any

import pytest

from pipelines.push.actions import Target
from pipelines.push.columns import Offered, Taken
from pipelines.push.models import Model, chosen_models, nightly_models, push_models
from pipelines.push.targets import Overrides, pushing_of, target_of
from sources.errors import UsageError
from sources.pipedrive.pushes import PUSHES
from tests.support import PIPEDRIVE

SELECTED = ["push_key", "id", "subject", "owner_id", "_why"]


def node(
    name: str, *, meta: dict[str, Any] | None = None, columns: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A model as a manifest has it."""
    return {
        "resource_type": "model",
        "name": name,
        "schema": "push",
        "alias": name,
        "original_file_path": f"models/push/{name}.sql",
        "config": {"materialized": "table", "meta": meta or {}},
        "columns": columns or {},
    }


def manifest(*nodes: dict[str, Any], off: tuple[str, ...] = ()) -> dict[str, Any]:
    """A manifest of these models."""
    return {
        "nodes": {f"model.roundtrip.{one['name']}": one for one in nodes},
        "disabled": {f"model.roundtrip.{name}": [node(name)] for name in off},
    }


def model(
    meta: dict[str, Any] | None = None, columns: dict[str, Any] | None = None, entity: str = "activities"
) -> Model:
    """A push model."""
    (found,) = push_models(manifest(node(f"push_pipedrive__{entity}", meta=meta, columns=columns)))
    return found


def targeted(found: Model, columns: list[str] = SELECTED) -> Target:
    """Its target, when it selects these columns."""
    pushing = PUSHES[found.entity]
    offered = Offered(pushing, {one.name: Taken(one.name, one) for one in pushing.fields}, pushing.instead)
    return target_of(found, offered, columns)[0]


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("push_pipedrive__activities", "activities"),
        ("push_pipedrive__activities__follow_ups", "activities"),
        ("push_pipedrive__deal_products__x", "deal_products"),
    ],
)
def test_the_name_of_a_model_says_what_its_rows_are(name: str, entity: str) -> None:
    (found,) = push_models(manifest(node(name), node("fct_activity")))
    assert (found.crm, found.entity, found.relation) == ("pipedrive", entity, f'"push"."{name}"')


def test_a_name_that_says_it_not_is_refused() -> None:
    with pytest.raises(UsageError, match=r"models/push/push_calls\.sql: push_calls cannot be pushed"):
        push_models(manifest(node("push_calls")))


def test_what_is_not_said_is_the_careful_choice() -> None:
    found = targeted(model())
    assert list(found.fields) == ["subject", "owner_id"]
    assert (found.policy("subject"), found.delete_policy, found.when_gone) == ("skip", "skip", "keep")
    assert (found.apply, found.max_rows, found.max_share, found.allow_deletes) == (
        "by hand",
        1000,
        0.1,
        False,
    )


def test_a_model_says_what_it_may_and_a_column_says_otherwise() -> None:
    meta = {"apply": "nightly", "on_conflict": "overwrite", "on_delete": "overwrite", "when_gone": "complete"}
    columns = {
        "subject": {"meta": {"only_on_create": True}},
        "owner_id": {"config": {"meta": {"on_conflict": "fill_empty"}}},
        "id": {},
    }
    found = targeted(model(meta | {"max_rows": 5, "max_share": 0.5, "allow_deletes": True}, columns))
    assert found.policies == {"subject": "overwrite", "owner_id": "fill_empty", "done": "overwrite"}
    assert found.only_on_create == {"subject"}
    assert (found.apply, found.delete_policy, found.when_gone) == ("nightly", "overwrite", "complete")
    assert (found.max_rows, found.max_share, found.allow_deletes) == (5, 0.5, True)


def test_what_completes_a_record_follows_the_model_and_is_never_an_empty_field_to_fill() -> None:
    for said, expected in (("overwrite", "overwrite"), ("skip", "skip"), ("fill_empty", "skip")):
        assert targeted(model({"on_conflict": said, "when_gone": "complete"})).policy("done") == expected


@pytest.mark.parametrize(
    ("meta", "said"),
    [
        (
            {"max_row": 5},
            "There is no 'max_row' in the meta of push_pipedrive__activities. Did you mean 'max_rows'?",
        ),
        ({"apply": "always"}, "apply is 'always'. It is one of: by hand, nightly."),
        ({"on_conflict": "merge"}, "on_conflict is 'merge'. It is one of: skip, overwrite, fill_empty."),
        ({"on_delete": "fill_empty"}, "on_delete is 'fill_empty'."),
        ({"when_gone": "archive"}, "when_gone is 'archive'."),
        ({"max_rows": "5"}, "max_rows is '5'. It is a whole number."),
        ({"max_rows": -1}, "max_rows is -1."),
        ({"max_share": 10}, "max_share is 10. It is a number from 0 to 1."),
        ({"allow_deletes": "yes"}, "allow_deletes is 'yes'. It is true or false."),
    ],
)
def test_meta_that_means_nothing_is_refused(meta: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        targeted(model(meta))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("column", "meta", "said"),
    [
        (
            "subject",
            {"on_create": True},
            "There is no 'on_create' in the meta of push_pipedrive__activities.subject",
        ),
        ("subject", {"only_on_create": "yes"}, "push_pipedrive__activities.subject: only_on_create is 'yes'"),
        ("subject", {"on_conflict": "ask"}, "push_pipedrive__activities.subject: on_conflict is 'ask'"),
        ("subjct", {"on_conflict": "skip"}, "does not select as a field. Did you mean 'subject'?"),
    ],
)
def test_meta_of_a_column_that_means_nothing_is_refused(column: str, meta: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        targeted(model(columns={column: {"meta": meta}}))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("entity", "columns", "said"),
    [
        ("activities", ["id", "subject"], "push_pipedrive__activities has no column push_key."),
        ("activities", ["push_key", "id"], "selects no field of activities"),
        ("deals", ["push_key", "value"], "selects no title, and no id"),
        ("activities", ["push_key", "person_id"], "Set it through participants"),
    ],
)
def test_a_model_that_could_not_be_pushed_is_refused(entity: str, columns: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        targeted(model(entity=entity), columns)
    assert said in str(caught.value)


def test_what_cannot_be_completed_has_no_such_end() -> None:
    with pytest.raises(UsageError, match="deals cannot be completed"):
        targeted(model({"when_gone": "complete"}, entity="deals"), ["push_key", "title"])


def test_a_row_that_only_deletes_needs_no_field() -> None:
    assert targeted(model(), ["push_key", "id", "_delete"]).fields == {}


def test_an_entity_that_is_read_by_the_older_api_is_written_by_it() -> None:
    assert pushing_of(PIPEDRIVE, "activities", {"activities"}, "x").path == "/v1/activities"
    assert pushing_of(PIPEDRIVE, "activities", set(), "x").path == "/api/v2/activities"
    with pytest.raises(UsageError, match=r"x: 'activity' cannot be pushed\. Did you mean 'activities'"):
        pushing_of(PIPEDRIVE, "activity", set(), "x")


def test_the_command_line_says_otherwise_for_once() -> None:
    declared = targeted(model(columns={"owner_id": {"meta": {"on_conflict": "fill_empty"}}}))
    found = Overrides(overwrite=True, allow_deletes=True, max_rows=0, max_share=1.0).of(declared)
    assert found.policies == {"subject": "overwrite", "owner_id": "fill_empty", "done": "overwrite"}
    assert (found.delete_policy, found.allow_deletes, found.max_rows, found.max_share) == (
        "overwrite",
        True,
        0,
        1,
    )
    assert Overrides().of(declared) == declared


def test_models_are_chosen_by_name() -> None:
    there = manifest(
        node("push_pipedrive__activities"), node("push_pipedrive__deals"), off=("push_pipedrive__x",)
    )
    assert [one.name for one in chosen_models(there, ["push_pipedrive__deals"], "pipedrive")] == [
        "push_pipedrive__deals"
    ]
    assert len(chosen_models(there, [], "pipedrive")) == 2
    with pytest.raises(UsageError, match="Did you mean 'push_pipedrive__deals'"):
        chosen_models(there, ["push_pipedrive__deal"], "pipedrive")
    with pytest.raises(UsageError, match="push_pipedrive__x is off"):
        chosen_models(there, ["push_pipedrive__x"], "pipedrive")
    with pytest.raises(
        UsageError, match=r"No push model of pipedrive is on.*These are off: push_pipedrive__x"
    ):
        chosen_models(manifest(off=("push_pipedrive__x",)), [], "pipedrive")


def test_only_models_that_say_so_are_the_nights() -> None:
    there = manifest(
        node("push_pipedrive__activities"), node("push_pipedrive__deals", meta={"apply": "nightly"})
    )
    assert list(nightly_models(there, "pipedrive")) == ["push_pipedrive__deals"]
