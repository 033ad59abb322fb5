"""What the lists beyond the big ones hold at first; the dice are their own, so that nothing else changes with them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from sources.pipedrive.sandbox import seeds_company as company
from sources.pipedrive.sandbox import seeds_of_records
from sources.pipedrive.sandbox.v1rows import COMPANY_ID
from sources.sandbox import phrases
from sources.sandbox.store import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sources.sandbox.store import Account, Record

MOST: Final = 600
"""The most records that one of these lists holds at first: more than a page, and soon made."""
FOLDERS: Final = (("inbox",), ("inbox", "sent"), ("sent",), ("archive",), ("drafts",))
OUTCOMES: Final = ("connected", "no_answer", "left_message", "left_voicemail", "wrong_number", "busy")


def seed(account: Account, leads: Sequence[str], number: int) -> None:
    """Fill the lists of an account whose big ones are filled; `leads` are the ids that activities name."""
    rng = Random(f"{number}/lists")
    for name, make in SEEDS.items():
        collection = account.setdefault(name, Collection(name))
        for record in make(account, rng):
            collection.put({"is_deleted": False, **record})
    for record in _leads(account, rng, leads):
        account["leads"].put(record)
    for name, make in seeds_of_records.SEEDS.items():
        collection = account.setdefault(name, Collection(name))
        for record in make(account, rng):
            collection.put({"is_deleted": False, **record})


def some(account: Account, name: str, count: int = MOST) -> list[Record]:
    """Return the first records of a collection that are not deleted."""
    collection = account[name]
    records = (collection.get(one) for one in collection.ids()[:count])
    return [record for record in records if record and not record["is_deleted"]]


def _leads(account: Account, rng: Random, ids: Sequence[str]) -> Iterator[Record]:
    persons = some(account, "persons")
    for lead_id in ids[: max(60, len(persons) // 3)]:
        yield lead(account, rng, lead_id, rng.choice(persons))


def lead(account: Account, rng: Random, lead_id: str, person: Record, at: str = "") -> Record:
    """Make up a lead; one of five is archived."""
    at = at or person["update_time"] or person["add_time"]
    precise = at.replace("Z", f".{rng.randrange(1000):03}Z")
    labels = [label["id"] for label in account["lead_labels"].records()]
    return {
        "id": lead_id,
        "title": f"{person['name']} lead",
        "owner_id": person["owner_id"],
        "creator_id": person["owner_id"],
        "label_ids": rng.sample(labels, rng.randrange(3)),
        "person_id": person["id"],
        "organization_id": person["org_id"],
        "source_name": rng.choice(company.SOURCES),
        "origin": "ManuallyCreated",
        "origin_id": None,
        "channel": None,
        "channel_id": None,
        "source_deal_id": None,
        "is_archived": rng.randrange(5) == 0,
        "was_seen": rng.random() < 0.7,  # noqa: PLR2004
        "value": {"amount": rng.randrange(9000), "currency": "EUR"} if rng.randrange(3) else None,
        "expected_close_date": at[:10] if rng.randrange(2) else None,
        "next_activity_id": None,
        "add_time": precise,
        "update_time": precise,
        "visible_to": "3",
        "cc_email": f"sandbox+lead{lead_id[:8]}@sandbox.pipedrivemail.com",
        "is_deleted": False,
    }


def _notes(account: Account, rng: Random) -> Iterator[Record]:
    for nr, deal in enumerate(some(account, "deals"), 1):
        yield note(account, rng, nr, deal, deal["add_time"])


def note(account: Account, rng: Random, nr: int, deal: Record, at: str) -> Record:
    """Make up a note on a deal."""
    user = account["users"].get(deal["owner_id"]) or {}
    places = ("deal", "lead", "organization", "person", "project", "task")
    return {
        "id": nr,
        "active_flag": True,
        "is_deleted": False,
        "add_time": at,
        "update_time": at,
        "content": rng.choice((*phrases.NOTE_SENTENCES, *filter(None, phrases.STRANGE_NOTES))),
        "deal": {"title": deal["title"]},
        "lead_id": None,
        "deal_id": deal["id"],
        "last_update_user_id": deal["owner_id"] if rng.randrange(2) else None,
        "org_id": deal["org_id"],
        "organization": None,
        "person": None,
        "person_id": deal["person_id"],
        "project_id": None,
        "project": None,
        "task_id": None,
        "task": None,
        **{f"pinned_to_{place}_flag": place == "deal" and nr % 5 == 0 for place in places},
        "user": {"email": user.get("email"), "icon_url": None, "is_you": user.get("id") == 1,
                 "name": user.get("name")},
        "user_id": deal["owner_id"],
    }  # fmt: skip


def _files(account: Account, rng: Random) -> Iterator[Record]:
    for nr, deal in enumerate(some(account, "deals", 250), 1):
        name = f"offer_{nr}.{rng.choice(('pdf', 'docx', 'jpg'))}"
        yield {
            "id": nr, "user_id": deal["owner_id"], "deal_id": deal["id"], "person_id": deal["person_id"],
            "org_id": deal["org_id"], "product_id": None, "activity_id": None, "lead_id": None, "project_id": None,
            "log_id": None, "add_time": deal["add_time"], "update_time": deal["add_time"], "file_name": name,
            "file_type": name.rpartition(".")[2], "file_size": rng.randrange(1, 9_000_000), "active_flag": True,
            "inline_flag": False, "remote_location": "s3", "remote_id": None, "cid": None, "s3_bucket": None,
            "mail_message_id": None, "mail_template_id": None, "deal_name": deal["title"], "person_name": None,
            "lead_name": None, "project_name": None, "org_name": None, "product_name": None,
            "url": f"https://sandbox.example.com/v1/files/{nr}/download", "name": name, "description": "",
        }  # fmt: skip


def _call_logs(account: Account, rng: Random) -> Iterator[Record]:
    for deal in some(account, "deals", 120):
        at = deal["add_time"].replace("Z", ".000Z")
        yield {
            "id": f"CA{rng.getrandbits(104):026x}", "activity_id": None, "person_id": deal["person_id"],
            "org_id": deal["org_id"], "deal_id": deal["id"], "lead_id": None, "subject": "Call",
            "duration": str(rng.randrange(600)), "outcome": rng.choice(OUTCOMES), "from_phone_number": None,
            "to_phone_number": f"+37277{rng.randrange(10**6):06}", "has_recording": False, "start_time": at,
            "end_time": at, "user_id": 1, "company_id": COMPANY_ID, "note": None,
        }  # fmt: skip


def _mail_threads(account: Account, rng: Random) -> Iterator[Record]:
    for nr, person in enumerate(some(account, "persons", 40), 1):
        yield mail_thread(
            rng, nr, person, (person["update_time"] or person["add_time"]).replace("Z", ".000Z")
        )


def mail_thread(rng: Random, nr: int, person: Record, at: str) -> Record:
    """Make up a mail thread with one person."""
    folders = list(FOLDERS[nr % len(FOLDERS)])
    flags = ("has_attachments", "has_inline_attachments", "has_real_attachments", "has_draft", "deleted",
             "shared", "synced", "external_deleted", "smart_bcc", "first_message_to_me", "all_messages_sent",
             "mail_link_tracking_enabled")  # fmt: skip
    party = {"id": person["id"], "name": person["name"], "latest_sent": False, "message_time": 1574677850000,
             "email_address": f"p{person['id']}@example.com", "linked_person_id": person["id"]}  # fmt: skip
    return {
        "id": nr, "account_id": "sandbox", "user_id": 1, "subject": f"Offer for {person['name']}",
        "snippet": rng.choice(phrases.NOTE_SENTENCES), "snippet_draft": None, "snippet_sent": "",
        "parties": {"to": [party], "from": []}, "drafts_parties": [], "folders": folders, "version": 1,
        "message_count": 1, "read_flag": rng.randrange(2), "mail_tracking_status": None,
        **{f"{flag}_flag": 0 for flag in flags},
        "has_sent_flag": int("sent" in folders), "archived_flag": int("archive" in folders),
        "last_message_timestamp": at, "first_message_timestamp": at, "last_message_sent_timestamp": None,
        "last_message_received_timestamp": at, "add_time": at, "update_time": at, "deal_id": None,
        "deal_status": None, "lead_id": None,
    }  # fmt: skip


def _projects(account: Account, rng: Random) -> Iterator[Record]:
    for nr, deal in enumerate(some(account, "deals", 12), 1):
        board = rng.randrange(len(company.BOARDS))
        yield {
            "id": nr, "title": f"Project {nr}", "description": None if nr % 3 else "As sold",
            "status": "open" if nr % 4 else "completed", "board_id": 1 + board,
            "phase_id": board * len(company.PHASES) + rng.randrange(1, 1 + len(company.PHASES)),
            "owner_id": deal["owner_id"],
            "start_date": deal["add_time"][:10], "end_date": None, "deal_ids": [deal["id"]],
            "person_ids": [deal["person_id"]] if deal["person_id"] else [],
            "org_ids": [deal["org_id"]] if deal["org_id"] else [], "label_ids": [], "health_status": None,
            "add_time": deal["add_time"], "update_time": deal["add_time"], "status_change_time": deal["add_time"],
            "archive_time": deal["add_time"] if nr % 5 == 0 else None, "custom_fields": {},
        }  # fmt: skip


def _tasks(account: Account, rng: Random) -> Iterator[Record]:
    for nr, project in enumerate(some(account, "projects") * 2, 1):
        yield task(rng, nr, project, project["add_time"])


def task(rng: Random, nr: int, project: Record, at: str) -> Record:
    """Make up a task of a project, not yet done."""
    return {
        "id": nr, "title": f"Task {nr}", "creator_id": project["owner_id"], "description": None,
        "project_id": project["id"], "is_done": False, "is_milestone": rng.randrange(4) == 0, "due_date": at[:10],
        "start_date": None, "parent_task_id": None, "assignee_ids": [project["owner_id"]], "priority": None,
        "add_time": at, "update_time": at, "marked_as_done_time": None,
    }  # fmt: skip


SEEDS: Final[dict[str, Callable[[Account, Random], Iterator[Record]]]] = {
    "lead_labels": company.lead_labels,
    "lead_sources": company.lead_sources,
    "lead_fields": company.lead_fields,
    "leads": lambda _, __: iter(()),
    "note_fields": company.note_fields,
    "notes": _notes,
    "files": _files,
    "call_logs": _call_logs,
    "filters": company.filters,
    "goals": company.goals,
    "roles": company.roles,
    "permission_sets": company.permission_sets,
    "webhooks": company.webhooks,
    "user_connections": company.user_connections,
    "billing_addons": company.billing_addons,
    "mail_threads": _mail_threads,
    "boards": company.boards,
    "project_fields": company.project_fields,
    "project_templates": company.project_templates,
    "projects": _projects,
    "tasks": _tasks,
}
"""By collection; those made first may be named by those after them."""
