"""What several commands have in common: options and exit codes."""

from typing import Annotated

import typer

EXIT = {"done": 0, "failed": 1, "partial": 3}
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document for machines.")]
Entities = Annotated[
    list[str] | None,
    typer.Option("--entity", "-e", help="Read this entity only; may be given several times."),
]
Crms = Annotated[
    list[str] | None,
    typer.Option("--crm", help="This CRM only, of those that are configured; may be given several times."),
]
