"""Start the sandbox in the foreground, or as a process of its own for a while."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from pipelines import console
from sources.deskera.sandbox import imitation as deskera
from sources.errors import UsageError
from sources.pipedrive.sandbox import imitation as pipedrive
from sources.sandbox.crm import Crm
from sources.sandbox.server import PortInUseError, serve
from sources.sandbox.settings import Settings

START_UP = 300.0
READY = "serving at "
IMITATIONS: Mapping[str, Callable[[], Crm]] = {"pipedrive": pipedrive, "deskera": deskera}


def imitations(names: Sequence[str] = ()) -> list[Crm]:
    """The CRMs to host; all, when none is named."""
    for name in names:
        if name not in IMITATIONS:
            raise UsageError(
                f"There is no sandbox of a CRM {name!r}.", way_out=f"Known: {', '.join(IMITATIONS)}."
            )
    return [make() for name, make in IMITATIONS.items() if not names or name in names]


def serve_sandbox(
    *,
    activities: int,
    seed: int,
    port: int,
    plan: str,
    seats: int,
    limits: bool,
    latency: float,
    crms: Sequence[str] = (),
) -> None:
    """Serve until interrupted; says where, and with which tokens."""
    console.note(f"Making up an account with {activities:,} activities ...", "dim")
    try:
        settings = Settings(
            activities=activities,
            seed=seed,
            port=port,
            plan=plan,
            seats=seats,
            limits=limits,
            latency=latency,
        )
        serve(settings, imitations(crms), ready=_say)
    except (PortInUseError, ValueError) as error:
        raise UsageError(str(error)) from error


def _say(url: str) -> None:
    sys.stdout.write(f"{READY}{url}\n")
    sys.stdout.flush()
    console.note(
        f"Read it with SOURCES__PIPEDRIVE__COMPANY_DOMAIN={url} SOURCES__PIPEDRIVE__API_TOKEN=sandbox-admin-token\n"
        f"and SOURCES__DESKERA__BASE_URL={url} SOURCES__DESKERA__ACCESS_TOKEN=sandbox-deskera-token\n"
        f"Or log in, with no API token set: SOURCES__PIPEDRIVE__OAUTH_URL={url} SOURCES__PIPEDRIVE__CLIENT_ID="
        "sandbox-client SOURCES__PIPEDRIVE__CLIENT_SECRET=sandbox-secret roundtrip login pipedrive\n"
        f"Let a business day pass: curl -X POST {url}/_sandbox/advance -d '{{\"days\": 1}}'   Stop: Ctrl-C",
        "dim",
    )


@dataclass(frozen=True)
class Process:
    """A sandbox in a process of its own."""

    url: str

    @property
    def connections(self) -> Mapping[str, Mapping[str, str]]:
        """What it takes to connect to each CRM; the tokens are the sandbox's public ones."""
        return {
            "pipedrive": {"company_domain": self.url, "api_token": "sandbox-admin-token"},
            "deskera": {"base_url": self.url, "access_token": "sandbox-deskera-token"},
        }

    def control(self, path: str, **body: object) -> Any:
        """POST to a control route."""
        answer = httpx.post(f"{self.url}/_sandbox/{path}", json=body, timeout=START_UP)
        answer.raise_for_status()
        return answer.json()


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[Process]:
    """Run `roundtrip sandbox` beside this process for a while."""
    command = [sys.executable, "-m", "pipelines", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 (this program itself, and no shell)
        try:
            yield Process(_url(process))
        finally:
            process.terminate()


def _url(process: subprocess.Popen[str]) -> str:
    late = threading.Timer(START_UP, process.kill)
    late.start()
    try:
        for line in process.stdout or ():
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
    finally:
        late.cancel()
    raise UsageError("The sandbox did not start.", way_out="`roundtrip sandbox` shows why.")
