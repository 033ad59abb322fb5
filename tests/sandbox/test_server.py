"""Starting and stopping."""

import signal
import subprocess
import sys

import httpx
import pytest

from sources.pipedrive.sandbox import imitation
from sources.sandbox.server import PortInUseError, Settings, running, serve

SERVE = """
from sources.pipedrive.sandbox import imitation
from sources.sandbox.server import Settings, serve
serve(Settings(activities=60), [imitation()], ready=lambda url: print(url, flush=True))
"""


def test_a_port_in_use_is_said_plainly() -> None:
    with running(Settings(activities=50), [imitation()]) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(PortInUseError, match=f"port {port} on 127.0.0.1 is in use"):
            serve(Settings(activities=50, port=port), [imitation()])


def test_a_sandbox_stops_with_a_client_still_connected() -> None:
    with httpx.Client() as client:
        with running(Settings(activities=50), [imitation()]) as sandbox:
            assert client.get(f"{sandbox.url}/_sandbox/clock").status_code == 200
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{sandbox.url}/_sandbox/clock")


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_cleanly_and_quietly(wanted: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", SERVE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/_sandbox/clock").status_code == 200
        process.send_signal(wanted)
        rest, complaints = process.communicate(timeout=30)
    assert (process.returncode, rest, complaints) == (0, "", "")
