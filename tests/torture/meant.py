"""What the pushes mean, computed in plain Python from the truth of both CRMs; the models say the same in SQL.

What people do to a record that was pushed is their right: one that they delete is not made again. All else is as the
models want it in the end, for they overwrite.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.support import Sandbox

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]


def differences(crm: Sandbox) -> list[str]:
    """How the CRMs differ from what was meant."""
    pipedrive, deskera = crm.truth("activities"), crm.truth("activities", "deskera")
    deals = [row for row in crm.truth("deals") if not row["is_deleted"] and not row["is_archived"]]
    owner = min(row["id"] for row in crm.truth("users") if row["active_flag"])
    return [
        *doubles(crm),
        *_made(
            "calls",
            pipedrive,
            call_of,
            {row["id"]: _call(row, owner) for row in deals if row["id"] % 3 == 0},
            "done",
        ),
        *_made(
            "tasks",
            deskera,
            task_of,
            {row["id"]: _task(row) for row in deals if row["id"] % 5 == 2},
            "is_status",
        ),
        *_forecast(deals),
        *_seen(deskera),
        *_tidied("pipedrive", pipedrive, call_of, "done", 17),
        *_tidied("deskera", deskera, task_of, "is_status", 13),
    ]


def doubles(crm: Sandbox) -> Iterator[str]:
    """Of which push keys there are two living records: at no time may there be one."""
    for name, marked in (("pipedrive", call_of), ("deskera", task_of)):
        rows = crm.truth("activities", name)
        living = Counter(marked(row) for row in rows if not row["is_deleted"] and marked(row))
        yield from (f"{name}: {times} living records of {key}" for key, times in living.items() if times > 1)


def call_of(row: Row) -> int:
    """The deal that a call of ours in Pipedrive is about; 0 when it is not ours."""
    return _number(row["public_description"], "call-")


def task_of(row: Row) -> int:
    """The deal that a task of ours in Deskera is about, whatever people have added to its notes."""
    return _number(row["notes"], "task-")


def _number(text: str | None, prefix: str) -> int:
    if not text or not text.startswith(prefix):
        return 0
    digits = text.removeprefix(prefix).partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def _call(deal: Row, owner: int) -> dict[str, Any]:
    key = deal["id"]
    return {
        "type": "call",
        "subject": f"Deal {key} is {deal['status']}",
        "owner_id": owner,
        "deal_id": key,
        "due_date": (date(2027, 1, 1) + timedelta(days=key % 20)).isoformat(),
        "public_description": f"call-{key}",
    }


def _task(deal: Row) -> dict[str, Any]:
    key = deal["id"]
    start = datetime(2027, 1, 1, 9, tzinfo=UTC) + timedelta(days=key % 20)
    return {
        "activity_type": "task",
        "name": f"Deal {key} is {deal['status']}",
        "start": start,
        "end": start + timedelta(minutes=30),
        "notes": f"task-{key}.",
    }


def _made(
    what: str, rows: Rows, marked: Callable[[Row], int], wanted: Mapping[int, Row], done: str
) -> Iterator[str]:
    """Records that the push creates, and completes once their rows have left."""
    ours: dict[int, Rows] = {}
    for row in rows:
        if marked(row):
            ours.setdefault(marked(row), []).append(row)
    yield from (f"{what}: no record of {key}" for key in wanted.keys() - ours.keys())
    for key, records in ours.items():
        for record in records:
            if record["is_deleted"]:
                continue
            expected = wanted.get(key, {done: True})
            yield from (
                f"{what} {key} (record {record['id']}): {name} is {record[name]!r}, not {value!r}"
                for name, value in expected.items()
                if _plain(record[name], value) != value
            )


def _plain(found: Any, wanted: Any) -> Any:
    """What is there in the form of what is wanted."""
    if isinstance(wanted, datetime) and isinstance(found, str):
        moment = datetime.fromisoformat(found)
        return moment.replace(tzinfo=moment.tzinfo or UTC)
    return found


def _forecast(deals: Iterable[Row]) -> Iterator[str]:
    for deal in deals:
        wanted = (date(2027, 2, 1) + timedelta(days=deal["id"] % 25)).isoformat()
        is_meant = deal["status"] == "open" and deal["id"] % 4 == 1
        if is_meant and deal["expected_close_date"] != wanted:
            yield f"deal {deal['id']}: expected_close_date is {deal['expected_close_date']}, not {wanted}"


def _seen(rows: Rows) -> Iterator[str]:
    for row in rows:
        is_meant = row["id"] % 7 == 3 and not row["is_deleted"] and not task_of(row)
        if is_meant and row["visibility_type"] != "team":
            yield f"deskera activity {row['id']}: visibility_type is {row['visibility_type']}, not team"


def _tidied(crm: str, rows: Rows, marked: Callable[[Row], int], done: str, divisor: int) -> Iterator[str]:
    for row in rows:
        if row[done] and row["id"] % divisor == 0 and not row["is_deleted"] and not marked(row):
            yield f"{crm} activity {row['id']}: it is still there"
