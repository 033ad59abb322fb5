"""A page of one of the lists beyond the big ones."""

from bisect import bisect_left
from collections.abc import Mapping

from sources.pipedrive.sandbox import params as read
from sources.pipedrive.sandbox.lists import Served
from sources.pipedrive.sandbox.replies import Answer, invalid, ok, refused
from sources.pipedrive.sandbox.tokens import Credential
from sources.pipedrive.sandbox.v1 import number
from sources.sandbox.store import Account, Collection, Record

Params = Mapping[str, str]


def page(account: Account, served: Served, params: Params, who: Credential, parent: str) -> Answer:
    """Answer one page; `parent` is the id in the path."""
    if served.admins and not who.is_admin:
        raise refused(403, "You do not have permissions to do this.")
    if served.version == "v2":
        read.only(params, _allowed(served))
    _check_parent(account, served, parent)
    found = _found(account[served.collection], served, params, parent)
    if served.paging == "none":
        return ok(served.wrap([_shown(served, row) for row in found]))
    begin, limit = _place(served, params, found)
    rows = [_shown(served, row) for row in found[begin : begin + limit]]
    more = len(found) > begin + limit
    if served.paging == "cursor":
        cursor = read.encode_cursor({"id": found[begin + limit]["id"]}) if more else None
        return ok(rows, {"next_cursor": cursor})
    told = {"start": begin, "limit": limit, "more_items_in_collection": more}
    return ok(rows, {"pagination": {**told, "next_start": begin + limit} if more else told})


def _check_parent(account: Account, served: Served, parent: str) -> None:
    """Refuse the list of a record that is not known, or not any more."""
    owner = served.path.split("/")[0]
    if parent.isdigit() and owner in account and not account[owner].knows(int(parent)):
        raise refused(404, f"{owner.removesuffix('s').capitalize()} not found")


def _allowed(served: Served) -> frozenset[str]:
    paged = {"limit", "cursor"} if served.paging == "cursor" else set()
    return frozenset({*paged, *filter(None, (served.ids,))})


def _found(collection: Collection, served: Served, params: Params, parent: str) -> list[Record]:
    """Find the records to show, by id."""
    asked = params.get(served.ids, parent) if served.ids else parent
    if served.ids and not asked:
        raise refused(400, f"{served.ids} is required")
    since = params.get("updated_since", "")
    folder = params.get(served.needs, "")
    if served.needs and not folder:
        raise refused(400, f"{served.needs} is required")
    key = (served.version, served.path, asked, since, folder)

    def make() -> list[Record]:
        records = _children(collection, served.parent, asked) if served.parent else collection.records()
        return [
            row
            for row in records
            if not row["is_deleted"]
            and served.only(row)
            and (not folder or folder in row["folders"])
            and (not since or (row["update_time"] or "") >= since)
        ]

    return collection.derived(key, make)


def _children(collection: Collection, field: str, asked: str) -> list[Record]:
    values = [int(one) if one.isdigit() else one for one in asked.split(",")]
    ids = sorted(one for value in values for one in collection.lookup(field).ids(value))
    return [record for one in ids if collection.knows(one) and (record := collection.get(one))]


def _shown(served: Served, record: Record) -> Record:
    hidden = {"is_deleted", *served.hidden}
    return {key: value for key, value in served.row(record).items() if key not in hidden}


def _place(served: Served, params: Params, found: list[Record]) -> tuple[int, int]:
    """Where a page begins, and how long it is."""
    if served.paging == "offset":
        limit = number(params, "limit", min(100, served.most), most=served.most)
        return number(params, "start", 0, most=2**53), limit
    if "cursor" not in params:
        return 0, read.limit(params)
    place = (read.decode_cursor(params["cursor"]) or {}).get("id")
    if place is None:
        raise invalid("Validation failed: cursor: Invalid cursor")
    return bisect_left(found, place, key=lambda row: row["id"]), read.limit(params)
