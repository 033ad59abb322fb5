"""All entities that one run reads: the walks, what is gathered from them, and the deletions they share."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache

from sources.budget import Tally
from sources.crm import Deletions, Gone
from sources.embedding import Gathering, Gatherings
from sources.paging import instant
from sources.reading import Held, Plan, Progress
from sources.resources import Extraction
from sources.walk import Fetcher


def extractions(
    progress: Sequence[Progress],
    fetcher: Fetcher,
    held: Held,
    loaded_at: datetime,
    deletions: Callable[[], Sequence[Gone]],
) -> list[Extraction | Gathering]:
    """Begin to read these entities; what stands within others is gathered while those are read."""
    gathered = [Gathering(one, held, loaded_at) for one in progress if one.plan.entity.embedded]
    walked = [one for one in progress if not one.plan.entity.embedded]
    return [
        *(
            Extraction(
                *(one, fetcher, held),
                loaded_at=loaded_at,
                deletions=deletions,
                within=Gatherings.of(one.plan.entity, gathered),
            )
            for one in walked
        ),
        *gathered,
    ]


def asked_once(
    reported: Deletions, planned: Sequence[Plan], fetcher: Fetcher, tally: Tally
) -> Callable[[], Sequence[Gone]]:
    """The deletions of all entities, asked for once, when they are first needed."""
    asking = [one for one in planned if one.deletions_since]

    @cache
    def ask() -> Sequence[Gone]:
        items = tuple(one.entity.recents_item for one in asking)
        since, until = min(one.deletions_since for one in asking), asking[0].until
        return fetcher.run(reported(fetcher.client, items, instant(since), instant(until), tally))

    return ask
