"""Published tables made from others: empty ones, and those of a large account."""

import shutil
from pathlib import Path

import duckdb

from pipelines import dashboard
from pipelines.place import Place
from pipelines.reports import open_reports
from tests.support import place_in


def written(place: Place) -> None:
    """Write the dashboard of what is published."""
    with open_reports(place) as reports:
        dashboard.write(reports, place.dashboard)


def emptied(published: Place, folder: Path) -> Place:
    """The same tables with nothing in them; only the moment of publishing stays."""
    place = place_in(folder)
    for library in published.dashboard.parent.glob(".vega-*.js"):  # bundling it again takes seconds
        shutil.copy(library, folder)
    with duckdb.connect(str(place.reports)) as connection:
        connection.execute(f"attach '{published.reports}' as full_ones (read_only)")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'full_ones'"
        ).fetchall()
        for (name,) in tables:
            kept = "" if name == "published" else "where false"
            connection.execute(f"create table {name} as select * from full_ones.main.{name} {kept}")
    return place


def grow(place: Place, *, activities: int, deals: int, owners: int) -> None:
    """Fill empty tables with a large account: every owner busy in every week, every text long."""
    with duckdb.connect(str(place.reports)) as connection:
        connection.execute("set timezone = 'UTC'")
        for table, rows in _rows(activities, deals, owners).items():
            connection.execute(f"insert into {table} by name select 'pipedrive' as crm, * from ({rows})")


def _rows(activities: int, deals: int, owners: int) -> dict[str, str]:
    as_of = "(select as_of from published)"
    today = f"({as_of} at time zone 'UTC')::date"
    text = "repeat('Ünïcödé ', 20) || i"
    return {
        "dim_user": f"""
            select i as user_id, 'Owner ' || i as name, true as is_active, false as is_deleted, 'UTC' as time_zone
            from range({owners}) r(i)""",
        "dim_pipeline": "select i as pipeline_id, 'Pipeline ' || i as name, i as sort_order from range(4) r(i)",
        "dim_activity_type": "select 'type' || i as activity_type, 'Type ' || i as name from range(10) r(i)",
        "dim_deal": f"""
            select i as deal_id, i % {owners} as owner_id, hash(i) % 4 as pipeline_id, {text} as title,
                if(i % 3 = 0, 'open', 'won') as status, i % 3 = 0 as is_open, false as is_deleted,
                'EUR' as reporting_currency, 1.25 * i as value, 1.25 * i as value_reporting,
                {as_of} - to_days((hash(i + 1) % 730)::int) as won_at,
                {text} as organization_name, 'Offer' as stage_name
            from range({deals}) r(i)""",
        "fct_activity": f"""
            select i as activity_id, hash(i) % {owners} as owner_id, (hash(i + 5) % {deals})::bigint as deal_id,
                if(i % 4 = 0, {text}, '') as subject, 'type' || hash(i + 1) % 10 as activity_type, false as is_deleted,
                i % 4 > 0 as is_done, i % 4 = 0 as is_overdue, i % 4 > 1 as done_on_time,
                {today} - (hash(i + 2) % 730)::int as added_date,
                {today} - (hash(i + 3) % 730)::int as due_date, {today} - (hash(i + 4) % 730)::int as done_date
            from range({activities}) r(i)""",
        "fct_deal_engagement": f"""
            select i as deal_id, false as has_next_activity, i % 100 as days_since_last_touch
            from range({deals}) r(i)""",
        "rpt_speed_to_first_touch": f"""
            select i as deal_id, i % {owners} as owner_id, hash(i) % 4 as pipeline_id,
                'Source ' || hash(i + 1) % 5 as source, {today} - (hash(i + 2) % 730)::int as created_week,
                (hash(i + 3) % 90000)::int as minutes_to_first_touch
            from range({deals}) r(i)""",
        "rpt_deal_coverage": f"""
            select {today} as snapshot_date, i % {owners} as owner_id, i // {owners} as pipeline_id,
                100 as open_deals, 10 as with_next_activity, 12345.67 as value, 'EUR' as reporting_currency,
                5 as deals_at_risk, 1234.56 as value_at_risk, 3 as rotten_deals, 0 as deals_without_value_reporting
            from range({owners} * 4) r(i)""",
    }
