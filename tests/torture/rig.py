"""All that a course needs: the CRMs, the warehouse, the projects, the processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.place import Destination, Place
from tests.reading import written
from tests.support import ADMIN, DESKERA_TOKEN, Sandbox, place_in, sandbox
from tests.torture import project
from tests.torture.commands import Process, Trigger, Zygote, zygote
from tests.torture.server import PASSWORD, Server, served
from tests.torture.volume import Volume, volume
from tests.torture.zygote import NO_PAGE, PROJECT

READERS = 2
SETTINGS = {
    "SOURCES__{}__REQUEST_TIMEOUT_SECONDS": "2",
    "SOURCES__{}__REQUEST_TRIES": "4",
    "SOURCES__{}__SETTLING_SECONDS": "1",
}
"""Faults come and go quickly here."""
ENTITIES = {True: "all", False: "default"}
"""What is read of Pipedrive on the days of the whole project, and on others; in between, all else gets old."""
SECRETS = (ADMIN, DESKERA_TOKEN, PASSWORD)
ROOM = 400
"""Megabytes of the file system that gets full."""


@dataclass
class Rig:
    """What stands for the whole course."""

    folder: Path
    crm: Sandbox
    place: Place
    zygote: Zygote
    projects: dict[bool, Path]
    """The whole project, and the small one."""
    disk: Volume | None
    server: Server | None = None
    requests: list[Trigger] = field(default_factory=list)
    """What waits for a certain request."""
    asked: int = 0
    """Requests since the command began."""
    started: int = 0

    def count_requests(self) -> None:
        """Have each request counted, as the sandbox has answered it and before that is sent."""
        stats: Any = self.crm.server.world.stats
        plain = stats.add

        def add(reply: Any) -> None:
            plain(reply)
            self.asked += 1
            for one in self.requests:
                if self.asked >= one.at:
                    one.strike()

        stats.add = add

    def start(self, argv: Sequence[str], *, is_whole: bool) -> Process:
        """Start a command; its output is kept."""
        self.started += 1
        out = self.folder / "said" / f"{self.started:04}-{argv[0]}.out"
        out.parent.mkdir(exist_ok=True)
        return self.zygote.start(
            argv,
            env=self.environment(is_whole=is_whole),
            cwd=self.folder,
            out=out,
            err=out.with_suffix(".err"),
        )

    def environment(self, *, is_whole: bool) -> dict[str, str]:
        """The settings, as anybody would make them."""
        place, own = self.place, {PROJECT: str(self.projects[is_whole]), NO_PAGE: "" if is_whole else "1"}
        made = {name.format(crm): text for crm in ("PIPEDRIVE", "DESKERA") for name, text in SETTINGS.items()}
        made |= {
            "SOURCES__PIPEDRIVE__COMPANY_DOMAIN": self.crm.url,
            "SOURCES__PIPEDRIVE__API_TOKEN": ADMIN,
            "SOURCES__PIPEDRIVE__ENTITIES": ENTITIES[is_whole],
            "SOURCES__DESKERA__BASE_URL": self.crm.url,
            "SOURCES__DESKERA__ACCESS_TOKEN": DESKERA_TOKEN,
            "ROUNDTRIP__DESTINATION": place.destination,
            "ROUNDTRIP__WAREHOUSE": str(place.warehouse),
            "ROUNDTRIP__REPORTS": str(place.reports),
            "ROUNDTRIP__DASHBOARD": str(place.dashboard),
        }
        made |= {"ROUNDTRIP__POSTGRES_URL": place.postgres_url} if place.postgres_url else {}
        return (
            {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TZ": "UTC", "LANG": "C.UTF-8"}
            | own
            | made
        )


@contextmanager
def rig(folder: Path, *, seed: int, destination: Destination, activities: int) -> Iterator[Rig]:
    """Set all up; the folder is left, with the warehouse in it, for whoever wants to see."""
    with ExitStack() as stack:
        disk = stack.enter_context(volume(folder / "data", ROOM))
        server = stack.enter_context(served(folder)) if destination == "postgres" else None
        place = place_in(folder / "data", destination=destination, postgres_url=server.url if server else "")
        projects = {
            whole: project.make(folder / f"project-{whole}", is_whole=whole) for whole in (True, False)
        }
        forks = stack.enter_context(zygote())
        crm = stack.enter_context(sandbox(activities, seed=seed))
        made = Rig(folder, crm, place, forks, projects, disk, server)
        made.count_requests()
        yield made


@contextmanager
def readers(made: Rig) -> Iterator[list[dict[str, Any]]]:
    """Processes that read all the time; what they saw, once it is over."""
    stop = made.folder / "stop"
    command = [sys.executable, "-m", "tests.torture.readers", written(made.place), str(stop)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(READERS)
    ]
    told: list[dict[str, Any]] = []
    try:
        yield told
    finally:
        stop.touch()
        time.sleep(0)
        for process in processes:
            out, problem = process.communicate(timeout=120)
            failed = {"reads": 0, "states": 0, "torn": [problem[-2000:]], "away": 0}
            told.append(failed if process.returncode else json.loads(out.removeprefix("reading\n")))
