"""Which warehouses of earlier commits there are, how their account went on meanwhile, and how to restore one."""

import lzma
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from pipelines.place import Place

FOLDER = Path(__file__).parent / "warehouses"
Control = tuple[str, Mapping[str, object]]
"""A control route of the sandbox, and what is posted to it."""
A_DAY_OF_REST: Control = ("clock", {"by": 86400})
A_BUSINESS_DAY: Control = ("advance", {"days": 1})


@dataclass(frozen=True)
class Earlier:
    """A warehouse that an earlier commit has made: a night, then one after each of `days`, then a push."""

    name: str
    commit: str
    days: Sequence[Control]
    calls: str = ""
    """What was pushed at last, as CSV."""
    activities: int = 40

    def file(self, name: str) -> Path:
        """A file of what was kept of it."""
        return FOLDER / f"{self.name}.{name}.xz"

    def restore(self, place: Place) -> None:
        """Put the warehouse, and what is published of it, in a place where none is yet."""
        place.warehouse.parent.mkdir(parents=True, exist_ok=True)
        if place.destination == "postgres":
            with closing(psycopg2.connect(place.postgres_url)) as server, server, server.cursor() as cursor:
                cursor.execute(lzma.decompress(self.file("sql").read_bytes()).decode())
            return
        for name, path in (("warehouse", place.warehouse), ("reports", place.reports)):
            path.write_bytes(lzma.decompress(self.file(f"{name}.duckdb").read_bytes()))


FIRST = Earlier("first", "b18e8ac973d12d595da29fc13e813f2ca7a0300d", [A_DAY_OF_REST, A_DAY_OF_REST])
"""The first that a nightly job made tables of: no pushes, no custom fields by name, no proofs. Of the business days of
then, today's sandbox would tell otherwise; so nothing happened in the account."""
ONE_CRM = Earlier(
    "one_crm",
    "3cd77439ceb01539cf75a705fa832e2c7b9ba32f",
    [A_BUSINESS_DAY, A_BUSINESS_DAY],
    calls="push_key,id,type,subject,due_date\n"
    "new,,call,Call back,2026-10-08\n"
    "changed,3,call,Ask for the order,2026-10-09\n"
    "refused,4,,A type is never empty,2026-10-09\n",
)
"""The last of when there was one CRM, and no table said which; with proofs and a ledger of pushes."""
EARLIER = (FIRST, ONE_CRM)
