"""What must hold when all is quiet again: nothing lost, nothing done twice, nothing torn, no secret anywhere."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from sources.entity import Entity
from tests import deskera
from tests.support import DEFAULT, PIPEDRIVE, differences, execute, query
from tests.torture import meant
from tests.torture.rig import SECRETS, Rig
from tests.torture.story import Story

CHUNK = 1 << 20
SAME_SNAPSHOTS = (
    "select count(*), sum(open), min(snapshot_date), max(snapshot_date) from {}snap_activity_daily"
)
CALM = (["reconcile"], ["nightly"], ["push", "--apply"], ["nightly"])
APPLIED = re.compile(r"\d applied")


def verdict(story: Story, *, is_whole: bool) -> list[str]:
    """All that is wrong in the end, after a quiet day; of the whole project, or of the small one."""
    _calm_down(story, is_whole=is_whole)
    return [
        *story.findings,
        *raw(story.rig, PIPEDRIVE.entities.values() if is_whole else DEFAULT),
        *pushed(story.rig),
        *accounts(story.rig),
        *published(story.rig),
        *left_behind(story.rig),
        *secrets(story.rig.folder),
    ]


def _calm_down(story: Story, *, is_whole: bool) -> None:
    """The proof first: only a whole list of Deskera's shows what was deleted there, and what changed in silence.

    Then a night that pushes what differs, and settles what was never answered; what is pushed by hand; and a night that
    finds nothing to do.
    """
    execute(story.rig.place, "update ops.push_ledger set next_try_at = null")
    for argv in CALM:
        story.rig.crm.control("clock", by=600)
        last = story.calmly(*argv, is_whole=is_whole)
    if APPLIED.search(last.text):
        story.findings.append(f"a night after a quiet one still pushed something: {last.text[-2000:]}")


def raw(rig: Rig, entities: Iterable[Entity]) -> Iterator[str]:
    """How the raw tables differ from the truth, in every entity and flag."""
    settings = rig.crm.settings(rig.place)
    for entity in entities:
        never_told = _never_told(rig, entity)
        found = [line for line in differences(rig.crm, settings, entity) if line not in never_told]
        yield from (f"raw pipedrive: {line}" for line in found)
    own = rig.crm.settings(rig.place, crm="deskera")
    yield from (f"raw deskera: {line}" for line in deskera.differences(rig.crm, own))


def _never_told(rig: Rig, entity: Entity) -> set[str]:
    """Records that came and went between two reads need not be held, where no list tells of deletions."""
    if entity.deletion != "absence":
        return set()
    gone = [row for row in rig.crm.truth(entity.name) if row.get("is_deleted")]
    return {f"{entity.name} {row[entity.primary_key]}: missing" for row in gone}


def pushed(rig: Rig) -> Iterator[str]:
    """How the CRMs differ from what the pushes meant, and what is open of them."""
    yield from (f"pushed: {line}" for line in meant.differences(rig.crm))
    unknown = query(rig.place, "select target, push_key from ops.push_state where verdict = 'unknown'")
    yield from (f"pushed: nobody knows what became of {row}" for row in unknown)
    states = (
        "select target, push_key, count(*) from ops.push_state group by target, push_key having count(*) > 1"
    )
    yield from (f"pushed: two states of {row}" for row in query(rig.place, states))


def accounts(rig: Rig) -> Iterator[str]:
    """Whether the record of the runs is in order."""
    for table in ("runs", "transforms"):
        running = query(rig.place, f"select run_id from ops.{table} where status = 'running'")
        yield from (f"ops.{table}: {row[0]} is said to be running" for row in running)
    twice = "select run_id from ops.runs group by run_id having count(*) > 1"
    yield from (f"ops.runs: {row[0]} is there twice" for row in query(rig.place, twice))
    if not query(rig.place, "select 1 from ops.runs where status = 'killed'"):
        yield "ops.runs: no run is on record as killed"


def published(rig: Rig) -> Iterator[str]:
    """Whether what is published is what was built last, and its snapshots have each day once."""
    rows = query(
        rig.place, "select run_id from ops.transforms where is_published order by started_at desc limit 1"
    )
    schema = "reports." * (rig.place.destination == "postgres")
    told = query(rig.place, f"select run_id from {schema}published", reports=True)
    if rows != told:
        yield f"published: {told}, but built last was {rows}"
    key = "crm, snapshot_date, owner_id, activity_type"
    twice = f"select {key} from snapshots.snap_activity_daily group by {key} having count(*) > 1"
    yield from (f"snapshots: {row} is there twice" for row in query(rig.place, twice))
    built = query(rig.place, SAME_SNAPSHOTS.format("snapshots."))
    seen = query(rig.place, SAME_SNAPSHOTS.format(schema), reports=True)
    if built != seen:
        yield f"snapshots: {seen} are published, {built} were taken"


def left_behind(rig: Rig) -> Iterator[str]:
    """Files and processes that should be gone."""
    beside = [
        file.name for file in rig.place.reports.parent.iterdir() if file.name.endswith((".new", ".ready"))
    ]
    yield from (f"left behind: {name}" for name in beside)
    yield from (f"left behind: a process {line}" for line in rig.zygote.children())


def secrets(folder: Path) -> Iterator[str]:
    """Which files hold a token or the password, in whatever was written anywhere."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield from (
                f"secret: {file.relative_to(folder)} holds {secret!r}"
                for secret in SECRETS
                if _holds(file, secret)
            )


def _holds(file: Path, secret: str) -> bool:
    sought, kept = secret.encode(), b""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK):
            if sought in kept + chunk:
                return True
            kept = chunk[-len(sought) :]
    return False
