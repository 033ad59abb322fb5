"""An event loop whose clock jumps to the next thing to do, so that tests of pauses take no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Jump(selectors.DefaultSelector):
    """Waits for nothing; what would have been waited for has passed."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        """Move the clock on instead of waiting."""
        assert timeout is not None, "everybody waits, and nobody will come"
        self.now += timeout
        return super().select(0)


class VirtualTime(asyncio.SelectorEventLoop):
    """Its time begins at 0 and passes only while everybody sleeps."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        """Return the seconds that seem to have passed."""
        return self._jump.now


def now() -> float:
    """Tell the running loop's time."""
    return asyncio.get_running_loop().time()


def at_once(work: Coroutine[Any, Any, Result]) -> Result:
    """Run something to its end without waiting."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        return runner.run(work)
