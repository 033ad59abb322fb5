"""Custom fields by name: which columns they have, and what became of them since.

    naming.py    a field's name made into a column's
    planning.py  what is known and what the CRM defines now, into what will be known (pure)
    registry.py  the table `ops.custom_fields`, brought up to date before each build and measured after it
    listing.py   what `roundtrip fields` tells

The dbt project reads the registry while it compiles: a field that was added has its columns with the next build.
"""

from pipelines.fields.registry import Change, described, measure, refresh

__all__ = ["Change", "described", "measure", "refresh"]
