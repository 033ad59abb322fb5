"""What tests of logins share: an app at the sandbox, and somebody who allows it."""

import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from typer.testing import CliRunner, Result

from pipelines.cli import app as cli
from sources.bearer import utc_now
from sources.oauth import Authority, exchanged
from sources.pipedrive.login import authority
from sources.tokens import TokenFile, Tokens
from tests.support import Sandbox

PREFIX = "SOURCES__PIPEDRIVE__"
APP = ("sandbox-client", "sandbox-secret")
SECRETS = ("sandbox-secret", "sandbox-code-", "sandbox-access-", "sandbox-refresh-")
"""What nobody may ever see."""


def app(crm: Sandbox) -> Authority:
    """The app that is registered with the sandbox."""
    return authority(*APP, redirect_uri=crm.control("login")["callback"], oauth_url=crm.url)


def come_back(address: str) -> dict[str, str]:
    """Allow, or as the sandbox is set up deny, what is asked at an address; what the browser brings back."""
    location = httpx.get(address).headers["location"]
    return dict(parse_qsl(urlsplit(location).query))


def log_in(crm: Sandbox, folder: Path) -> TokenFile:
    """Log in, and keep the tokens where a command that runs in this folder looks for them."""
    crm.control("login", consent="allow")
    tokens = exchanged(app(crm), come_back(app(crm).address("any"))["code"], utc_now())
    file = TokenFile("pipedrive", folder / ".dlt/pipedrive.oauth.json")
    keep(file, tokens)
    return file


def keep(file: TokenFile, tokens: Tokens, **changes: Any) -> None:
    """Keep tokens, some of what they say being otherwise."""
    with file.held(), file.room() as put:
        put(replace(tokens, **changes))


def tokens_of(file: TokenFile) -> Tokens:
    """The tokens that are kept."""
    tokens = file.read()
    assert tokens is not None
    return tokens


def expire(file: TokenFile) -> None:
    """Let the access token be one that has to be renewed before it is used."""
    now = utc_now()
    keep(file, tokens_of(file), used_at=now - timedelta(minutes=59), expires_at=now + timedelta(minutes=1))


def renewals(crm: Sandbox) -> int:
    """How often tokens were asked for, as the sandbox has counted."""
    asked = crm.stats()["endpoints"].get("POST /oauth/token", {})
    return int(asked.get("requests", 0))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def roundtrip(*arguments: str) -> Result:
    """The command, in this process; what it says holds no secret."""
    done = CliRunner().invoke(cli, arguments)
    told = f"{done.output}{done.stderr}{done.exception}"
    assert [secret for secret in SECRETS if secret in told] == []
    return done
