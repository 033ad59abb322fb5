"""Nights: what the company was, each time that the tables were made."""

from collections.abc import Iterable
from datetime import datetime

from pipelines.config import Settings
from pipelines.place import Place
from pipelines.reports import open_reports
from tests.numbers import deskera
from tests.numbers.company import Company, Night, Nights, Row, Terms, moment, night
from tests.numbers.comparing import differences
from tests.numbers.tables import TABLES, Table
from tests.support import Sandbox, query

ENTITIES = ("activities", "deals", "persons", "organizations", "users", "stages", "activity_types")
DEFAULT = Terms()
NOTHING: Night = {}


def remembered(crm: Sandbox, settings: Settings, terms: Terms = DEFAULT, before: Night = NOTHING) -> Night:
    """The company as the last load found it, by CRM; Deskera as a whole read did, and the night before."""
    ((as_of,),) = query(settings, "select max(window_until) from ops.entity_loads")
    assert isinstance(as_of, datetime)
    begun = moment(crm.begun)
    assert begun is not None
    loaded = query(settings, "select distinct crm from ops.entity_loads order by crm desc")
    truths = {name: _truth(crm, name, before.get(name)) for (name,) in loaded}
    return night(Company(as_of, begun, truth, terms, name) for name, truth in truths.items())


def _truth(crm: Sandbox, name: str, before: Company | None) -> dict[str, list[Row]]:
    """What a CRM holds, in the shape of Pipedrive's records."""
    if name == "deskera":
        return deskera.records(crm.truth("activities", name), before)
    return {entity: crm.truth(entity) for entity in ENTITIES}


def wrong(place: Place, nights: Nights, tables: Iterable[Table] = TABLES) -> list[str]:
    """How the published tables differ from what they should be."""
    with open_reports(place) as reports:
        return [line for table in tables for line in compared(nights, table, reports.rows(table.sql))]


def compared(
    nights: Nights, table: Table, rows: Iterable[Row], wanted: Iterable[Row] | None = None
) -> list[str]:
    """How a table differs from what it should be, with the records behind each difference."""
    behind = {
        (crm, row["id"]): row
        for crm, company in nights[-1].items()
        for row in company.truth.get(table.entity, ())
    }
    asked = [{name: value for name, value in row.items() if name not in table.prose} for row in rows]
    expected = table.rows(nights) if wanted is None else wanted
    return differences(table.name, expected, asked, table.key, inputs=behind)
