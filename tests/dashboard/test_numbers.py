"""What the page shows is what the published tables hold, whatever is chosen."""

import re
from typing import Any

import pytest

from pipelines.place import Place
from tests.dashboard.asked import expected, in_weeks
from tests.dashboard.browser import Shown
from tests.support import records

CHOICES = (
    ("", "true", 13),
    ("owner=2", "crm = 'pipedrive' and owner_id = 2", 52),
    ("owner=2,5,8&pipeline=1", "crm = 'pipedrive' and owner_id in (2, 5, 8) and pipeline_id = 1", 26),
    ("pipeline=2", "crm = 'pipedrive' and pipeline_id = 2", 4),
    ("owner=3&pipeline=none", "crm = 'pipedrive' and owner_id = 3 and pipeline_id is null", 13),
    ("crm=pipedrive", "crm = 'pipedrive'", 13),
    ("crm=deskera", "crm = 'deskera'", 52),
    ("owner=3,deskera:{0}", "(crm, owner_id) in (('pipedrive', 3), ('deskera', {0}))", 26),
    ("crm=deskera&owner=3,deskera:{0}", "crm = 'deskera' and owner_id = {0}", 26),
)
"""What the address says, with the id of an owner in Deskera, what of the tables that is, and how many weeks."""
BUSY = """
select owner_id from fct_activity where crm = 'deskera' and is_done group by owner_id order by count(*) desc limit 1
"""


@pytest.mark.parametrize(("address", "chosen", "weeks"), CHOICES)
def test_numbers_equal_the_tables(
    whole: Shown, published: Place, address: str, chosen: str, weeks: int
) -> None:
    (busy,) = records(published, BUSY, reports=True)
    whole.choose(f"{address.format(busy['owner_id'])}&weeks={weeks}")
    wanted = expected(published, chosen.format(busy["owner_id"]), weeks)
    assert wanted["done"] > 0
    for section, place in (
        ("week", "#week .tiles"),
        ("open", "#deals .figures"),
        ("touch", "#touch .figures"),
    ):
        if any(wanted[section].values()):
            found = {name: whole.value(place, name) for name in wanted[section]}
            assert found == pytest.approx(wanted[section]), section
        else:
            assert "in this selection" in whole.text(place.split()[0]), section
    assert sum(value or 0 for value in whole.values("#done-chart", "done")) == wanted["done"]
    assert sum(value or 0 for value in whole.values("#rates-chart", "planned")) == wanted["planned"]
    assert sum(value or 0 for value in whole.values("#overdue .lead", "overdue-all")) == wanted["overdue"]


def test_each_owners_numbers_equal_the_weekly_aggregate(whole: Shown, published: Place) -> None:
    whole.choose("weeks=52")
    if whole.page.locator("#owners-table .more").count():
        whole.page.locator("#owners-table .more").click()
    data = whole.embedded()
    names = {owner: f"{name} · {data['crms'][crm][1]}" for crm, owner, name, _ in data["owners"]}
    wanted = {
        names[row.pop("owner")]: row
        for row in records(
            published,
            f"""
            select if(crm = 'pipedrive', '', crm || ':') || owner_id as owner,
                sum(done)::int as done, sum(added)::int as added, sum(deals_won)::int as won,
                sum(planned_done) / nullif(sum(planned), 0)::double as completion,
                sum(done_on_time) / nullif(sum(done_timed), 0)::double as punctuality,
                sum(won_value)::double as value
            from agg_owner_week where {in_weeks("week_start_date", 52)} group by crm, owner_id
            """,
            reports=True,
        )
    }
    assert len([name for name in wanted if name.endswith("Pipedrive")]) == 8
    assert [name for name in wanted if name.endswith("Deskera")]
    for name, row in wanted.items():
        assert _row_of(whole, name) == pytest.approx(row), name


def _row_of(whole: Shown, owner: str) -> dict[str, Any]:
    lines = whole.page.locator("#owners-table tbody tr").all()
    (line,) = [line for line in lines if line.locator("th").get_attribute("data-value") == owner]
    cells = line.locator("td").evaluate_all("cells => cells.map(cell => ({...cell.dataset}))")
    told = {cell["name"]: float(cell["value"]) if "value" in cell else None for cell in cells}
    assert told.pop("overdue") is not None
    return told


def test_what_is_read_is_the_number_in_the_readers_way(whole: Shown, published: Place) -> None:
    whole.choose("")
    (deal,) = records(published, "select distinct reporting_currency from dim_deal", reports=True)
    assert deal["reporting_currency"] == "EUR"
    assert "amounts in EUR" in whole.text("#meta")
    assert re.search(r"As of \w+, \d+ \w+ \d{4}", whole.text("#meta"))
    rate = whole.value("#week .tiles", "completion") or 0
    assert whole.text("#week [data-name=completion]") == f"{rate * 100:.0f}%"
    assert re.search(r"€[\d,.]+m?\sin \d+ deal", whole.text("#deals .figures"))
    (left_out,) = records(
        published,
        "select count(*) as n from dim_deal where is_open and value_reporting is null",
        reports=True,
    )
    assert whole.value("#deals", "without-rate") == left_out["n"] > 0
    assert "no rate into EUR" in whole.text("#deals .note")


def test_two_owners_of_one_name_are_told_apart(whole: Shown) -> None:
    assert {"Same Name (2)", "Same Name (3)"} <= {name for _, _, name, _ in whole.embedded()["owners"]}


def test_the_list_behind_an_owner_is_the_most_overdue_first_and_says_how_many_more(
    whole: Shown, published: Place
) -> None:
    whole.choose("owner=5")
    fold = whole.page.locator("#overdue details.fold")
    if not fold.evaluate("node => node.open"):
        fold.locator("summary").click()
    rows = records(
        published,
        "select due_date from fct_activity where is_overdue and crm = 'pipedrive' and owner_id = 5 order by due_date",
        reports=True,
    )
    due = [row["due_date"].isoformat() for row in rows]
    listed = fold.locator("tbody td[data-title=Due]").evaluate_all(
        "cells => cells.map(cell => cell.dataset.value)"
    )
    assert 5 <= len(listed) <= 25
    assert listed == due[: len(listed)]
    assert whole.value("#overdue", "rest") == len(due) - len(listed)


def test_the_biggest_deals_are_really_the_biggest(whole: Shown, published: Place) -> None:
    whole.choose("pipeline=1")
    if whole.page.locator("#idle-table .more").count():
        whole.page.locator("#idle-table .more").click()
    values = whole.values("#idle-table", "value")
    wanted = records(
        published,
        """
        select value_reporting::double as value from dim_deal inner join fct_deal_engagement using (crm, deal_id)
        where is_open and not has_next_activity and crm = 'pipedrive' and pipeline_id = 1
        order by value_reporting desc nulls last
        """,
        reports=True,
    )
    assert len(values) > 10
    assert values == [row["value"] for row in wanted[: len(values)]]
