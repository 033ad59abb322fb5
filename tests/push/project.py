"""A small dbt project with push models that read the raw tables, and a company they are pushed to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import tiny

ALIVE = "from raw_pipedrive.activities where not is_deleted"
FILES = {
    "dbt_project.yml": tiny.FILES["dbt_project.yml"] + "    push: {+schema: push, +materialized: table}\n",
    "models/push/push_pipedrive__activities__calls.sql": """
select
    'call-' || id as push_key,
    'call' as type,
    '{{ env_var("PUSH_SUBJECT", "Call back") }}: ' || title as subject,
    (select min(id) from raw_pipedrive.users where active_flag) as owner_id,
    id as deal_id,
    date '2026-10-02' as due_date,
    false as done,
    'why' as _why
from raw_pipedrive.deals
where not is_deleted and id <= 5
""",
    "models/push/push_pipedrive__activities__notes.sql": f"""
select 'note-' || id as push_key, id, 'Checked.' as note {ALIVE} and id <= 8
""",
    "models/push/push_pipedrive__deals.sql": """
select
    'deal-' || id as push_key,
    id,
    12.50 as budget,
    'EUR' as budget_currency,
    date '2027-01-31' as expected_close_date
from raw_pipedrive.deals
where not is_deleted and not is_archived and id <= 4
""",
    "models/push/push.yml": """
models:
  - name: push_pipedrive__activities__calls
    config: {meta: {apply: "{{ env_var('PUSH_APPLY', 'by hand') }}", when_gone: complete}}
    columns:
      - {name: push_key, data_tests: [is_key]}
  - name: push_pipedrive__activities__notes
    columns:
      - {name: push_key, data_tests: [is_key]}
""",
    "tests/no_spoilt_note.sql": """
select push_key from {{ ref('push_pipedrive__activities__notes') }} where id = {{ env_var('PUSH_SPOILT', '-1') }}
""",
}
CALLS, NOTES, DEALS = (
    "push_pipedrive__activities__calls",
    "push_pipedrive__activities__notes",
    "push_pipedrive__deals",
)


def make(folder: Path) -> Path:
    """Write the project; its folder."""
    made = tiny.make(folder)
    for name, text in FILES.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text.lstrip())
    return made


@contextmanager
def told(**told: Any) -> Iterator[None]:
    """Tell the models something in the environment: of other variables dbt would read all files anew."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(f"PUSH_{name.upper()}", str(value))
        yield


def alive(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Living records by id."""
    return {row["id"]: row for row in rows if not row["is_deleted"]}
