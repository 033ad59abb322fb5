"""Many deletions in one request, where the API can: those that are asked for in the same moment go together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

MOST = 100
"""Records that one request may name."""
MOMENT = 0.05
"""Seconds to wait for others."""
Result = TypeVar("Result")


@dataclass
class Together(Generic[Result]):
    """Collects ids, and does something to all of them at once; everybody who waits is given the one answer."""

    do: Callable[[list[int]], Awaitable[Result]]
    sleep: Callable[[float], Awaitable[None]]
    _ids: list[int] = field(default_factory=list)
    _task: asyncio.Task[Result] | None = None

    async def add(self, record_id: int) -> Result:
        """Have it done to one more record, together with others."""
        if self._task is None or len(self._ids) >= MOST:
            self._ids = []
            self._task = asyncio.create_task(self._soon(self._ids))
        self._ids.append(record_id)
        # One who gives up does not give up for the others.
        return await asyncio.shield(self._task)

    async def _soon(self, ids: list[int]) -> Result:
        await self.sleep(MOMENT)
        if self._ids is ids:
            self._task = None
        return await self.do(ids)
