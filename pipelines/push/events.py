"""The ledger's table, and the view of its last events."""

import pyarrow as pa

from pipelines.warehouse import Warehouse

LEDGER, STATE = "ops.push_ledger", "ops.push_state"
TABLE = """
create table if not exists ops.push_ledger (
    event bigint primary key, kind varchar, intent bigint, run_id varchar, crm varchar, entity varchar,
    target varchar, push_key varchar, operation varchar, record_id bigint, fields json, fields_hash varchar,
    basis_update_time timestamptz, intended_at timestamptz, recorded_at timestamptz, verdict varchar, reason varchar,
    request_id varchar, before json, answered json, conflicts json, pushed json, created boolean, attempts bigint,
    next_try_at timestamptz, update_time timestamptz)
"""
VIEW = """
create view ops.push_state as
select distinct on (crm, target, push_key)
    event, intent, run_id, crm, entity, target, push_key, operation, record_id, fields, fields_hash,
    basis_update_time, intended_at, recorded_at, coalesce(verdict, 'unknown') as verdict,
    case when kind = 'intent' then 'the run was killed before it was known what became of it' else reason end as reason,
    request_id, before, answered, conflicts, pushed, created, attempts, next_try_at, update_time
from ops.push_ledger
where intent not in (select withdrawn.intent from ops.push_ledger as withdrawn where withdrawn.kind = 'withdrawn')
order by crm, target, push_key, event desc
"""
TIME, TEXT = pa.timestamp("us", tz="UTC"), pa.string()
SCHEMA = pa.schema(
    [
        *(("event", pa.int64()), ("kind", TEXT), ("intent", pa.int64()), ("run_id", TEXT), ("crm", TEXT)),
        *(("entity", TEXT), ("target", TEXT), ("push_key", TEXT), ("operation", TEXT)),
        *(("record_id", pa.int64()), ("fields", TEXT), ("fields_hash", TEXT), ("basis_update_time", TIME)),
        *(
            ("intended_at", TIME),
            ("recorded_at", TIME),
            ("verdict", TEXT),
            ("reason", TEXT),
            ("request_id", TEXT),
        ),
        *(("before", TEXT), ("answered", TEXT), ("conflicts", TEXT), ("pushed", TEXT)),
        *(("created", pa.bool_()), ("attempts", pa.int64()), ("next_try_at", TIME), ("update_time", TIME)),
    ]
)


def make(warehouse: Warehouse) -> None:
    """Make table and view unless they are there."""
    warehouse.make_schema("ops")
    known = there(warehouse)
    if "push_ledger" not in known:
        warehouse.execute(TABLE)
    if "push_state" not in known:
        warehouse.execute(VIEW)


def there(warehouse: Warehouse) -> set[str]:
    """Tables and views beside the data; DuckDB takes long to tell their columns."""
    query = "select table_name from information_schema.tables where table_schema = 'ops'"
    return {name for (name,) in warehouse.rows_of(query)}
