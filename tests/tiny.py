"""A dbt project of a few small models that say which version they are of, to be built and published often."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pendulum
import pytest

from pipelines import dbt, ops
from pipelines.ops import Run
from pipelines.place import Place
from pipelines.publish import Edition, publish
from pipelines.reports import Reports, open_reports
from pipelines.transform import Transformation, transform
from pipelines.warehouse import Warehouse, open_warehouse

REAL = dbt.PROJECT
TAKEN = ("profiles.yml", "macros/generate_schema_name.sql", "tests/generic/is_key.sql")
"""Files of the real project."""
FILES = {
    "dbt_project.yml": """
name: roundtrip
profile: roundtrip
models:
  roundtrip:
    intermediate: {+schema: build_intermediate, +materialized: table}
    marts: {+schema: build, +materialized: table}
    snapshots: {+schema: snapshots, +materialized: incremental, +full_refresh: false}
""",
    "models/intermediate/int_as_of.sql": """
select
    cast('2026-10-01 20:00:00+00' as timestamp with time zone)
    + interval '{{ env_var('TINY_DAY', '0') }} days' as as_of
""",
    "models/marts/first.sql": """
select cast(numbers.number as bigint) as number, {{ env_var('TINY_VERSION', '1') }} as version, 'hidden' as _own
from generate_series(1, 20) as numbers (number)
""",
    "models/marts/second.sql": """
select max(version) as version, count(*) as row_count, cast('{"a": 1}' as json) as facts from {{ ref('first') }}
""",
    "models/snapshots/snap_of_day.sql": """
{{ config(incremental_strategy='append', pre_hook="
{% if is_incremental() %}
delete from {{ this }} where snapshot_date in (select cast(as_of as date) from {{ ref('int_as_of') }})
{% endif %}") }}
select cast(as_of as date) as snapshot_date, {{ env_var('TINY_VERSION', '1') }} as version from {{ ref('int_as_of') }}
""",
    "models/models.yml": """
models:
  - name: first
    description: Twenty numbers; it's small.
    columns:
      - {name: number, description: From 1 to 20., data_tests: [is_key]}
      - {name: version, description: "The version's number."}
      - {name: _own, description: Of the build.}
  - name: second
    columns: [{name: row_count, data_tests: [{is_key: {name: row_count_is_key}}]}]
  - name: snap_of_day
    columns: [{name: snapshot_date}]
""",
    "tests/no_refused_version.sql": """
select number, version from {{ ref('first') }} where version = {{ env_var('TINY_REFUSED', '-1') }}
""",
    "tests/no_doubted_version.sql": """
{{ config(severity='warn') }}
select number from {{ ref('first') }} where version = {{ env_var('TINY_DOUBTED', '-1') }} and number < 3
""",
}
AS_OF = datetime(2026, 10, 1, 20, tzinfo=UTC)
SAME_VERSION = """
select
    (select min(version) from first) as lowest,
    (select max(version) from first) as highest,
    (select count(*) from first) as row_count,
    (select version from second) as second,
    (select cast(run_id as integer) from published) as edition
"""


def edition(version: int) -> Edition:
    """What a publish of a version says of itself."""
    return Edition(str(version), AS_OF, datetime.now(UTC), "1.0")


def make(folder: Path) -> Path:
    """Write the project; its folder."""
    for name in TAKEN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REAL / name, folder / name)
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip())
    return folder


def loaded(place: Place, run_id: str = "load") -> None:
    """A warehouse in which something was loaded, as far as the transforms can see."""
    run = Run(run_id, "load", "pipedrive", pendulum.now("UTC"), ended_at=pendulum.now("UTC"), status="done")
    with open_warehouse(place, "raw_pipedrive") as warehouse:
        warehouse.make_schema("raw_pipedrive")
        warehouse.execute("create table if not exists raw_pipedrive.activities (id bigint)")
        ops.begin(warehouse, run)
        ops.end(warehouse, run)
        warehouse.execute(
            "insert into ops.entity_loads (run_id, crm, entity, window_until) "
            "values (?, 'pipedrive', 'activities', '2026-10-01 20:00:00+00')",
            [run_id],
        )


def built(
    place: Place, *, select: tuple[str, ...] = (), options: Mapping[str, Any] | None = None, **told: int
) -> Transformation:
    """One run of the transforms, its models told in the environment: of other variables dbt reads all files anew."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(f"TINY_{name.upper()}", str(value))
        return transform(place, select=select, **{"write_page": write_page, **(options or {})})


def write_page(reports: Reports, path: Path) -> None:
    """The dashboard of so few tables."""
    path.write_text(str(reports.rows("select max(version) as version from first")[0]["version"]))


@contextmanager
def published(place: Place, project: Path) -> Iterator[Place]:
    """A warehouse whose tiny project has been built and published; the folder is dbt's meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt, "PROJECT", make(project))
        loaded(place)
        first = built(place)
        assert first.status == "done", first.problem
        yield place


def change(warehouse: Warehouse, version: int) -> None:
    """Change what is built, without dbt."""
    warehouse.execute(f"update build.first set version = {version}")
    warehouse.execute(f"update build.second set version = {version}")


def republish(place: Place, version: int, *statements: str) -> None:
    """Change what is built, and publish it."""
    with open_warehouse(place, "ops") as warehouse:
        for statement in statements:
            warehouse.execute(statement)
        change(warehouse, version)
        publish(warehouse, dbt.manifest(place), edition(version))


def seen(place: Place) -> Any:
    """The version that readers see, all of it the same."""
    with open_reports(place) as reports:
        (row,) = reports.rows(SAME_VERSION)
    assert row["lowest"] == row["highest"] == row["second"] == row["edition"]
    return row["edition"]
