"""Logging in to Pipedrive: where, as which app, and where the API is for those who have. Facts and sources: API.md."""

from typing import Any

import httpx
import pendulum

from sources.bearer import Bearer
from sources.errors import ApiError, NotAccepted, NotAllowed, UsageError
from sources.hosts import is_local, is_of
from sources.http import Client, Patience
from sources.login import Login
from sources.oauth import Authority
from sources.pipedrive.client import DOMAIN, judge
from sources.tokens import TokenFile

URL = "https://oauth.pipedrive.com"
REDIRECT = "http://localhost:8723/callback"
SCOPE_MISMATCH = "scope"


def authority(
    client_id: str, client_secret: str, redirect_uri: str = REDIRECT, oauth_url: str = URL
) -> Authority:
    """Where one logs in: at Pipedrive, or at a sandbox on this machine."""
    base = oauth_url.strip().rstrip("/")
    if base != URL and not is_local(base):
        raise UsageError(
            "The setting oauth_url is no address where one logs in to Pipedrive.",
            way_out=f"Leave it out for {URL}; only a sandbox on this machine has another one.",
        )

    def api(domain: str) -> str:
        address = domain.strip().rstrip("/").lower()
        if not (is_local(address) if is_local(base) else is_of(address, DOMAIN)):
            raise UsageError(
                "The login names an address for the API that is not Pipedrive's; nothing was sent there.",
                way_out="`roundtrip login pipedrive` logs in anew.",
            )
        return address

    return Authority(
        crm="pipedrive",
        authorize_url=f"{base}/oauth/authorize",
        token_url=f"{base}/oauth/token",
        revoke_url=f"{base}/oauth/revoke",
        redirect_uri=redirect_uri.strip(),
        client_id=client_id.strip(),
        client_secret=client_secret.strip(),
        api=api,
    )


def connect(file: TokenFile, at: Authority, patience: Patience | None = None, **seams: Any) -> Client:
    """A client for the company that somebody has logged in to; `seams` are transport, clock and sleep."""
    tokens = file.read()
    if tokens is None:
        raise UsageError("Nobody is logged in to pipedrive.", way_out=file.log_in())
    base_url = at.api(tokens.api_domain)
    return Client(base_url, Bearer(file, at, base_url), _judge, patience or Patience(), **seams)


def _judge(response: httpx.Response) -> ApiError | None:
    """What an answer means for who is logged in: the way out is another one than with an API token."""
    problem = judge(response)
    if isinstance(problem, NotAccepted):
        problem.way_out = "`roundtrip login pipedrive` logs in anew."
    elif isinstance(problem, NotAllowed) and SCOPE_MISMATCH in problem.reason.lower():
        problem.way_out = (
            "The app lacks a scope: `roundtrip login pipedrive` says which are needed. If it has those, Pipedrive asks "
            "for more than it documents: leave the list out of `entities`."
        )
    return problem


LOGIN = Login(
    settings={
        "client_id": "the client id of your app, from Pipedrive's Developer Hub",
        "client_secret": "*the client secret of your app, from Pipedrive's Developer Hub",
    },
    options={
        "redirect_uri": f"the callback URL that is registered with your app, where it is not {REDIRECT}",
        "oauth_url": f"where one logs in, where it is not {URL}: a sandbox's address",
    },
    authority=authority,
    connect=connect,
    lasts=pendulum.duration(days=60),
    registration="Developer Hub (under your name, top right), Create an app, private, OAuth & access scopes",
    redirect_uri=REDIRECT,
)
