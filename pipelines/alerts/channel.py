"""A way to reach somebody; and how it is kept from keeping a run waiting."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from pipelines.alerts.message import Message

TIMEOUT = 8.0
"""Seconds that a receiver may take to connect, and for each part of its answer."""
LONGEST = 20.0
"""Seconds that all of it may take, whatever a receiver does."""


class NotSent(Exception):
    """Why a message did not get through; it repeats no secret."""


class Channel(Protocol):
    """A way to reach somebody."""

    @property
    def name(self) -> str:
        """What it is called: webhook, mail, ping."""

    def send(self, message: Message) -> str:
        """Send it; what came back. Raises `NotSent`."""


class Sending:
    """Something that is sent beside, and waited for no longer than it may take."""

    def __init__(self, send: Callable[[], str]) -> None:
        self._send = send
        self._answer = ""
        self._problem = "no answer in time"
        # A daemon: one that hangs for ever does not keep the process from ending.
        self._thread = threading.Thread(target=self._run, daemon=True, name="alert")
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer, self._problem = self._send(), ""
        except NotSent as error:
            self._problem = str(error)
        except Exception as error:  # noqa: BLE001 (its text may repeat an address)
            self._problem = type(error).__name__

    def wait(self, seconds: float = LONGEST) -> tuple[str, str]:
        """What came back, and why it was not sent; the one or the other is empty."""
        self._thread.join(max(seconds, 0))
        return self._answer, self._problem


def send_all(senders: Mapping[str, Callable[[], str]]) -> dict[str, tuple[str, str]]:
    """Send by all channels at once; all of it takes no longer than one may."""
    sendings = {name: Sending(send) for name, send in senders.items()}
    begun = time.monotonic()
    return {name: one.wait(LONGEST - (time.monotonic() - begun)) for name, one in sendings.items()}
