"""Roundtrip in Dagster: every night, and on Sundays the proof that nothing was missed.

The command runs in the folder that ROUNDTRIP_HOME names, with the settings that are there. Done in part (exit code 3)
is a warning in the log: the next run goes on. No run is retried: requests are retried inside.
"""

import os
import subprocess

import dagster as dg

HOME = os.environ.get("ROUNDTRIP_HOME", "/opt/roundtrip")
DONE_IN_PART = 3
EIGHT_HOURS = 8 * 60 * 60


def roundtrip(command: str) -> dg.JobDefinition:
    """A job of one step. Steps of the pool `roundtrip` do not run at once, if you give the pool one slot."""

    @dg.op(name=f"roundtrip_{command}", pool="roundtrip")
    def run(context: dg.OpExecutionContext) -> None:
        code = subprocess.run([".venv/bin/roundtrip", command], cwd=HOME, check=False).returncode
        if code == DONE_IN_PART:
            context.log.warning("Done in part. What was done is kept, the next run goes on.")
        elif code:
            raise dg.Failure(f"roundtrip {command} ended with exit code {code}.", allow_retries=False)

    @dg.job(
        name=f"roundtrip_{command}_job", tags={"dagster/max_runtime": EIGHT_HOURS, "dagster/max_retries": 0}
    )
    def job() -> None:
        run()

    return job


nightly, reconcile = roundtrip("nightly"), roundtrip("reconcile")
defs = dg.Definitions(
    jobs=[nightly, reconcile],
    schedules=[
        dg.ScheduleDefinition(job=nightly, cron_schedule="0 2 * * *"),
        dg.ScheduleDefinition(job=reconcile, cron_schedule="0 13 * * 0"),
    ],
)
