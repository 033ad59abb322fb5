"""What a sandbox is started with."""

from dataclasses import dataclass, field

import pendulum


def _start() -> pendulum.DateTime:
    return pendulum.datetime(2026, 10, 1, 20)


@dataclass(frozen=True)
class Settings:
    """Size, seed and manners of a sandbox. `port` 0 takes any free one, `latency` is seconds a request."""

    activities: int = 2000
    seed: int = 1
    start: pendulum.DateTime = field(default_factory=_start)
    host: str = "127.0.0.1"
    port: int = 0
    plan: str = "growth"
    seats: int = 5
    limits: bool = True
    latency: float = 0.0
