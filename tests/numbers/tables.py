"""The tables that are reckoned here, and what of the CRM is behind a row of each."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.numbers.activities import bridge_activity_participant, fct_activity
from tests.numbers.company import Company, History, Nights, Row, histories, one_a_day
from tests.numbers.deals import (
    rpt_deal_coverage,
    rpt_speed_to_first_touch,
    snap_activity_daily,
    snap_deal_daily,
)
from tests.numbers.engagement import (
    fct_deal_engagement,
    fct_organization_engagement,
    fct_person_engagement,
)
from tests.numbers.owners import agg_owner_day_type, agg_owner_week
from tests.numbers.people import bridge_person_match
from tests.numbers.reports import fct_deal_stage_history, rpt_activity_mix_vs_outcome, rpt_data_quality


@dataclass(frozen=True)
class Table:
    """A published table: what its rows are, by which key beside the CRM."""

    name: str
    key_in_crm: tuple[str, ...]
    of_crm: Callable[[History], list[Row]]
    """The rows of one CRM."""
    entity: str = ""
    """What the first column of the key in the CRM is the id of."""
    where: str = "true"
    """The rows that can be reckoned."""
    prose: frozenset[str] = frozenset()
    """Columns that are only words."""

    @property
    def key(self) -> tuple[str, ...]:
        """What tells its rows apart."""
        return ("crm", *self.key_in_crm)

    def rows(self, nights: Nights) -> list[Row]:
        """The rows of all CRMs."""
        return [
            {"crm": crm, **row} for crm, history in histories(nights).items() for row in self.of_crm(history)
        ]

    @property
    def sql(self) -> str:
        """Its rows, asked of what is published."""
        return f"select * from {self.name} where {self.where}"


def _now(rows: Callable[[Company], list[Row]]) -> Callable[[History], list[Row]]:
    return lambda nights: rows(nights[-1])


def _nightly(rows: Callable[[Company], list[Row]]) -> Callable[[History], list[Row]]:
    return lambda nights: [row for night in one_a_day(nights) for row in rows(night)]


def _coverage(nights: History) -> list[Row]:
    snapshots = [row for night in one_a_day(nights) for row in snap_deal_daily(night)]
    return rpt_deal_coverage(snapshots, nights[-1].terms.at_risk_days)


LIVING = "(crm, activity_id) in (select crm, activity_id from fct_activity where not is_deleted)"
TABLES = (
    Table("fct_activity", ("activity_id",), _now(fct_activity), "activities"),
    Table(
        "bridge_activity_participant",
        ("activity_id", "person_id"),
        _now(bridge_activity_participant),
        "activities",
        LIVING,
    ),
    Table("bridge_person_match", ("person_id", "other_crm"), _now(bridge_person_match), "persons"),
    Table("fct_deal_engagement", ("deal_id",), _now(fct_deal_engagement), "deals"),
    Table("fct_person_engagement", ("person_id",), _now(fct_person_engagement), "persons"),
    Table("fct_organization_engagement", ("organization_id",), _now(fct_organization_engagement)),
    Table("agg_owner_day_type", ("owner_id", "date_day", "activity_type"), _now(agg_owner_day_type)),
    Table("agg_owner_week", ("owner_id", "week_start_date"), _now(agg_owner_week)),
    Table(
        "snap_activity_daily", ("snapshot_date", "owner_id", "activity_type"), _nightly(snap_activity_daily)
    ),
    Table("snap_deal_daily", ("snapshot_date", "deal_id"), _nightly(snap_deal_daily)),
    Table("fct_deal_stage_history", ("deal_id", "visit_number"), fct_deal_stage_history, "deals"),
    Table("rpt_deal_coverage", ("snapshot_date", "pipeline_id", "owner_id"), _coverage),
    Table("rpt_speed_to_first_touch", ("deal_id",), _now(rpt_speed_to_first_touch), "deals"),
    Table("rpt_activity_mix_vs_outcome", ("mix_bucket",), _now(rpt_activity_mix_vs_outcome)),
    Table("rpt_data_quality", ("check_name",), _now(rpt_data_quality), prose=frozenset({"description"})),
)
