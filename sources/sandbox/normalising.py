"""What an account may make of a text before it keeps it: scripts are cut out, and white space around it."""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from sources.sandbox.store import Record

SCRIPT: Final = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)


def normalised(given: Record, fields: AbstractSet[str]) -> Record:
    """Return what is given with the texts of these fields as the account keeps them."""
    return {
        name: SCRIPT.sub("", value).strip() if name in fields and isinstance(value, str) else value
        for name, value in given.items()
    }
