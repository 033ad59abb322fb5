"""API v1: users, activity types, currencies, and the collections. Unknown parameters are ignored here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sources.pipedrive.sandbox import v1rows
from sources.pipedrive.sandbox.params import LIMIT, MOST, decode_cursor, encode_cursor
from sources.pipedrive.sandbox.replies import Answer, encode, ok, refused
from sources.pipedrive.sandbox.tokens import Credential
from sources.sandbox.index import View
from sources.sandbox.select import Query, page
from sources.sandbox.store import Account, Collection, Record

Params = Mapping[str, str]
STATUSES: Final = frozenset({"open", "won", "lost", "deleted"})
COMPANY: Final = {
    "company_id": v1rows.COMPANY_ID,
    "company_name": "Sandbox",
    "company_domain": "sandbox",
    "company_country": "EE",
    "company_industry": "IT Services",
    "language": {"language_code": "en", "country_code": "US"},
}


@dataclass(frozen=True)
class CollectionFacts:
    """What one v1 collection can be asked for: parameters by the fields they match, and its row."""

    entity: str
    row: Callable[[Record], Record]
    match: Mapping[str, str]
    archived: bool | None = None


COLLECTIONS: Final = {
    "activities/collection": CollectionFacts("activities", v1rows.activity_row, {"user_id": "owner_id"}),
    "deals/collection": CollectionFacts(
        "deals", v1rows.deal_row, {"user_id": "owner_id", "stage_id": "stage_id"}, archived=False
    ),
    "persons/collection": CollectionFacts("persons", v1rows.person_row, {"owner_id": "owner_id"}),
    "organizations/collection": CollectionFacts(
        "organizations", v1rows.organization_row, {"owner_id": "owner_id"}
    ),
}


def users(account: Account, who: Credential) -> Answer:
    """Answer all users, unpaged."""
    rows = [{**user, "is_you": user["id"] == who.user_id} for user in account["users"].records()]
    return ok(rows, {"company_id": v1rows.COMPANY_ID})


def me(account: Account, who: Credential) -> Answer:
    """Answer the user a token belongs to, with the company."""
    return ok({**(account["users"].get(who.user_id) or {}), "is_you": True, **COMPANY})


def activity_types(account: Account) -> Answer:
    """Answer all activity types, unpaged."""
    return ok(list(account["activity_types"].records()))


def currencies(account: Account, params: Params) -> Answer:
    """Answer the currencies whose name or code holds the term, unpaged."""
    term = params.get("term", "").lower()
    rows = account["currencies"].records()
    return ok([row for row in rows if term in row["name"].lower() or term in row["code"].lower()])


def collection_page(account: Account, facts: CollectionFacts, params: Params, who: Credential) -> Answer:
    """Answer one page of a collection, by id; `since` is inclusive, `until` exclusive."""
    if not who.is_admin:
        raise refused(403, "You do not have permissions to do this.")
    collection = account[facts.entity]
    limit = number(params, "limit", LIMIT, most=MOST)
    ids, then = _matching_page(collection, facts, params, limit)
    records = (collection.get(record_id) or {} for record_id in ids)
    cursor = encode_cursor({facts.entity: then}) if then else None
    return Answer(
        200,
        encode(
            {
                "success": True,
                "data": [facts.row(record) for record in records],
                "additional_data": {"next_cursor": cursor},
            }
        ),
    )


def number(params: Params, name: str, default: int, *, most: int) -> int:
    """Read a whole number leniently: what cannot be read is the default, what is too much is the most."""
    text = params.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < most else default


def moment(params: Params, name: str) -> str | None:
    """Read a v1 time, and return it as records have it."""
    if name not in params:
        return None
    try:
        return f"{datetime.strptime(params[name], '%Y-%m-%d %H:%M:%S'):%Y-%m-%dT%H:%M:%SZ}"  # noqa: DTZ007
    except ValueError:
        raise refused(400, f"Invalid datetime format for {name}, expected YYYY-MM-DD HH:MM:SS") from None


def _matching_page(
    collection: Collection, facts: CollectionFacts, params: Params, limit: int
) -> tuple[list[int], int | None]:
    query, at = _query(facts, params), _place(facts, params)
    wanted = _wanted(params)
    found: list[int] = []
    while True:
        ids, then = page(collection, query, ("", at) if at else None, limit)
        for record_id in ids:
            if wanted and not wanted(collection.get(record_id) or {}):
                continue
            if len(found) == limit:
                return found, record_id
            found.append(record_id)
        if then is None or (not wanted and len(found) == limit):
            return found, then[1] if then else None
        at = then[1]


def _query(facts: CollectionFacts, params: Params) -> Query:
    match: dict[str, Any] = {
        field: number(params, name, 0, most=2**53) for name, field in facts.match.items() if name in params
    }
    if facts.entity == "activities" and "done" in params:
        match["done"] = params["done"] in {"1", "true"}
    statuses = frozenset(params["status"].split(",")) & STATUSES if "status" in params else frozenset()
    by_status = statuses if facts.entity == "deals" and statuses else None
    return Query(
        view=View(archived=facts.archived, statuses=by_status),
        since=moment(params, "since"),
        until=moment(params, "until"),
        match=tuple(match.items()),
    )


def _place(facts: CollectionFacts, params: Params) -> int | None:
    if "cursor" not in params:
        return None
    place = (decode_cursor(params["cursor"]) or {}).get(facts.entity)
    if not isinstance(place, int):
        raise refused(400, "Invalid cursor")
    return place


def _wanted(params: Params) -> Callable[[Record], bool] | None:
    """Return the test for what no index answers: a comma list of types, or the first letter."""
    if params.get("type"):
        types = frozenset(params["type"].split(","))
        return lambda record: record.get("type") in types or "type" not in record
    if params.get("first_char"):
        first = params["first_char"][0].lower()
        return lambda record: (record.get("name") or "").lower().startswith(first)
    return None
