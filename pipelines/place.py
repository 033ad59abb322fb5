"""Where things are: the warehouse, what is published from it, and what belongs to it on this machine."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

Destination = Literal["duckdb", "postgres"]
RenamedFields = Literal["keep", "follow"]


@dataclass(frozen=True)
class Place:
    """One warehouse: a DuckDB file, or a Postgres database; and the files beside it."""

    destination: Destination = "duckdb"
    warehouse: Path = Path("data/warehouse.duckdb")
    """The DuckDB file; on Postgres only its folder matters: locks and working files live there."""
    postgres_url: str = field(default="", repr=False)
    """`postgresql://user:password@host:5432/database`; a secret."""
    memory_limit: str = "256MB"
    """The most memory that DuckDB may take while it loads."""
    build_memory_limit: str = "1GB"
    """The most memory that DuckDB may take while it builds and publishes tables."""
    reports: Path = Path("data/reports.duckdb")
    """The published tables, when the warehouse is a DuckDB file; on Postgres they are a schema."""
    dashboard: Path = Path("data/dashboard.html")
    renamed_fields: RenamedFields = "keep"
    """Whether a custom field that is called something else in the CRM keeps its column."""
    keep_history_days: int | None = 400
    """How long the records of runs are kept; None: for ever."""

    @property
    def title(self) -> str:
        """What to call the warehouse in messages; never with a password."""
        if self.destination == "duckdb":
            return str(self.warehouse)
        parts = urlsplit(self.postgres_url)
        host = f"{parts.hostname or 'localhost'}" + (f":{parts.port}" if parts.port else "")
        return f"postgresql://{host}{parts.path}"

    @property
    def url_without_password(self) -> str:
        """Where the Postgres warehouse is, to be shown; a password elsewhere in it is left out too."""
        parts = urlsplit(self.postgres_url)
        _, _, host = parts.netloc.rpartition("@")
        shown = [
            pair for pair in parts.query.split("&") if not pair.startswith(("password=", "sslpassword="))
        ]
        user = f"{quote(self.user)}@" if self.user else ""
        return urlunsplit(parts._replace(netloc=f"{user}{host}", query="&".join(shown)))

    @property
    def database(self) -> str:
        """The name of the Postgres database."""
        return unquote(urlsplit(self.postgres_url).path.removeprefix("/"))

    @property
    def user(self) -> str:
        """The user that Postgres knows us as."""
        return unquote(urlsplit(self.postgres_url).username or "")

    @property
    def setting(self) -> str:
        """The setting that says where the warehouse is."""
        return f"roundtrip.{'warehouse' if self.destination == 'duckdb' else 'postgres_url'}"

    @property
    def name(self) -> str:
        """A file name that tells warehouses apart."""
        if self.destination == "duckdb":
            return self.warehouse.name
        parts = urlsplit(self.postgres_url)
        which = f"{parts.hostname}:{parts.port}{parts.path}?{parts.query}"
        return f"postgres-{hashlib.sha256(which.encode()).hexdigest()[:12]}"

    @property
    def state_dir(self) -> Path:
        """Where load packages and working files are, beside the warehouse they belong to."""
        return self.warehouse.parent / f".{self.name}.state"

    def make_state_dir(self) -> Path:
        """Make it, for this user alone: load packages hold the CRM's records. Whoever shares it may open it later."""
        self.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.state_dir

    @property
    def lock(self) -> Path:
        """The file whose lock a run holds."""
        return self.warehouse.parent / f"{self.name}.lock"
