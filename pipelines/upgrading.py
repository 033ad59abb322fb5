"""Bring the warehouse up to date ahead of commands that first say what they would cost, so read before they write."""

from pipelines.lock import locked
from pipelines.place import Place
from pipelines.warehouse import open_warehouse


def bring_up_to_date(place: Place, command: str) -> None:
    """Do what every writer does as it opens the warehouse."""
    with locked(place, command), open_warehouse(place, "ops"):
        pass
