"""Lost creates: which record of the CRM is the one whose answer was lost. Pure.

Such a record was added since the intent, belongs to no push key, and has what was sent. Two things may have happened to
it: the CRM keeps a text in its own way (a note without its scripts), and somebody has worked with it since. So a field
that the CRM need not keep verbatim may differ; and of a record that was changed after it was added, other fields may
differ too, if we were the one who added it soon after the intent, and most of it is still so.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipelines.push.actions import Pushed
from pipelines.push.ledger import Intent
from sources.pushing import Writable
from sources.writer import Record

SKEW = timedelta(seconds=60)
"""How much earlier than the intent a record may have been added: the CRM's machines need not agree on the time."""
SOON = timedelta(hours=1)
"""After the intent; a record that was added later is only taken for the lost one if it is just as it was sent."""
MOST_OF_IT = 0.5
TELLING = ("text", "uuid")
"""Kinds of values that hardly two records share by chance."""


def earliest(lost: Iterable[Intent]) -> datetime:
    """From when on to look for records."""
    return min(intent.at for intent in lost) - SKEW


def matched(
    lost: Sequence[Intent], candidates: Sequence[Record], *, claimed: Collection[int], user_id: int
) -> dict[str, Record]:
    """For each lost create its record, by push key; no record stands for two."""
    pairs = [
        (likeness, intent.at, intent.event, record.record_id, intent, record)
        for intent in lost
        for record in candidates
        if record.record_id not in claimed and (likeness := _likeness(intent, record, user_id)) > 0
    ]
    found: dict[str, Record] = {}
    taken: set[int] = set()
    # The more alike first; of those alike the later intent, since fewer records are young enough for it.
    for _, _, _, record_id, intent, record in sorted(pairs, key=lambda pair: pair[:4], reverse=True):
        if intent.action.push_key not in found and record_id not in taken:
            found[intent.action.push_key] = record
            taken.add(record_id)
    return found


def pushed_of(intent: Intent, record: Record) -> dict[str, Pushed]:
    """What was sent, and what the CRM made of it; where somebody has changed it since, that was just the same."""
    current = _values(intent, record)
    return {
        name: Pushed(value, current[name] if not _field(intent, name).verbatim else value)
        for name, value in intent.action.values.items()
    }


def _likeness(intent: Intent, record: Record, user_id: int) -> float:
    """How alike they are: 0 for another record, 1 for one that is just as it was sent."""
    if record.add_time is not None and record.add_time < intent.at - SKEW:
        return 0
    sent, current = intent.action.values, _values(intent, record)
    differing = {name for name, value in sent.items() if value != current[name]}
    share = (len(sent) - len(differing)) / max(1, len(sent))
    if not any(_field(intent, name).verbatim for name in differing) and len(differing) < len(sent):
        return share
    return (
        share
        if share >= MOST_OF_IT and _was_ours(intent, record, user_id) and _tells(intent, differing)
        else 0
    )


def _was_ours(intent: Intent, record: Record, user_id: int) -> bool:
    """Whether it may be ours, and have been changed since."""
    if record.add_time is None or record.update_time is None:
        return False
    changed = record.update_time > record.add_time
    ours = not user_id or record.creator in (None, user_id)
    return changed and ours and record.add_time <= intent.at + SOON


def _tells(intent: Intent, differing: Collection[str]) -> bool:
    """Whether something is still so that tells it from most others: a text, or what it belongs to."""
    same = [_field(intent, name) for name in intent.action.values if name not in differing]
    return any(one.kind in TELLING or (one.refers and one.refers[0] != "users") for one in same)


def _values(intent: Intent, record: Record) -> Mapping[str, Any]:
    return record.values_of(change.field for change in intent.action.changes)


def _field(intent: Intent, name: str) -> Writable:
    return next(change.field for change in intent.action.changes if change.field.name == name)
