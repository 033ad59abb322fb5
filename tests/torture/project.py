"""The dbt project of the torture: the real one, or what an ordinary night needs of it, each with the push models.

The small one has the real staging, activities, users and snapshots of activities; so a night takes seconds, and yet
what is killed in it are the real incremental models. `tally` is counted when the others are built: whoever reads it
together with them sees whether they are of one state.
"""

import shutil
from pathlib import Path

from pipelines import dbt

REAL = dbt.PROJECT
KEPT = {
    "intermediate": {
        *("int_activities", "int_activity_types", "int_deals", "int_persons", "int_organizations"),
        *("int_users", "int_as_of", "int_stages", "int_pipelines"),
    },
    "marts": {"dim_user", "fct_activity", "bridge_activity_participant", "dim_activity_type"},
    "snapshots": {"snap_activity_daily"},
    "reports": set[str](),
    "push": set[str](),
}
TALLY = """
select
    activities.crm,
    max(as_of.as_of) as as_of,
    count(*) as activities,
    count(*) filter (where activities.is_done) as done,
    count(*) filter (where activities.is_deleted) as deleted,
    count(*) filter (where not activities.is_done and not activities.is_deleted) as open,
    cast(sum(activities.activity_id) as bigint) as ids
from {{ ref('fct_activity') }} as activities
cross join {{ ref('int_as_of') }} as as_of
group by activities.crm
"""
HEAD = "{{{{ config(meta={}) }}}}\n"
META = {"on_conflict": "overwrite", "on_delete": "overwrite", "max_rows": 100_000, "max_share": 1.0}
MODES: dict[str, dict[str, object]] = {
    "nightly": {"apply": "nightly", "when_gone": "complete"},
    "updates": {"apply": "nightly"},
    "by hand": {},
    "deletes": {"allow_deletes": True},
}
DEALS = "from raw_pipedrive.deals where not is_deleted and not is_archived"
PUSHES = {
    "push_pipedrive__activities__calls": (
        "nightly",
        f"""
select
    'call-' || id as push_key,
    'call' as type,
    'Deal ' || id || ' is ' || status as subject,
    (select min(users.id) from raw_pipedrive.users as users where users.active_flag) as owner_id,
    id as deal_id,
    date '2027-01-01' + cast(id % 20 as integer) as due_date,
    'call-' || id as public_description
{DEALS} and id % 3 = 0
""",
    ),
    "push_pipedrive__deals__forecast": (
        "by hand",
        f"""
select 'deal-' || id as push_key, id, date '2027-02-01' + cast(id % 25 as integer) as expected_close_date
{DEALS} and status = 'open' and id % 4 = 1
""",
    ),
    "push_pipedrive__activities__tidy": (
        "deletes",
        """
select 'tidy-' || id as push_key, id, true as _delete
from raw_pipedrive.activities
where not is_deleted and done and id % 17 = 0 and coalesce(public_description, '') not like 'call-%'
""",
    ),
    "push_deskera__activities__tasks": (
        "nightly",
        f"""
select
    'task-' || id as push_key,
    'Deal ' || id || ' is ' || status as name,
    'task' as activity_type,
    timestamp with time zone '2027-01-01 09:00:00+00' + id % 20 * interval '1 day' as start,
    timestamp with time zone '2027-01-01 09:30:00+00' + id % 20 * interval '1 day' as "end",
    'task-' || id || '.' as notes
{DEALS} and id % 5 = 2
""",
    ),
    "push_deskera__activities__visibility": (
        "updates",
        """
select 'seen-' || id as push_key, id, 'team' as visibility_type
from raw_deskera.activities where not is_deleted and id % 7 = 3 and coalesce(notes, '') not like 'task-%'
""",
    ),
    "push_deskera__activities__tidy": (
        "deletes",
        """
select 'tidy-' || id as push_key, id, true as _delete
from raw_deskera.activities
where not is_deleted and is_status and id % 13 = 0 and coalesce(notes, '') not like 'task-%'
""",
    ),
}


def make(folder: Path, *, is_whole: bool) -> Path:
    """Write the project; its folder."""
    left_out = ("__pycache__", "target", "*_unit_tests.yml")
    shutil.copytree(REAL, folder, ignore=shutil.ignore_patterns(*left_out))
    if not is_whole:
        _cut_down(folder)
    (folder / "models/marts/tally.sql").write_text(TALLY.lstrip())
    for name, (mode, text) in PUSHES.items():
        head = HEAD.format(META | MODES[mode])
        (folder / f"models/push/{name}.sql").write_text(head + text.lstrip())
    return folder


def _cut_down(folder: Path) -> None:
    for unneeded in ("models/exposures.yml", "models/docs.md"):
        (folder / unneeded).unlink(missing_ok=True)
    shutil.rmtree(folder / "tests")
    shutil.copytree(REAL / "tests/generic", folder / "tests/generic")
    for room, names in KEPT.items():
        for file in (folder / "models" / room).rglob("*.*"):
            if file.stem not in names:
                file.unlink()
    for file in (folder / "models/staging").rglob("*custom_fields*"):
        file.unlink()
