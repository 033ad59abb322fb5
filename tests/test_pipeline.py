"""The pipeline that loads go through."""

from typing import Any

import pytest

from pipelines.pipeline import open_pipeline
from pipelines.place import Place
from pipelines.warehouse import open_warehouse
from tests.support import sandbox


def test_what_the_destination_is_capable_of_is_looked_up_once_and_told_as_dlt_tells_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox(60, ["pipedrive"]) as crm, open_warehouse(place, "raw_pipedrive") as warehouse:
        plain = warehouse.destination.capabilities()
        pipeline = open_pipeline(crm.settings(place), warehouse)
        destination: Any = pipeline.destination
        looked_up: list[Any] = []
        configuration = destination.configuration

        def noted(*given: Any, **options: Any) -> Any:
            looked_up.append(given)
            return configuration(*given, **options)

        monkeypatch.setattr(destination, "configuration", noted)
        for _ in range(3):
            told = destination.capabilities()
            assert {name: told[name] for name in told if not callable(told[name])} == {
                name: plain[name] for name in plain if not callable(plain[name])
            }
            told.supported_loader_file_formats = []
        assert len(looked_up) <= 1
