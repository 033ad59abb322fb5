"""`roundtrip check`: what a run would meet, each finding with its remedy. It reads, and changes nothing.

    finding.py    what a finding is
    reach.py      asks a CRM: the account, one record of each list
    crm.py        what its answers mean
    rights.py     what the credentials may read and write
    warehouse.py  the warehouse and the latest run; duckdb.py, postgres.py what is particular to each
    holding.py    who has a DuckDB file open
    places.py     files and folders, the dbt project, the secrets
    showing.py    for a person, for a machine

What asks is apart from what judges: `crm` is given answers, `warehouse.age` a run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipelines.check import crm, places, rights, warehouse
from pipelines.check.finding import Finding, failing
from pipelines.check.reach import Reach, Reached, ask, connect
from pipelines.check.showing import show, summary
from pipelines.config import Settings
from pipelines.login import standing
from pipelines.scopes import needs
from sources.errors import RoundtripError

__all__ = ["Checked", "Finding", "Reach", "Reached", "check", "show", "summary"]


@dataclass(frozen=True)
class Checked:
    """What a check found."""

    asked: tuple[str, ...]
    """The CRMs that were asked."""
    reached: tuple[Reached, ...]
    """What those said that answered."""
    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether nothing would fail."""
        return all(one.level != "problem" for one in self.findings)


def check(*every: Settings) -> Checked:
    """Ask each CRM, and look at the warehouse that they share. UsageError: settings with which nothing can be asked."""
    clients = [connect(settings) for settings in every]
    reached: list[Reached] = []
    findings: list[Finding] = []
    for settings, client in zip(every, clients, strict=True):
        findings += rights.login(settings.crm.name, standing.read(settings.crm))
        try:
            found = ask(settings, client)
        except RoundtripError as error:
            findings.append(failing("account", error, settings.crm.name))
        else:
            reached.append(found)
            findings += crm.findings_of(found)
            findings += rights.findings_of(found, needs(settings, [one.crm.name for one in every]))
    findings += _shared(every)
    return Checked(tuple(one.crm.name for one in every), tuple(reached), tuple(findings))


def _shared(every: Sequence[Settings]) -> Iterator[Finding]:
    place = every[0].place
    yield from warehouse.findings_of(place, [one.crm for one in every])
    yield from places.findings_of(place)
