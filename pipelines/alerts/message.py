"""What is told: one message, however much is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.health import Problem

MOST = 20
"""Problems in one message; `roundtrip status` shows all."""


@dataclass(frozen=True)
class Message:
    """What is wrong that was not told before, what is over, and what goes on."""

    title: str
    problems: Sequence[Problem] = ()
    over: Sequence[str] = field(default_factory=tuple)
    """What was told to be wrong and is not any more."""
    standing: int = 0
    """How many problems go on that were told before."""
    note: str = ""

    @property
    def lines(self) -> list[str]:
        """What is told below the title."""
        told = [line for one in self.problems[:MOST] for line in _lines(one)]
        more = len(self.problems) - MOST
        told += [f"And {more} more; `roundtrip status` shows them."] if more > 0 else []
        told += [f"No longer so: {one}" for one in self.over[:MOST]]
        if self.standing:
            goes = "1 problem goes" if self.standing == 1 else f"{self.standing} problems go"
            told.append(f"{goes} on that was told before; `roundtrip status` shows all.")
        return [*told, self.note] if self.note else told

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        return "\n".join([self.title, "", *self.lines])


def _lines(one: Problem) -> list[str]:
    told = one.told[0].upper() + one.told[1:] if not one.crm else one.told
    return [f"- {told}", f"  Safe: {one.safe}", f"  To do: {one.remedy}"]


def title(problems: Sequence[Problem], over: Sequence[str], command: str, place: str) -> str:
    """What it is about, in one line."""
    if not problems:
        return f"Roundtrip: mended, after {command} ({place})"
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    only_notices = all(one.severity == "notice" for one in problems)
    what = f"{len(problems)} to know" if only_notices else count
    return f"Roundtrip: {what}{' and what is mended' * bool(over)}, after {command} ({place})"
