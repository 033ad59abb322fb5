"""The lists of API v2, and the reading of single records."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sources.pipedrive.sandbox import params as read
from sources.pipedrive.sandbox.replies import Answer, invalid, refused, rows
from sources.sandbox.index import Entry, View
from sources.sandbox.select import Query, page
from sources.sandbox.store import Account, Collection

Params = Mapping[str, str]

TIMES: Final = ("id", "update_time", "add_time")
WINDOW: Final = ("updated_since", "updated_until")
STATUSES: Final = frozenset({"open", "won", "lost", "deleted"})
COMMON: Final = frozenset({"limit", "cursor"})
SORTED: Final = frozenset({"sort_by", "sort_direction"})
LABELS: Final = frozenset({"include_option_labels", "include_labels"})
COUNTS: Final = frozenset({
    "next_activity_id", "last_activity_id", "files_count", "notes_count", "followers_count",
    "email_messages_count", "activities_count", "done_activities_count", "undone_activities_count",
    "smart_bcc_email",
})  # fmt: skip
DEAL_FIELDS: Final = COUNTS | {
    "first_won_time", "products_count", "participants_count", "last_incoming_mail_time",
    "last_outgoing_mail_time", "source_lead_id",
}  # fmt: skip
CONTACT_FIELDS: Final = COUNTS | {
    "open_deals_count", "related_open_deals_count", "closed_deals_count", "related_closed_deals_count",
    "won_deals_count", "related_won_deals_count", "lost_deals_count", "related_lost_deals_count",
}  # fmt: skip
PERSON_FIELDS: Final = CONTACT_FIELDS | {
    "participant_open_deals_count", "participant_closed_deals_count", "last_incoming_mail_time",
    "last_outgoing_mail_time", "marketing_status", "doi_status",
}  # fmt: skip
FIELD_NAMESPACES: Final = frozenset({"ui_visibility", "important_fields", "required_fields"})


@dataclass(frozen=True)
class List:
    """What one list can be asked for.

    `include` are the values of include_fields; `extra` parameters are accepted and without effect.
    """

    collection: str
    view: View = View()  # noqa: RUF009
    sorts: tuple[str, ...] = TIMES
    window: tuple[str, ...] = ()
    match: Mapping[str, Callable[[Params, str], Any]] | None = None
    include: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    by_ids: bool = True
    by_status: bool = False

    @property
    def allowed(self) -> frozenset[str]:
        """Return all its parameters."""
        names = {*COMMON, *self.extra, *self.window, *(self.match or ())}
        names |= SORTED if self.sorts else set()
        names |= {"ids", "filter_id"} if self.by_ids else set()
        names |= {"include_fields"} if self.include else set()
        return frozenset(names | {"status"} if self.by_status else names)


def _matching(*names: str) -> dict[str, Callable[[Params, str], Any]]:
    return dict.fromkeys(names, read.integer)


DEALS: Final = List(
    "deals",
    View(archived=False),
    window=WINDOW,
    match=_matching("owner_id", "person_id", "org_id", "pipeline_id", "stage_id"),
    include=DEAL_FIELDS,
    extra=LABELS | {"custom_fields"},
    by_status=True,
)

LISTS: Final = {
    "activities": List(
        "activities",
        sorts=(*TIMES, "due_date"),
        window=WINDOW,
        match={
            **_matching("owner_id", "deal_id", "person_id", "org_id"),
            "lead_id": read.text,
            "done": read.boolean,
        },
        include=frozenset({"attendees"}),
    ),
    "deals": DEALS,
    "deals/archived": replace(DEALS, view=View(archived=True), extra=frozenset({"custom_fields"})),
    "persons": List(
        "persons",
        window=WINDOW,
        match=_matching("owner_id", "org_id", "deal_id"),
        include=PERSON_FIELDS,
        extra=LABELS | {"custom_fields"},
    ),
    "organizations": List(
        "organizations",
        window=WINDOW,
        match=_matching("owner_id"),
        include=CONTACT_FIELDS | {"people_count"},
        extra=LABELS | {"custom_fields"},
    ),
    "products": List(
        "products",
        sorts=("id", "name", "add_time", "update_time"),
        window=WINDOW[:1],
        match=_matching("owner_id"),
        extra=frozenset({"custom_fields"}),
    ),
    "pipelines": List("pipelines", by_ids=False),
    "stages": List("stages", sorts=(*TIMES, "order_nr"), match=_matching("pipeline_id"), by_ids=False),
}

FIELD_LISTS: Final = {
    path: List(collection, sorts=(), by_ids=False, include=include)
    for path, collection, include in (
        ("activityFields", "activity_fields", frozenset({"ui_visibility"})),
        ("dealFields", "deal_fields", FIELD_NAMESPACES),
        ("personFields", "person_fields", FIELD_NAMESPACES),
        ("organizationFields", "organization_fields", FIELD_NAMESPACES),
        ("productFields", "product_fields", frozenset({"ui_visibility"})),
    )
}

NAMES: Final = {
    "activities": "Activity",
    "deals": "Deal",
    "persons": "Person",
    "organizations": "Organization",
}
"""What can be read one by one."""


def list_page(account: Account, facts: List, params: Params) -> Answer:
    """Answer one page of a list."""
    read.only(params, facts.allowed)
    query = _query(account, facts, params)
    include = read.choices(params, "include_fields", facts.include) or ()
    collection = account[facts.collection]
    ids, then = page(collection, query, _place(params, query), read.limit(params))
    cursor = _cursor(query, then) if then else None
    return rows(collection.page(ids, include), {"next_cursor": cursor})


def one(account: Account, entity: str, record_id: int, params: Params) -> Answer:
    """Answer one record; a deleted one is found for as long as it is kept."""
    facts = LISTS[entity]
    read.only(params, facts.extra | {"include_fields"})
    include = read.choices(params, "include_fields", facts.include) or ()
    collection = account[entity]
    if not collection.knows(record_id):
        raise refused(404, f"{NAMES[entity]} not found")
    return rows(collection.page([record_id], include)[1:-1])


def _query(account: Account, facts: List, params: Params) -> Query:
    read.custom_fields(params)
    if "filter_id" in params:
        raise refused(404, "Filter not found")  # the account holds no filters
    match = {name: reader(params, name) for name, reader in (facts.match or {}).items() if name in params}
    ids = read.ids(params)
    if facts.collection == "persons" and "deal_id" in match:
        ids = _persons_of_deal(account["deals"], match.pop("deal_id"), ids)
    return Query(
        view=_view(facts, params),
        sort=read.choice(params, "sort_by", facts.sorts or ("id",)),
        descending=read.choice(params, "sort_direction", ("asc", "desc")) == "desc",
        since=read.moment(params, "updated_since"),
        until=read.moment(params, "updated_until"),
        ids=ids,
        match=tuple(match.items()),
    )


def _view(facts: List, params: Params) -> View:
    statuses = read.choices(params, "status", STATUSES) if facts.by_status else None
    return replace(facts.view, statuses=statuses) if statuses else facts.view


def _persons_of_deal(deals: Collection, deal_id: int, ids: frozenset[int] | None) -> frozenset[int]:
    deal = deals.get(deal_id) or {}
    linked = frozenset({deal["person_id"]} if deal.get("person_id") else ())
    return linked if ids is None else linked & ids


def _place(params: Params, query: Query) -> Entry | None:
    """Return the entry a cursor points to; it must be one of this very order."""
    if "cursor" not in params:
        return None
    place = read.decode_cursor(params["cursor"]) or {}
    value, record_id = place.get("fieldValue"), place.get("id")
    order = (place.get("field"), place.get("sortDirection"))
    if not isinstance(record_id, int) or order != (query.sort, "desc" if query.descending else "asc"):
        raise invalid("Validation failed: cursor: Invalid cursor")
    return ("" if query.sort == "id" else str(value or ""), record_id)


def _cursor(query: Query, entry: Entry) -> str:
    value, record_id = entry
    return read.encode_cursor(
        {
            "field": query.sort,
            "fieldValue": record_id if query.sort == "id" else value or None,
            "sortDirection": "desc" if query.descending else "asc",
            "id": record_id,
        }
    )
