"""The commands `login` and `logout`."""

import hmac
import secrets
from typing import Annotated

import typer

from pipelines import console
from pipelines.browser import open_page
from pipelines.config import read_settings, refuse_unknown_crms
from pipelines.keys import check_keys
from pipelines.login import granting
from pipelines.login.callback import listening
from pipelines.login.pasting import pasted
from pipelines.login.settings import has_api_token, read_authority, token_file
from pipelines.options import EXIT
from sources.bearer import utc_now
from sources.budget import Tally
from sources.crm import Account, Crm
from sources.errors import ApiError, AppNotAccepted, NotAccepted, RoundtripError, UsageError
from sources.login import Login
from sources.oauth import Authority, exchanged, revoked
from sources.registry import CRMS
from sources.tokens import Tokens
from sources.walk import Fetcher

FIVE_MINUTES = 300
MOST_OF_AN_ERROR = 80
Name = Annotated[str, typer.Argument(help="The CRM.", metavar="CRM", show_default=False)]
Answer = dict[str, str]


def login(
    name: Name = "",
    *,
    paste: Annotated[
        bool, typer.Option("--paste", help="No browser reaches this machine: paste the address it shows.")
    ] = False,
    show: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to go on.")] = False,
    seconds: Annotated[
        float, typer.Option("--timeout", min=1, help="How many seconds to wait for the browser.")
    ] = FIVE_MINUTES,
) -> None:
    """Log in to a CRM through an app of yours (OAuth), instead of using an API token."""
    crm, how = _crm(name)
    check_keys()
    _refuse_beside_a_token(crm)
    wanted = granting.needs_of(crm)
    console.OUT.print(f"To read and write what the settings say, your app needs these scopes of {crm.name}:")
    granting.show(wanted)
    console.say(f"Tick these, and no more, where the app is registered: {how.registration}.")
    authority = read_authority(crm, how)
    console.say(f"Its callback URL is {authority.redirect_uri}")
    if not (yes or typer.confirm("Go on?", default=True, err=True)):
        raise typer.Exit(EXIT["failed"])
    tokens = _logged_in(authority, paste=paste, show=show, seconds=seconds)
    account = _account(crm)
    file = token_file(crm)
    console.say(f"Logged in to {account.company} as {account.user}. The tokens are in {file.path}.")
    if granting.tell(wanted, tokens.scopes).missing:
        console.note(f"Tick what is missing in the app, then `roundtrip login {crm.name}` again.")
        raise typer.Exit(EXIT["partial"])
    console.say("Next: `roundtrip check`.")


def logout(
    name: Name = "",
    *,
    local: Annotated[
        bool, typer.Option("--local", help="Only delete the tokens here; the CRM is not told.")
    ] = False,
) -> None:
    """Give a login back to the CRM, and delete its tokens."""
    crm, how = _crm(name)
    check_keys()
    file = token_file(crm)
    if not file.exists():
        console.say(f"Nobody is logged in to {crm.name}.")
        return
    authority = None if local else read_authority(crm, how)
    with file.held():
        if authority is not None and (tokens := file.read()):
            _give_back(authority, tokens)
        file.delete()
    console.say(f"Logged out of {crm.name}: the tokens are deleted.")
    if local:
        console.note(
            f"{crm.name} was not told. Until the app is uninstalled there, its copy of the login is good."
        )


def _crm(name: str) -> tuple[Crm, Login]:
    able = {crm.name: crm for crm in CRMS.values() if crm.login}
    if name:
        refuse_unknown_crms([name])
    crm = able.get(name) if name or len(able) != 1 else next(iter(able.values()))
    if crm is None or crm.login is None:
        raise UsageError(
            f"One cannot log in to {name}." if name else "Log in to which CRM?",
            way_out=f"To these: {', '.join(able)}.",
        )
    return crm, crm.login


def _refuse_beside_a_token(crm: Crm) -> None:
    if has_api_token(crm):
        secret = next(key for key, text in crm.settings.items() if text.startswith("*"))
        raise UsageError(
            f"The API token that is set would be used, and not the login: sources.{crm.name}.{secret}.",
            way_out="Remove it first, or leave it at that: with an API token nobody need log in.",
        )


def _logged_in(authority: Authority, *, paste: bool, show: bool, seconds: float) -> Tokens:
    """New tokens, kept."""
    file = token_file(CRMS[authority.crm])
    code = _code(authority, paste=paste, show=show, seconds=seconds)
    try:
        with file.held(), file.room() as keep:
            tokens = exchanged(authority, code, utc_now())
            authority.api(tokens.api_domain)
            keep(tokens)
    except AppNotAccepted as error:
        raise UsageError(error.message, way_out=error.way_out) from error
    return tokens


def _code(authority: Authority, *, paste: bool, show: bool, seconds: float) -> str:
    """What can be exchanged for tokens, once somebody has allowed it."""
    state = secrets.token_urlsafe(32)
    address = authority.address(state)
    if paste:
        console.say(f"Open this in a browser, and allow it:\n{address}")
        return _checked(authority, pasted(), state, is_typed=True)
    with listening(authority.redirect_uri) as listener:
        console.say(f"Allow it in the browser, at\n{address}")
        if show:
            open_page(address)
        return _checked(authority, listener.answer(seconds), state)


def _checked(authority: Authority, answer: Answer, state: str, *, is_typed: bool = False) -> str:
    """The code of an answer that is to our question: another page may send a browser here with a code of its own."""
    is_ours = hmac.compare_digest(answer.get("state", "").encode(), state.encode())
    if not is_ours and not (is_typed and answer.keys() == {"code"}):
        raise RoundtripError(
            "The answer is not to this login (its state is another one), so nobody was logged in.",
            way_out="Run it again, and use the address that it shows.",
        )
    if answer.get("error") == "access_denied":
        raise RoundtripError(f"It was not allowed in {authority.crm}, so nobody was logged in.")
    if not answer.get("code"):
        if "error" not in answer:
            raise RoundtripError(
                "There is no code in that address, so nobody was logged in.",
                way_out="Run it again, allow it, and use the address that the browser shows after that.",
            )
        said = "".join(filter(str.isprintable, answer["error"]))[:MOST_OF_AN_ERROR]
        raise RoundtripError(f"{authority.crm} answered: {said}. Nobody was logged in.")
    return answer["code"]


def _account(crm: Crm) -> Account:
    with Fetcher(read_settings(crm).connect()) as fetcher:
        return fetcher.run(crm.identify(fetcher.client, Tally()))


def _give_back(authority: Authority, tokens: Tokens) -> None:
    try:
        revoked(authority, tokens)
    except ApiError as error:
        if isinstance(error, NotAccepted) and not isinstance(error, AppNotAccepted):
            return  # there is nothing left to give back
        raise RoundtripError(
            f"The login could not be given back: {error.message}",
            way_out=f"Run it again later; `roundtrip logout {authority.crm} --local` only deletes the tokens here.",
        ) from error
