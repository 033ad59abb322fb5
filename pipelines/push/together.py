"""Many deletions in one request, where the API has such a one: each record is still read and decided on by itself."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.push.acting import Actor, Done, ended
from pipelines.push.actions import Action
from sources.errors import RETRIED, ApiError, BudgetSpent, NotAccepted

if TYPE_CHECKING:
    from sources.writer import Record


async def act_together(actor: Actor, actions: Sequence[Action]) -> Sequence[Done]:
    """What came of one action, or of several deletions (at most a hundred), in their order."""
    return [await actor.act(actions[0])] if len(actions) == 1 else await _delete_together(actor, actions)


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
    except RETRIED as error:
        return [
            ended(action, "unknown", error.message, error.request_id, trouble=error) for action in actions
        ]
    except ApiError:
        return [await actor.guarded(action, actor.delete(action)) for action in actions]
    told = set(answered.deleted)
    return [
        ended(action, "applied", request_id=answered.request_id, is_deleted=True)
        if action.record_id in told
        else ended(action, "refused", "the CRM did not delete it", answered.request_id)
        for action in actions
    ]
