"""Many records in one request, where the API has such a one: each is still read and decided on by itself."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from pipelines.push.acting import Actor, Done, Judged, ended, gone, troubled
from pipelines.push.actions import Action
from sources.errors import RETRIED, AnswerLost, ApiError, BudgetSpent, NotAccepted

if TYPE_CHECKING:
    from sources.writer import Record


async def act_together(actor: Actor, actions: Sequence[Action]) -> Sequence[Done]:
    """What came of one action, or of several of one kind (at most a hundred), in their order."""
    if len(actions) == 1:
        return [await actor.act(actions[0])]
    together = _delete_together if actions[0].operation == "delete" else _update_together
    return await together(actor, actions)


async def _update_together(actor: Actor, actions: Sequence[Action]) -> list[Done]:
    """Updates of fields that may be written to many at once: one request for all that are to become the same."""
    found = await asyncio.gather(*(actor.guarded(action, actor.judged(action)) for action in actions))
    came: dict[int, Done] = {place: one for place, one in enumerate(found) if isinstance(one, Done)}
    alike: defaultdict[bytes, dict[int, Judged]] = defaultdict(dict)
    for place, one in enumerate(found):
        if isinstance(one, Judged):
            alike[msgspec.json.encode(one.values, order="sorted")][place] = one
    for number, group in enumerate(alike.values()):
        done = await _updated(actor, list(group.values()), is_first=number == 0)
        came |= zip(group, done, strict=True)
    return [came[place] for place in range(len(actions))]


async def _updated(actor: Actor, group: Sequence[Judged], *, is_first: bool) -> list[Done]:
    """One request for all; where it is refused, one for each, since one bad row shall not stop the others.

    BudgetSpent or NotAccepted is raised of the first group only: after it something was sent.
    """
    actions = [one.action for one in group]
    try:
        answers = await actor.writer.update_many([one.record for one in group], group[0].values)
    except (BudgetSpent, NotAccepted) as error:
        if is_first:
            raise
        return [troubled(action, error) for action in actions]
    except AnswerLost as error:
        return [_unknown(action, error) for action in actions]
    except RETRIED as error:
        return [troubled(action, error) for action in actions]
    except ApiError:
        return [await actor.act(action) for action in actions]
    return [
        gone(one.action) if answered is None else actor.updated(one, answered)
        for one, answered in zip(group, answers, strict=True)
    ]


async def _delete_together(actor: Actor, actions: Sequence[Action]) -> list[Done]:
    judged = await asyncio.gather(*(actor.guarded(action, actor.deletable(action)) for action in actions))
    sound: dict[int, Record] = {place: one for place, one in enumerate(judged) if not isinstance(one, Done)}
    if not sound:
        return [one for one in judged if isinstance(one, Done)]
    deleted = await _deleted(actor, [actions[place] for place in sound])
    came = dict(zip(sound, deleted, strict=True))
    return [one if isinstance(one, Done) else came[place] for place, one in enumerate(judged)]


async def _deleted(actor: Actor, actions: Sequence[Action]) -> list[Done]:
    """One request for all; where it is refused, one for each, since one bad row shall not stop the others."""
    try:
        answered = await actor.writer.delete_many(action.record_id or 0 for action in actions)
    except (BudgetSpent, NotAccepted):
        raise
    except (AnswerLost, *RETRIED) as error:
        return [_unknown(action, error) for action in actions]
    except ApiError:
        return [await actor.guarded(action, actor.delete(action)) for action in actions]
    told = set(answered.deleted)
    return [
        ended(action, "applied", request_id=answered.request_id, is_deleted=True)
        if action.record_id in told
        else ended(action, "refused", "the CRM did not delete it", answered.request_id)
        for action in actions
    ]


def _unknown(action: Action, error: ApiError) -> Done:
    return ended(action, "unknown", error.message, error.request_id, trouble=error)
