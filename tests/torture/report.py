"""What was done, in figures."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tests.torture.story import Event, Story


def figures(story: Story, seen: Sequence[Mapping[str, Any]], *, days: int, seconds: float) -> dict[str, Any]:
    """All figures of a course."""
    events = story.events
    killed = [one for one in events if one.is_killed]
    return {
        "days": days,
        "commands": len(events),
        "requests": story.requests,
        "kills": len(killed),
        "kills by command": _counted(one.argv[0] for one in killed),
        "kills by step": _counted(one.last for one in killed),
        "faults": sum(sum(one.fired.values()) for one in events),
        "faults by kind": _counted(kind for one in events for kind, n in one.fired.items() for _ in range(n)),
        "exit codes": _counted(str(one.code) for one in events),
        "restarts of Postgres": _struck(events, "restart"),
        "full disks": _struck(events, "fill"),
        "full disks felt": sum("fill" in one.in_time and one.code in (1, 2, 3) for one in events),
        "two at once": _struck(events, "rival"),
        "refused as held": sum(one.is_refused for one in events),
        "people at work meanwhile": _struck(events, "people"),
        "reads": sum(one["reads"] for one in seen),
        "states seen": max((one["states"] for one in seen), default=0),
        "reads while Postgres was away": sum(one["away"] for one in seen),
        "minutes": round(seconds / 60, 1),
    }


def _struck(events: Sequence[Event], kind: str) -> int:
    return sum(kind in one.in_time for one in events)


def _counted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def lines(found: Mapping[str, Any]) -> list[str]:
    """The figures for people."""
    told = []
    for name, value in found.items():
        if isinstance(value, Mapping):
            told.append(f"  {name}: " + ", ".join(f"{word} {count:,}" for word, count in value.items()))
        else:
            told.append(f"  {name}: {value:,}")
    return told
