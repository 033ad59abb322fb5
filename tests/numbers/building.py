"""dbt by hand: the build alone, with vars of one's own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipelines.place import Place

PROJECT = Path(__file__).parents[2] / "transforms"


def build(place: Place, **variables: Any) -> None:
    """Build every model of a warehouse; its tests are others' to run."""
    folder = place.warehouse.parent / "dbt"
    paths = (
        "--profiles-dir",
        ".",
        "--target-path",
        str(folder / "target"),
        "--log-path",
        str(folder / "logs"),
    )
    dbt = (sys.executable, "-c", "from dbt.cli.main import cli; cli()")
    asked = (*dbt, "run", *paths, "--vars", json.dumps(variables))
    done = subprocess.run(
        asked,
        cwd=PROJECT,
        env={**os.environ, **_environment(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]


def _environment(place: Place) -> dict[str, str]:
    if place.destination == "duckdb":
        return {"ROUNDTRIP_DBT_WAREHOUSE": str(place.warehouse)}
    url = urlsplit(place.postgres_url)
    host = parse_qs(url.query).get("host", [url.hostname or "localhost"])[0]
    named = {"HOST": host, "PORT": url.port or 5432, "USER": url.username, "DATABASE": url.path.strip("/")}
    filled = {f"ROUNDTRIP_DBT_{name}": str(value) for name, value in named.items()}
    return {
        "ROUNDTRIP_DBT_TARGET": "postgres",
        "DBT_ENV_SECRET_ROUNDTRIP_PASSWORD": url.password or "",
        **filled,
    }
