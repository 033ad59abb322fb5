"""What tells whether the same is to be sent as before: a hash of the operation and its values."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pipelines.push.actions import Operation


def fields_hash(operation: Operation, values: Mapping[str, Any]) -> str:
    """Of canonical values, whatever their order."""
    told = json.dumps([operation, values], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()[:32]
