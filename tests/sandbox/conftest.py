from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from sources.pipedrive.sandbox import imitation
from sources.sandbox.server import Running, Settings, running

ADMIN = {"x-api-token": "sandbox-admin-token"}
REGULAR = {"x-api-token": "sandbox-user-token"}


@contextmanager
def opened(**settings: Any) -> Iterator["Sandbox"]:
    """A small sandbox of one's own, without limits unless asked for."""
    facts = {"activities": 60, "limits": False, **settings}
    with running(Settings(**facts), [imitation()]) as at, httpx.Client(base_url=at.url, timeout=30) as http:
        yield Sandbox(at, http)


class Sandbox:
    """A running sandbox and a client that is its administrator."""

    def __init__(self, at: Running, http: httpx.Client) -> None:
        self.at = at
        self.http = http

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send one request as the administrator, or with the headers given."""
        headers = given.pop("headers", ADMIN)
        return self.http.request(method, path, headers=headers, **given)

    def get(self, path: str, *, headers: Any = ADMIN, **params: Any) -> httpx.Response:
        """Read a path."""
        return self.ask("GET", path, headers=headers, params=params)

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Read the rows of one page."""
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["data"]
        return rows

    def walk(self, path: str, **params: Any) -> list[list[dict[str, Any]]]:
        """Read all pages of a cursor walk."""
        pages: list[list[dict[str, Any]]] = []
        cursor = None
        while cursor or not pages:
            body = self.get(path, **params, **({"cursor": cursor} if cursor else {})).json()
            pages.append(body["data"])
            cursor = body["additional_data"]["next_cursor"]
        return pages

    def truth(self, entity: str) -> list[dict[str, Any]]:
        """Everything there is of an entity."""
        rows: list[dict[str, Any]] = self.http.get(f"/_sandbox/truth/{entity}").json()["data"]
        return rows

    def control(self, path: str, /, **body: Any) -> Any:
        """Use a control route."""
        response = self.http.post(f"/_sandbox/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    """A sandbox that tests only read; two business days have gone by in it."""
    with opened(activities=400) as box:
        box.control("advance", days=2)
        yield box


@pytest.fixture
def fresh() -> Iterator[Sandbox]:
    """A sandbox that a test may do anything to."""
    with opened() as box:
        yield box
