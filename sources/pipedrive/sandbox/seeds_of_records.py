"""What single records have: products, participants, followers, histories, comments, mails; and boards and roles.

A record here holds what the API tells of it and, hidden from the lists, its parent and the key that readers give it.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Final

from sources.pipedrive.sandbox.seeds_company import PHASES, uuid
from sources.pipedrive.sandbox.v1rows import COMPANY_ID, v1_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from sources.sandbox.store import Account, Record

    Make = Callable[[Account, Random, Record, int, str], Record]
    """From the parent, a number that no other has, and a moment."""

PARENTS: Final = 40
"""So many records of a kind have something at first; the others have nothing."""
SHARED: Final = ("deals", "persons", "organizations", "products")
COLUMNS: Final = {
    "deals": "deal_id",
    "persons": "person_id",
    "organizations": "org_id",
    "products": "product_id",
    "users": "followed_user_id",
}


def key(parent: Record, *own: Any) -> str:
    """Tell a record from the others of its parent."""
    return "/".join("null" if part is None else str(part) for part in (parent["id"], *own))


def deal_product(account: Account, rng: Random, deal: Record, nr: int, at: str) -> Record:
    """Put some product on a deal."""
    product = account["products"].get(rng.choice(account["products"].ids())) or {}
    price, quantity = rng.randrange(1, 900), rng.choice((1, 1, 2, 2.5))
    return {
        "id": nr, "deal_id": deal["id"], "product_id": product["id"], "product_variation_id": None,
        "name": product["name"], "order_nr": nr, "sum": price * quantity, "tax": 0, "add_time": at,
        "update_time": at, "comments": "", "currency": deal["currency"], "discount": 0,
        "discount_type": "percentage", "quantity": quantity, "item_price": price, "tax_method": "inclusive",
        "is_enabled": True, "billing_frequency": "one-time", "billing_frequency_cycles": None,
        "billing_start_date": None,
    }  # fmt: skip


def _installment(_: Account, rng: Random, deal: Record, nr: int, at: str) -> Record:
    return {"id": nr, "deal_id": deal["id"], "amount": rng.randrange(100, 900), "billing_date": at[:10],
            "description": "Delivery"}  # fmt: skip


def _discount(_: Account, rng: Random, deal: Record, __: int, at: str) -> Record:
    return {"id": uuid(rng), "deal_id": deal["id"], "type": "percentage", "amount": 10, "description": "10%",
            "created_at": at, "created_by": 1, "updated_at": at, "updated_by": 1}  # fmt: skip


def _participant(account: Account, rng: Random, deal: Record, nr: int, at: str) -> Record:
    return {
        "id": nr, "deal_id": deal["id"], "person_id": rng.choice(account["persons"].ids()), "add_time": v1_time(at),
        "active_flag": True, "added_by_user_id": 1, "related_item_type": "deal", "related_item_id": deal["id"],
        "related_item_data": {"deal_id": deal["id"], "title": deal["title"]},
    }  # fmt: skip


def _participant_change(account: Account, rng: Random, deal: Record, _: int, at: str) -> Record:
    person, time = rng.choice(account["persons"].ids()), v1_time(at)
    return {"id": key(deal, time, "added", person, 1), "deal_id": deal["id"], "actor_user_id": 1,
            "person_id": person, "action": "added", "time": time}  # fmt: skip


def _variation(_: Account, __: Random, product: Record, nr: int, ___: str) -> Record:
    return {"id": nr, "name": "Large", "product_id": product["id"], "prices": []}


def _relationship(_: Account, __: Random, organization: Record, nr: int, at: str) -> Record:
    own = {"value": organization["id"], "name": organization["name"]}
    return {
        "id": key(organization, nr), "org_id": organization["id"], "relationship_id": nr, "type": "related",
        "rel_owner_org_id": own, "rel_linked_org_id": {"value": 1, "name": "The first"}, "add_time": v1_time(at),
        "update_time": v1_time(at), "active_flag": True, "calculated_type": "related",
        "calculated_related_org_id": 1, "related_organization_name": "The first",
    }  # fmt: skip


def comment(_: Account, rng: Random, note: Record, __: int, at: str) -> Record:
    """Comment on a note."""
    time = at.replace("Z", ".750Z")
    name = uuid(rng)
    return {"id": name, "uuid": name, "note_id": note["id"], "active_flag": True, "add_time": time,
            "update_time": time, "content": "Agreed.", "object_id": str(note["id"]), "object_type": "note",
            "user_id": 1, "updater_id": 1, "company_id": COMPANY_ID}  # fmt: skip


def mail(_: Account, __: Random, thread: Record, nr: int, at: str) -> Record:
    """Write a mail in a thread."""
    flags = ("has_attachments", "has_inline_attachments", "has_real_attachments", "deleted", "synced", "smart_bcc",
             "mail_link_tracking_enabled", "draft", "sent", "sent_from_pipedrive")  # fmt: skip
    time = at.replace("Z", ".000Z") if "." not in at else at
    return {
        "id": nr, "mail_thread_id": thread["id"], "account_id": "sandbox", "user_id": 1, "subject": thread["subject"],
        "snippet": "Hello", "read_flag": 1, "has_body_flag": 1, **{f"{flag}_flag": 0 for flag in flags},
        "mail_tracking_status": None, "from": thread["parties"]["to"], "to": [], "cc": [], "bcc": [],
        "draft": None, "message_time": time, "add_time": time, "update_time": time,
    }  # fmt: skip


def follower(parents: str) -> Make:
    """Let a user follow a record."""

    def make(account: Account, rng: Random, parent: Record, _: int, at: str) -> Record:
        user = rng.choice(account["users"].ids())
        return {"id": key(parent, user), COLUMNS[parents]: parent["id"], "user_id": user, "add_time": at}

    return make


def follower_change(parents: str) -> Make:
    """Tell that a user began to follow."""

    def make(account: Account, rng: Random, parent: Record, _: int, at: str) -> Record:
        user = rng.choice(account["users"].ids())
        return {"id": key(parent, at, "added", user, 1), COLUMNS[parents]: parent["id"], "action": "added",
                "actor_user_id": 1, "follower_user_id": user, "time": at}  # fmt: skip

    return make


def change(parents: str) -> Make:
    """Tell of a field that was changed."""

    def make(_: Account, __: Random, parent: Record, nr: int, at: str) -> Record:
        time, before = v1_time(at), str(nr) if nr % 2 else None
        return {
            "id": key(parent, time, "owner_id", before, nr + 1, 1), COLUMNS[parents]: parent["id"],
            "field_key": "owner_id", "old_value": before, "new_value": str(nr + 1), "actor_user_id": 1,
            "time": time, "change_source": "app", "change_source_user_agent": None, "is_bulk_update_flag": False,
        }  # fmt: skip

    return make


def event(parents: str) -> Make:
    """Tell of something that happened."""

    def make(_: Account, __: Random, parent: Record, nr: int, at: str) -> Record:
        time = v1_time(at)
        return {"id": key(parent, "note", nr, time), COLUMNS[parents]: parent["id"], "object": "note",
                "item_id": str(nr), "timestamp": time, "data": {"id": nr, "content": "Called"}}  # fmt: skip

    return make


def _phases(account: Account, _: Random) -> Iterator[Record]:
    for board in account["boards"].records():
        for nr, name in enumerate(PHASES, 1):
            yield {"id": (board["id"] - 1) * len(PHASES) + nr, "name": name, "board_id": board["id"], "order_nr": nr,
                   "add_time": board["add_time"], "update_time": board["update_time"]}  # fmt: skip


def _project_change(_: Account, __: Random, project: Record, ___: int, at: str) -> Record:
    return {"id": key(project, at, 1, "{}", "{}"), "project_id": project["id"], "change_source": "app", "time": at,
            "change_source_user_agent": None, "new_values": {}, "old_values": {}, "actor_user_id": 1}  # fmt: skip


def _plan_item(_: Account, __: Random, project: Record, nr: int, ___: str) -> Record:
    return {"id": key(project, "task", nr), "project_id": project["id"], "item_id": nr, "item_type": "task",
            "phase_id": project["phase_id"], "group_id": None}  # fmt: skip


def _group(_: Account, __: Random, project: Record, nr: int, ___: str) -> Record:
    return {"id": nr, "project_id": project["id"], "name": "Group one", "order_nr": 1}


def _role_assignments(account: Account, _: Random) -> Iterator[Record]:
    for user in account["users"].records():
        yield role_assignment(user["id"], user["role_id"])


def role_assignment(user_id: int, role_id: int) -> Record:
    """Give a user a role."""
    return {"id": f"{role_id}/{user_id}", "user_id": user_id, "role_id": role_id, "parent_role_id": None,
            "name": "Sales", "active_flag": True, "type": "1"}  # fmt: skip


def _role_settings(account: Account, _: Random) -> Iterator[Record]:
    kinds = ("deal", "lead", "org", "person", "product")
    for role in account["roles"].records():
        visibility = {f"{kind}_default_visibility": 3 for kind in kinds}
        yield {"id": str(role["id"]), "role_id": role["id"], **visibility}


def _role_pipelines(account: Account, _: Random) -> Iterator[Record]:
    for role in account["roles"].records():
        yield {"id": str(role["id"]), "role_id": role["id"], "pipeline_ids": [1, 2], "visible": True}


def _set_assignments(account: Account, _: Random) -> Iterator[Record]:
    for one in account["permission_sets"].records():
        yield {"id": key(one, 1), "user_id": 1, "permission_set_id": one["id"], "name": one["name"]}


def of_each(parents: str, make: Make) -> Callable[[Account, Random], Iterator[Record]]:
    """Make one or two for each of the first parents, and none for every third."""

    def seed(account: Account, rng: Random) -> Iterator[Record]:
        numbers = count(1)
        for parent_id in account[parents].ids()[:PARENTS]:
            parent = account[parents].get(parent_id) or {}
            born = parent.get("add_time") or parent["created"]
            made = [make(account, rng, parent, next(numbers), _moment(born)) for _ in range(rng.randrange(3))]
            yield from {one["id"]: one for one in made}.values()

    return seed


def _moment(text: str) -> str:
    return text[:10] + "T" + text[11:19] + "Z"


SEEDS: Final = {
    "deal_products": of_each("deals", deal_product),
    "deal_installments": of_each("deals", _installment),
    "deal_discounts": of_each("deals", _discount),
    "deal_participants": of_each("deals", _participant),
    "deal_participant_changes": of_each("deals", _participant_change),
    "product_variations": of_each("products", _variation),
    "organization_relationships": of_each("organizations", _relationship),
    "note_comments": of_each("notes", comment),
    "mail_messages": of_each("mail_threads", mail),
    **{f"{name[:-1]}_followers": of_each(name, follower(name)) for name in (*SHARED, "users")},
    **{f"{name[:-1]}_follower_changes": of_each(name, follower_change(name)) for name in SHARED},
    **{f"{name[:-1]}_changes": of_each(name, change(name)) for name in SHARED[:3]},
    **{f"{name[:-1]}_flow": of_each(name, event(name)) for name in SHARED[:3]},
    "phases": _phases,
    "project_changes": of_each("projects", _project_change),
    "project_plans": of_each("projects", _plan_item),
    "project_groups": of_each("projects", _group),
    "role_assignments": _role_assignments,
    "role_settings": _role_settings,
    "role_pipelines": _role_pipelines,
    "permission_set_assignments": _set_assignments,
}
"""By collection."""
