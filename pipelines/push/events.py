"""The ledger's table as Arrow, and the view of its last events."""

import pyarrow as pa

LEDGER, STATE = "ops.push_ledger", "ops.push_state"
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
