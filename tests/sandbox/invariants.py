"""What holds in every account at every time, whatever was done to it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sources.pipedrive.sandbox.fields import ENTITY_OF
from sources.sandbox.store import Account, Record

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
CLOCK = re.compile(r"\d\d:\d\d:\d\d")
MAIN = ("activities", "deals", "persons", "organizations", "products")


def broken(account: Account) -> list[str]:
    """Every violation, in words."""
    checks = (broken_times, broken_activities, broken_deals, broken_links, broken_custom_fields)
    return [line for check in checks for line in check(account)]


def broken_times(account: Account) -> Iterator[str]:
    for name in MAIN:
        for row in account[name].records():
            added, updated = row["add_time"], row["update_time"]
            if not MOMENT.fullmatch(added) or not (updated is None or MOMENT.fullmatch(updated)):
                yield f"{name} {row['id']} has a malformed time"
            if updated is not None and updated < added:
                yield f"{name} {row['id']} was updated before it was added"


def broken_activities(account: Account) -> Iterator[str]:
    types = {row["key_string"] for row in account["activity_types"].records()}
    for row in account["activities"].records():
        done, people = row["marked_as_done_time"], row["participants"]
        if (done is not None) != row["done"]:
            yield f"activity {row['id']} is done {row['done']} but was marked {done}"
        if done and row["update_time"] and not row["add_time"] <= done <= row["update_time"]:
            yield f"activity {row['id']} was done outside its life"
        if row["type"] not in types:
            yield f"activity {row['id']} has the unknown type {row['type']}"
        if row["person_id"] != (people[0]["person_id"] if people else None):
            yield f"activity {row['id']} names another person than its primary participant"
        if [one["primary"] for one in people] != [n == 0 for n in range(len(people))]:
            yield f"activity {row['id']} has not exactly one primary participant, the first"
        if len({one["person_id"] for one in people}) != len(people):
            yield f"activity {row['id']} has one participant twice"


def broken_deals(account: Account) -> Iterator[str]:
    stages = {row["id"]: row["pipeline_id"] for row in account["stages"].records()}
    for row in account["deals"].records():
        status = row["status"]
        closed = {"won": row["won_time"], "lost": row["lost_time"]}
        if stages.get(row["stage_id"]) != row["pipeline_id"]:
            yield f"deal {row['id']} is in a stage of another pipeline"
        if {state for state, at in closed.items() if at} != ({status} - {"open"}):
            yield f"deal {row['id']} is {status} but was {closed}"
        if row["close_time"] != closed.get(status):
            yield f"deal {row['id']} is {status} but was closed {row['close_time']}"
        if row["local_close_date"] != (row["close_time"] or "")[:10] and row["close_time"]:
            yield f"deal {row['id']} was closed on another date"
        if row["is_archived"] != (row["archive_time"] is not None):
            yield f"deal {row['id']} is half archived"
        if status != "lost" and row["lost_reason"]:
            yield f"deal {row['id']} is {status} for a reason to lose"


def broken_links(account: Account) -> Iterator[str]:
    """Links lead to records; live records that are linked agree on the organization."""
    rows = {name: {row["id"]: row for row in account[name].records()} for name in (*MAIN, "users")}
    targets = {"deal_id": "deals", "person_id": "persons", "org_id": "organizations", "owner_id": "users"}
    for name in MAIN:
        for row in rows[name].values():
            for link, target in targets.items():
                if row.get(link) is not None and row[link] not in rows[target]:
                    yield f"{name} {row['id']} links to {link} {row[link]}, which does not exist"
    for row in rows["deals"].values():
        yield from _of_one_organization("deal", row, [rows["persons"].get(row["person_id"])], rows)
    for row in rows["activities"].values():
        people = [rows["persons"][one["person_id"]] for one in row["participants"]]
        yield from _of_one_organization("activity", row, [rows["deals"].get(row["deal_id"]), *people], rows)


def _of_one_organization(
    name: str, row: Record, others: list[Record | None], rows: dict[str, dict[int, Record]]
) -> Iterator[str]:
    home = rows["organizations"].get(row["org_id"])
    if row["is_deleted"] or (home and home["is_deleted"]):
        return
    for other in others:
        if other and not other["is_deleted"] and other["org_id"] != row["org_id"]:
            yield f"{name} {row['id']} and its linked {other['id']} belong to different organizations"


def broken_custom_fields(account: Account) -> Iterator[str]:
    """Every record has every key, and each value has its type's shape."""
    for collection, entity in ENTITY_OF.items():
        fields = {f["field_code"]: f for f in account[collection].records() if f["is_custom_field"]}
        for row in account[entity].records():
            if set(row["custom_fields"]) != set(fields):
                yield f"{entity} {row['id']} has not the keys of its fields"
            for code, value in row["custom_fields"].items():
                kind = fields[code]["field_type"] if code in fields else "unknown"
                if value is not None and not SHAPES[kind](value):
                    yield f"{entity} {row['id']} holds {value!r} in a field of type {kind}"


def has(**kinds: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """An object of exactly these keys, each of its kind."""
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(kinds)
        and all(kind(value[key]) for key, kind in kinds.items())
    )


def text(value: object) -> bool:
    return isinstance(value, str)


def integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def number(value: object) -> bool:
    return integer(value) or isinstance(value, float)


def matching(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(pattern.fullmatch(value))


ZONE: dict[str, Callable[[Any], bool]] = {"timezone_id": integer, "timezone_name": text}
ADDRESS = [
    "value",
    "route",
    "street_number",
    "subpremise",
    "locality",
    "sublocality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
]
SHAPES: dict[str, Callable[[Any], bool]] = {
    "varchar": text,
    "varchar_auto": text,
    "text": text,
    "phone": text,
    "double": number,
    "int": integer,
    "monetary": has(value=number, currency=text),
    "date": matching(DATE),
    "daterange": has(value=matching(DATE), until=matching(DATE)),
    "time": has(value=matching(CLOCK), **ZONE),
    "timerange": has(value=matching(CLOCK), until=matching(CLOCK), **ZONE),
    "enum": integer,
    "set": lambda value: isinstance(value, list) and bool(value) and all(map(integer, value)),
    "user": integer,
    "org": integer,
    "people": integer,
    "address": has(**dict.fromkeys(ADDRESS, lambda part: part is None or isinstance(part, str))),
    "unknown": lambda _: False,
}
