"""Records asked for one by one, where a CRM has no way to ask for several."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from sources.arrow import Decoder
from sources.budget import Tally
from sources.entity import DELETED, Entity
from sources.errors import NotFound
from sources.http import Answer, Client
from sources.paging import Page

MOST_AT_ONCE = 4


async def one_by_one(
    client: Client, entity: Entity, decoder: Decoder, tally: Tally, ids: Sequence[int]
) -> list[Page]:
    """A page for each of these records, empty for one that is not there any more."""
    room = asyncio.Semaphore(MOST_AT_ONCE)
    cost = entity.lists[0].cost

    def alone(answer: Answer) -> Page:
        page = decoder.decode(b'{"data":[' + answer.body + b"]}")
        return replace(page, rows=[row for row in page.rows if not getattr(row, DELETED, None)])

    async def ask(one: int) -> Page:
        path = entity.single.replace("{id}", str(one))
        async with room:
            try:
                return await client.get(path, {}, cost=cost, tally=tally, parse=alone)
            except NotFound:
                return Page([])

    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(ask(one)) for one in ids]
    return [task.result() for task in asking]
