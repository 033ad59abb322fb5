"""What may be written of deals: the stage decides the pipeline, and the server says when a deal was won or lost."""

from typing import Any, Final

from sources.pipedrive.sandbox.deals import NOT_CLOSED
from sources.pipedrive.sandbox.replies import invalid
from sources.pipedrive.sandbox.writes import Writes
from sources.sandbox.checks import (
    is_boolean,
    is_date,
    is_integer,
    is_list,
    is_moment,
    is_number,
    is_text,
    one_of,
)
from sources.sandbox.store import Account, Record

CLOSED: Final = {"won": ("close_time", "won_time"), "lost": ("close_time", "lost_time"), "open": ()}
TIMES: Final = ("close_time", "won_time", "lost_time")
MOST_PROBABLE: Final = 100


def _stages(account: Account) -> dict[int, Record]:
    return {row["id"]: row for row in account["stages"].records() if not row["is_deleted"]}


def _first_stage(account: Account, pipeline_id: int) -> int:
    own = [row for row in _stages(account).values() if row["pipeline_id"] == pipeline_id]
    return int(min(own, key=lambda row: row["order_nr"])["id"])


def _begun(account: Account, _: Record, user_id: int) -> Record:
    pipelines = [row for row in account["pipelines"].records() if not row["is_deleted"]]
    pipeline_id = min(pipelines, key=lambda row: row["order_nr"])["id"]
    owner = account["users"].get(user_id) or {}
    return {
        "creator_user_id": user_id,
        "pipeline_id": pipeline_id,
        "stage_id": _first_stage(account, pipeline_id),
        "currency": owner.get("default_currency") or "EUR",
    }


def _applied(account: Account, record: Record, given: Record, time: str) -> Record:
    taken = {name: value for name, value in given.items() if name not in TIMES}
    new = {**record, **taken, **_placed(account, record, given)}
    if new["stage_id"] != record["stage_id"] and record["update_time"]:  # where it begins is no change
        new["stage_change_time"] = time
    if new["is_archived"] != record["is_archived"]:
        new["archive_time"] = (given.get("archive_time") or time) if new["is_archived"] else None
    new |= _closed(record, new, given, time)
    new["label_ids"] = new["label_ids"] or []
    if new["lost_reason"] is not None and new["status"] != "lost":
        raise invalid("Validation failed: lost_reason: Can only be set if deal status is lost")
    if new["probability"] is not None and not 0 <= new["probability"] <= MOST_PROBABLE:
        raise invalid("Validation failed: probability: Value must be between 0 and 100")
    return new


def _placed(account: Account, record: Record, given: Record) -> Record:
    """Return the stage and its pipeline; a pipeline alone means its first stage."""
    if "stage_id" in given:
        pipeline_id = _stages(account)[given["stage_id"]]["pipeline_id"]
        if given.get("pipeline_id", pipeline_id) != pipeline_id:
            raise invalid("Validation failed: stage_id: Stage does not belong to the pipeline")
        return {"stage_id": given["stage_id"], "pipeline_id": pipeline_id}
    if given.get("pipeline_id", record["pipeline_id"]) != record["pipeline_id"]:
        return {"stage_id": _first_stage(account, given["pipeline_id"])}
    return {}


def _closed(record: Record, new: Record, given: Record, time: str) -> Record:
    """Return when the deal was won or lost: now, or as given, which only a closed one may be."""
    allowed = CLOSED[new["status"]]
    for name in TIMES:
        if given.get(name) is not None and name not in allowed:
            raise invalid(f"Validation failed: {name}: Can not be set if deal status is {new['status']}")
    if new["status"] == record["status"]:
        return {name: _rfc(given[name]) for name in TIMES if given.get(name)}
    times: dict[str, Any] = {name: _rfc(given.get(name) or time) for name in allowed}
    local = {f"local_{name.removesuffix('_time')}_date": value[:10] for name, value in times.items()}
    reason = {"lost_reason": given.get("lost_reason")} if new["status"] != "lost" else {}
    return {**NOT_CLOSED, **times, **local, **reason}


def _rfc(time: str) -> str:
    return f"{time[:10]}T{time[11:19]}Z"


DEALS: Final = Writes(
    entity="deals",
    title="Deal",
    applied=_applied,
    begun=_begun,
    custom="deal_fields",
    required=frozenset({"title"}),
    never_null=frozenset(
        {"title", "owner_id", "pipeline_id", "stage_id", "currency", "status", "visible_to"}
        | {"is_deleted", "is_archived"}
    ),
    defaults={
        "title": "",
        "creator_user_id": None,
        "owner_id": None,
        "value": 0,
        "person_id": None,
        "org_id": None,
        "stage_id": None,
        "pipeline_id": None,
        "currency": None,
        "add_time": None,
        "update_time": None,
        "stage_change_time": None,
        "status": "open",
        "is_archived": False,
        "archive_time": None,
        "is_deleted": False,
        "probability": None,
        "lost_reason": None,
        "visible_to": 3,
        **NOT_CLOSED,
        "expected_close_date": None,
        "label_ids": [],
        "origin": "API",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "source_lead_id": None,
        "arr": None,
        "mrr": None,
        "acv": None,
        "custom_fields": None,
    },
    links={
        "owner_id": ("users", "User"),
        "person_id": ("persons", "Person"),
        "org_id": ("organizations", "Organization"),
        "pipeline_id": ("pipelines", "Pipeline"),
        "stage_id": ("stages", "Stage"),
    },
    lists={"currency": ("currencies", "code")},
    fields={
        "title": ("string", is_text),
        "owner_id": ("integer", is_integer),
        "person_id": ("integer", is_integer),
        "org_id": ("integer", is_integer),
        "pipeline_id": ("integer", is_integer),
        "stage_id": ("integer", is_integer),
        "value": ("number", is_number),
        "currency": ("string", is_text),
        "is_deleted": ("boolean", is_boolean),
        "is_archived": ("boolean", is_boolean),
        "archive_time": ("string", is_moment),
        "status": ("one of open, won, lost", one_of("open", "won", "lost")),
        "probability": ("number", is_number),
        "lost_reason": ("string", is_text),
        "visible_to": ("integer", one_of(1, 3, 5, 7)),
        "close_time": ("string", is_moment),
        "won_time": ("string", is_moment),
        "lost_time": ("string", is_moment),
        "expected_close_date": ("date", is_date),
        "label_ids": ("array", is_list(is_integer)),
        "custom_fields": ("object", lambda value: isinstance(value, dict)),
    },
)
