"""The nightly job: what a scheduler calls once a day."""

from typing import Any

from pipelines.config import Settings
from pipelines.load import Watch, load
from pipelines.ops import Run


def nightly(settings: Settings, *, watch: Watch, **seams: Any) -> Run:
    """Load what changed; the transforms follow once there are any."""
    return load(settings, command="nightly", watch=watch, **seams)
