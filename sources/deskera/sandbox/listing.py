"""The list of activities: a page by its number, in one of several orders, narrowed by a query."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from sources.deskera.sandbox.replies import OK, Answer, encode, invalid
from sources.deskera.sandbox.served import Activities
from sources.deskera.sandbox.times import planned
from sources.sandbox.index import Entry, View

Params = Mapping[str, str]
Test = Callable[["Told"], bool]

PAGE_SIZE: Final = 10
MOST: Final = 500
PARAMS: Final = frozenset({"page", "pageSize", "sortBy", "sortDir", "query"})
SORTS: Final = ("id", "name", "activity_type", "created_at", "updated_at", "start", "end")
DIRECTIONS: Final = ("asc", "desc")
CONDITION: Final = re.compile(r"(\w+)([=<>])(.*)", re.DOTALL)
LIVE: Final = View()
KNOWN: Final = (
    *("name", "contact_id", "organization_id", "deal_id", "assignee_id", "date", "activityType", "is_status"),
    *("source", "source_id"),
)


class Told(msgspec.Struct, gc=False):
    """What of an activity a query may ask for."""

    name: str
    activity_type: str
    contact_ids: list[int]
    organization_ids: list[int]
    assignee_ids: list[int]
    linked_to: int
    is_status: bool
    source: str
    source_id: str
    start: str | None


_told: Final = msgspec.json.Decoder(Told).decode


def page(activities: Activities, params: Params) -> Answer:
    """Answer one page; one beyond the last is empty."""
    for name in params:
        if name not in PARAMS:
            raise invalid(f"unknown query parameter {name!r}")
    number, size = _number(params, "page", 1, 2**31), _number(params, "pageSize", PAGE_SIZE, MOST)
    entries = _entries(activities, params)
    begin, count = (number - 1) * size, len(entries)
    if _choice(params, "sortDir", DIRECTIONS) == "desc":
        chosen = entries[max(0, count - begin - size) : max(0, count - begin)][::-1]
    else:
        chosen = entries[begin : begin + size]
    told = {"page": number, "totalRecords": count, "isZeroState": len(activities) == 0}
    data = activities.page([record_id for _, record_id in chosen])
    return Answer(OK, b"".join((b'{"data":', data, b',"paginationInfo":', encode(told), b"}")))


def _entries(activities: Activities, params: Params) -> list[Entry]:
    sort = _choice(params, "sortBy", SORTS)
    entries = activities.index(LIVE, sort).entries()
    tests = [_test(part) for part in params.get("query", "").split(",") if part]
    if not tests:
        return entries
    key = (sort, params["query"])
    return activities.derived(key, lambda: [one for one in entries if _fits(activities, one[1], tests)])


def _fits(activities: Activities, record_id: int, tests: list[Test]) -> bool:
    row = _told(activities.own(record_id))
    return all(test(row) for test in tests)


def _test(part: str) -> Test:
    found = CONDITION.fullmatch(part)
    name, sign, value = found.groups() if found else ("", "", "")
    if name not in KNOWN or (sign == "=") == (name == "date"):
        raise invalid(f"invalid query {part!r}: known are {', '.join(KNOWN)}")
    test: Test = _TESTS[name](sign, value)
    return test


def _date(sign: str, value: str) -> Test:
    try:
        moment = planned(datetime.fromtimestamp(_whole("date", value), UTC))
    except (OverflowError, OSError, ValueError):
        raise invalid(f"invalid date {value!r}: seconds since 1970 are expected") from None
    if sign == ">":
        return lambda row: row.start is not None and row.start > moment
    return lambda row: row.start is not None and row.start < moment


def _boolean(value: str) -> bool:
    if value not in {"true", "false"}:
        raise invalid(f"invalid is_status {value!r}: true or false is expected")
    return value == "true"


def _in(name: str, field: str) -> Callable[[str, str], Test]:
    def make(_sign: str, value: str) -> Test:
        wanted = _whole(name, value)
        return lambda row: wanted in getattr(row, field)

    return make


def _is(field: str, read: Callable[[str], Any]) -> Callable[[str, str], Test]:
    def make(_sign: str, value: str) -> Test:
        wanted = read(value)
        return lambda row: bool(getattr(row, field) == wanted)

    return make


def _named(_sign: str, value: str) -> Test:
    wanted = value.casefold()
    return lambda row: wanted in row.name.casefold()


_TESTS: Final[dict[str, Callable[[str, str], Test]]] = {
    "name": _named,
    "contact_id": _in("contact_id", "contact_ids"),
    "organization_id": _in("organization_id", "organization_ids"),
    "assignee_id": _in("assignee_id", "assignee_ids"),
    "deal_id": _is("linked_to", lambda value: _whole("deal_id", value)),
    "date": _date,
    "activityType": _is("activity_type", str),
    "is_status": _is("is_status", _boolean),
    "source": _is("source", str),
    "source_id": _is("source_id", str),
}


def _whole(name: str, value: str) -> int:
    if not re.fullmatch(r"\d{1,18}", value):
        raise invalid(f"invalid {name} {value!r}: a whole number is expected")
    return int(value)


def _number(params: Params, name: str, default: int, most: int) -> int:
    value = _whole(name, params.get(name, str(default)))
    if not 1 <= value <= most:
        raise invalid(f"invalid {name} {value}: it is between 1 and {most}")
    return value


def _choice(params: Params, name: str, known: tuple[str, ...]) -> str:
    value = params.get(name, known[0])
    value = value.lower() if known is DIRECTIONS else value
    if value not in known:
        raise invalid(f"invalid {name} {value!r}: known are {', '.join(known)}")
    return value
