"""What pipelines know of a CRM: its entities, how to connect, who we are there, and what was deleted.

A CRM is one folder that offers one `Crm`; `registry.py` lists them.
"""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import pendulum

from sources.budget import Tally
from sources.entity import Entity
from sources.http import Client
from sources.login import Login
from sources.pushing import Pushing
from sources.writer import MakeWriter


@dataclass(frozen=True)
class Account:
    """Whose token it is, and what time the server has."""

    user_id: int
    """0: the CRM does not tell."""
    user: str
    company: str
    company_id: int | None
    is_admin: bool | None
    """None: the CRM does not tell."""
    server_time: pendulum.DateTime


@dataclass(frozen=True)
class Gone:
    """A record that was deleted: which, when if that is told, and its last content if that is told."""

    item: str
    record_id: int
    deleted_at: pendulum.DateTime | None
    row: dict[str, Any] | None


Deletions = Callable[
    [Client, tuple[str, ...], pendulum.DateTime, pendulum.DateTime, Tally], Coroutine[Any, Any, list[Gone]]
]
"""Records of the named kinds deleted in [since, until)."""


@dataclass(frozen=True)
class Crm:
    """One CRM."""

    name: str
    entities: Mapping[str, Entity]
    connect: Callable[..., Client]
    """From the CRM's settings (keywords), `patience` and the seams transport, clock and sleep."""
    settings: Mapping[str, str]
    """The settings `connect` needs, each with what it is; `*` before the text marks a secret."""
    identify: Callable[[Client, Tally], Coroutine[Any, Any, Account]]
    deletions: Deletions
    deletions_reach: pendulum.Duration
    """How far back `deletions` can look."""
    deleted_for: pendulum.Duration
    """How long lists that show deleted records go on showing them."""
    options: Mapping[str, str] = field(default_factory=dict)
    """The settings that `connect` can do without, likewise."""
    identify_cost: int = 0
    """Tokens that `identify` costs."""
    deletions_cost: int = 0
    """Tokens that a page of `deletions` costs."""
    deletions_page: int = 500
    """Changes on such a page."""
    identify_scopes: tuple[str, ...] = ()
    """The permissions of which any lets an app ask who we are, the least first; empty: the CRM has none."""
    deletions_scopes: tuple[str, ...] = ()
    """Those of which any lets it ask what was deleted."""
    field_lists: Mapping[str, str] = field(default_factory=dict)
    """The entities whose records have custom fields, each with the entity that lists its fields."""
    login: Login | None = None
    """How one logs in instead, where that is possible."""
    writer: MakeWriter | None = None
    """What writes the entities of `pushes`."""
    pushes: Mapping[str, Pushing] = field(default_factory=dict)
    """What may be written back, by entity."""
    legacy_pushes: Mapping[str, Pushing] = field(default_factory=dict)
    """The same through the API generation before, where the settings ask for it."""
