"""A dead man's switch: a service that tells somebody when no ping comes, because this machine is off or nothing starts.

healthchecks.io and what is like it: a GET of the address says that the job is done, of `/start` after it that it has
begun, of `/fail` that it failed. A job that is done in part was done: what it lacks is for the other channels.
"""

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pipelines.alerts.http import ask
from pipelines.alerts.message import Message

Signal = Literal["start", "success", "fail"]


@dataclass(frozen=True)
class Ping:
    """Asks for one address."""

    url: str = field(repr=False)
    start_and_fail: bool = True
    """Whether the service knows /start and /fail."""
    name: str = "ping"

    def signal(self, what: Signal) -> str:
        """Tell the service; what came back."""
        return ask("GET", self.address(what))

    def send(self, _message: Message) -> str:
        """Tell the service that all is done."""
        return self.signal("success")

    def address(self, what: Signal) -> str:
        """The address that says it; a query stays behind it."""
        if what == "success":
            return self.url
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{what}"))

    def knows(self, what: Signal) -> bool:
        """Whether there is an address that says it."""
        return what == "success" or self.start_and_fail
