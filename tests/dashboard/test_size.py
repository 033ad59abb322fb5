"""The page stays small, and is written whole or not at all."""

import os
import stat
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from pipelines.dashboard.encoding import series
from pipelines.dashboard.page import embedded
from pipelines.place import Place
from sources.errors import UsageError
from tests.dashboard.browser import shown
from tests.dashboard.tables import emptied, grow, written

LIMIT = 6_000_000


def test_the_page_of_a_million_activities_is_below_six_megabytes_and_still_works(
    chromium: Browser, published: Place, tmp_path: Path
) -> None:
    place = emptied(published, tmp_path)
    grow(place, activities=1_000_000, deals=200_000, owners=100)
    written(place)
    assert 1_000_000 < place.dashboard.stat().st_size < LIMIT
    with shown(chromium, place.dashboard) as view:
        assert view.value("#overdue", "overdue-all") == 250_000
        assert not view.page.get_by_label("CRM", exact=True).is_visible(), "there is only one"
        assert "Pipedrive" not in view.text("#owners")
        assert view.problems == []


def test_with_very_many_owners_the_page_looks_less_far_back_instead_of_growing(
    chromium: Browser, published: Place, tmp_path: Path
) -> None:
    place = emptied(published, tmp_path)
    grow(place, activities=500_000, deals=30_000, owners=1_000)
    written(place)
    assert place.dashboard.stat().st_size < LIMIT
    with shown(chromium, place.dashboard) as view:
        assert view.page.locator("#period input").count() < 4, "not all of 4, 13, 26 and 52 weeks"
        assert view.value("#overdue", "overdue-all") == 125_000
        assert view.problems == []


def test_a_page_that_cannot_be_written_leaves_the_former_one(published: Place, tmp_path: Path) -> None:
    place = emptied(published, tmp_path)
    written(place)
    before = place.dashboard.read_text()
    (tmp_path / f"{place.dashboard.name}.new").mkdir()
    with pytest.raises(UsageError, match="cannot be written to"):
        written(place)
    assert place.dashboard.read_text() == before


def test_others_may_read_the_page_as_the_umask_says(published: Place) -> None:
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(published.dashboard.stat().st_mode) == 0o666 & ~umask


def test_embedded_json_can_neither_end_its_tag_nor_its_line() -> None:
    text = embedded({"name": "</script><!-- \u2028 \u2029 & é"})
    assert not set("<>&\u2028\u2029") & set(text)
    assert "é" in text


@pytest.mark.parametrize(
    ("weeks", "values", "told"),
    [([0, 5], [3, 1], [3, -4, 1]), ([2, 3, 9], [4, 5, 0], [-2, 4, 5]), ([], [], [])],
)
def test_weeks_without_anything_are_told_as_their_number(
    weeks: list[int], values: list[int], told: list[int]
) -> None:
    assert series(weeks, values) == told
