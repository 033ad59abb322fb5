"""How one logs in to a CRM, where an API token is not the only way in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pendulum

from sources.http import Client
from sources.oauth import Authority


@dataclass(frozen=True)
class Login:
    """OAuth 2.0, as one CRM has it."""

    settings: Mapping[str, str]
    """The settings that it takes, each with what it is; `*` before the text marks a secret."""
    options: Mapping[str, str]
    """The settings that it can do without, likewise."""
    authority: Callable[..., Authority]
    """From these settings (keywords)."""
    connect: Callable[..., Client]
    """From the file with the tokens, the authority, `patience` and the seams transport, clock and sleep."""
    lasts: pendulum.Duration
    """How long a login lasts without being used."""
    registration: str
    """Where to register an app, and how to tick its permissions."""
    redirect_uri: str
    """Where the browser goes with the answer, unless the settings say otherwise."""
