"""Roundtrip in Airflow 3: every night, and on Sundays the proof that nothing was missed.

The command runs in the folder that ROUNDTRIP_HOME names, with the settings that are there. Done in part (exit code 3)
shows as skipped: it is no failure, for the next run goes on. No task is retried: requests are retried inside.
"""

import os
from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

HOME = os.environ.get("ROUNDTRIP_HOME", "/opt/roundtrip")
DONE_IN_PART = 3


def roundtrip(command: str, schedule: str) -> DAG:
    """A DAG of one task, of which there is one run at a time."""
    with DAG(
        f"roundtrip_{command}",
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        tags=["roundtrip"],
    ) as dag:
        BashOperator(
            task_id=command,
            bash_command=f".venv/bin/roundtrip {command}",
            cwd=HOME,
            skip_on_exit_code=DONE_IN_PART,
            retries=0,
            execution_timeout=timedelta(hours=8),
        )
    return dag


nightly = roundtrip("nightly", "0 2 * * *")
reconcile = roundtrip("reconcile", "0 13 * * 0")
