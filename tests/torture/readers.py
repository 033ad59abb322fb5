"""Who reads what is published, all the time: `python -m tests.torture.readers PLACE STOP`; what was seen, as JSON.

Each read is one statement on a connection of its own, as a BI tool should. It counts anew what `tally` has counted when
all tables were built: if these differ, or are not of the moment that `published` tells, the state is torn.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg2

from pipelines.place import Place
from tests.reading import asked, placed

PAUSE = 0.5
SAME = """
with counted as (
    select
        crm,
        count(*) as activities,
        count(*) filter (where is_done) as done,
        count(*) filter (where is_deleted) as deleted,
        count(*) filter (where not is_done and not is_deleted) as open,
        cast(sum(activity_id) as bigint) as ids
    from fct_activity
    group by crm
),

of_the_day as (
    select
        crm,
        cast(sum(open) as bigint) as open
    from snap_activity_daily
    where snapshot_date = (select cast(as_of at time zone 'UTC' as date) from published)
    group by crm
)

select
    (select run_id from published) as run_id,
    count(*) as crms,
    count(*) filter (
        where
            tally.activities is distinct from counted.activities
            or tally.done is distinct from counted.done
            or tally.deleted is distinct from counted.deleted
            or tally.open is distinct from counted.open
            or tally.ids is distinct from counted.ids
            or coalesce(tally.open, 0) != coalesce(of_the_day.open, 0)
            or tally.as_of is distinct from (select as_of from published)
    ) as torn
from tally
full join counted on tally.crm = counted.crm
left join of_the_day on tally.crm = of_the_day.crm
"""


def page_is_whole(page: Path) -> bool:
    """Whether the dashboard, if there is one, is there to its end."""
    return not page.exists() or page.read_text().rstrip().endswith("</html>")


def main(place: Place, stop: Path) -> None:
    """Read until told to stop. A server that is away, as it restarts, is no torn state."""
    reads, torn, away = 0, [], Counter[str]()
    runs: set[str] = set()
    sys.stdout.write("reading\n")
    sys.stdout.flush()
    while not stop.exists():
        time.sleep(PAUSE)
        try:
            row = asked(place, SAME)
        except psycopg2.OperationalError as error:
            away[str(error).split("FATAL:")[-1].strip()[:60]] += 1
            continue
        reads += 1
        runs.add(row[0])
        if row[2] or not page_is_whole(place.dashboard):
            torn.append([str(cell) for cell in row])
    sys.stdout.write(json.dumps({"reads": reads, "states": len(runs), "torn": torn, "away": away.total()}))


if __name__ == "__main__":
    main(placed(sys.argv[1]), Path(sys.argv[2]))
