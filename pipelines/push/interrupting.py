"""^C while something must be finished: the first one asks to end, the second one ends."""

import signal
import threading
from typing import Any, Self


class Interrupt:
    """Takes note of ^C for as long as the context lasts. In another thread than the first nothing can be noticed."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> Self:
        """Listen."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it to whoever listened before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, *_: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
