"""A webhook as Slack has them; Mattermost, Rocket.Chat, Google Chat and Discord's `/slack` take the same."""

from dataclasses import dataclass, field

from pipelines.alerts.http import ask
from pipelines.alerts.message import Message

MOST_LETTERS = 3_900
"""Slack cuts longer texts into several messages."""


@dataclass(frozen=True)
class Webhook:
    """Posts to one address."""

    url: str = field(repr=False)
    name: str = "webhook"

    def send(self, message: Message) -> str:
        """Post it; what came back."""
        return ask("POST", self.url, {"text": text(message)})


def text(message: Message) -> str:
    """The message in Slack's markup, in which `<` begins a link or calls everybody."""
    told = "\n".join([f"*{_escaped(message.title)}*", *map(_escaped, message.lines)])
    return told if len(told) <= MOST_LETTERS else told[:MOST_LETTERS].rsplit("\n", 1)[0] + "\n…"


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
