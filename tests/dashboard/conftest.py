"""A small company's published tables, its dashboard, and a browser that shows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from pipelines.place import Place
from pipelines.transform import transform
from tests.dashboard.browser import Shown, browser, shown
from tests.dashboard.texts import EVIL, LONG
from tests.support import execute, place_in, run, sandbox


@pytest.fixture(scope="package")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Published tables of a small company with two CRMs, with texts in it that would like to be markup."""
    place = place_in(tmp_path_factory.mktemp("dashboard"))
    with sandbox(activities=1200) as crm:
        run(crm.settings(place))
        run(crm.settings(place, crm="deskera"))
    evil = EVIL.replace("'", "''")
    for statement in (
        f"update raw_pipedrive.users set name = '{evil}' where id = 1",
        "update raw_pipedrive.users set name = 'Same Name' where id in (2, 3)",
        f"update raw_pipedrive.activities set subject = '{evil}' where id % 2 = 0",
        f"update raw_pipedrive.activities set subject = '{LONG}' where id % 7 = 0",
        f"update raw_pipedrive.deals set title = '{evil}' where id % 2 = 0",
        f"update raw_pipedrive.activity_types set name = '{evil}' where key_string = 'call'",
        f"update raw_pipedrive.pipelines set name = '{evil}' where id = 2",
    ):
        execute(place, statement)
    done = transform(place)
    assert done.status == "done", done.problem
    return place


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="package")
def whole(chromium: Browser, published: Place) -> Iterator[Shown]:
    """One page that many tests look at; each begins with what it chooses."""
    with shown(chromium, published.dashboard) as view:
        yield view
