"""Whom the tests of alerts tell, and an account to have something to tell of."""

from collections.abc import Iterator

import pytest

from tests.alerts.receivers import Web, web
from tests.support import Sandbox, sandbox


@pytest.fixture(scope="module")
def crm() -> Iterator[Sandbox]:
    """A small account."""
    with sandbox(60) as served:
        yield served


@pytest.fixture
def hook() -> Iterator[Web]:
    """A webhook."""
    with web() as received:
        yield received
