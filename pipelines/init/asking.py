"""What is to be set: out of the options, else of what is set already, else asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

import typer

from pipelines import console, values
from pipelines.config import Settings, is_configured, read_place, read_settings, refuse_unknown_crms
from pipelines.environment import in_force
from pipelines.init.filling import Setting
from pipelines.keys import ROUNDTRIP, check_keys
from pipelines.login.settings import read_authority, uses_login
from sources.crm import Crm
from sources.errors import UsageError
from sources.login import Login
from sources.registry import CRMS

DESTINATION, URL = "roundtrip.destination", "roundtrip.postgres_url"
Asked = Callable[[], list[Setting]]
BY_TOKEN, BY_APP = "token", "app"


@dataclass(frozen=True)
class Given:
    """What the options say."""

    crms: Sequence[str]
    settings: Mapping[str, Setting]
    """By key: `sources.pipedrive.company_domain`."""
    asks: bool
    """Whether somebody is there to be asked."""


def wanted(given: Given) -> tuple[list[Setting], list[Settings]]:
    """The settings to make, and what they come to, checked as any command checks them."""
    found = list(given.settings.values())
    crms = _crms(given)
    found += _fitting(
        partial(_place, given), lambda answers: _check_place([*found, *answers]), asks=given.asks
    )
    for crm in crms:
        check = partial(_check_crm, crm, tuple(found))
        found += _fitting(partial(_connection, crm, given), check, asks=given.asks)
    return found, valid(found, crms)


def valid(found: Iterable[Setting], crms: Iterable[Crm]) -> list[Settings]:
    """The settings of these CRMs with what is to be set. UsageError: one that cannot work."""
    with _in_force(found):
        check_keys()
        every = [_connected(crm) for crm in crms]
        for one in every:
            one.chosen()
    return every


def _connected(crm: Crm) -> Settings:
    """Its settings; an app is one before anybody has logged in with it."""
    if crm.login and uses_login(crm):
        read_authority(crm, crm.login)
        return read_settings(crm, is_connecting=False)
    settings = read_settings(crm)
    settings.connect()
    return settings


def _check_crm(crm: Crm, found: Iterable[Setting], answers: Iterable[Setting]) -> None:
    valid([*found, *answers], [crm])


def _check_place(found: Iterable[Setting]) -> None:
    with _in_force(found):
        read_place()


def _fitting(ask: Asked, check: Callable[[list[Setting]], object], *, asks: bool) -> list[Setting]:
    """Answers that can work; whoever gave others is told why, and asked again."""
    while True:
        answers = ask()
        try:
            check(answers)
        except UsageError as error:
            if not answers or not asks:  # then it is not an answer that is wrong
                raise
            console.note(str(error))
        else:
            return answers


def _crms(given: Given) -> list[Crm]:
    """Those named or given a setting, else those that are configured, else asked for."""
    refuse_unknown_crms(given.crms)
    named = {*given.crms, *(one.section.removeprefix("sources.") for one in given.settings.values())}
    chosen = [crm for crm in CRMS.values() if crm.name in named] or list(filter(is_configured, CRMS.values()))
    if chosen:
        return chosen
    if not given.asks:
        raise UsageError("It does not say of which CRM.", way_out=f"Give --crm {' or --crm '.join(CRMS)}.")
    names = typer.prompt(
        f"Which CRM? {', '.join(CRMS)}, or several with commas between", default=next(iter(CRMS))
    )
    return _named([name.strip() for name in names.split(",")]) or _crms(given)


def _named(names: Sequence[str]) -> list[Crm]:
    try:
        refuse_unknown_crms(names)
    except UsageError as error:
        console.note(str(error))
        return []
    return [CRMS[name] for name in dict.fromkeys(names)]


def _connection(crm: Crm, given: Given) -> list[Setting]:
    section = f"sources.{crm.name}"
    wanted = crm.login.settings if crm.login and _is_by_login(crm, crm.login, given) else crm.settings
    return [
        _asked(f"{section}.{name}", text, given)
        for name, text in wanted.items()
        if not _is_made(f"{section}.{name}", given)
    ]


def _is_by_login(crm: Crm, login: Login, given: Given) -> bool:
    """Whether one connects as an app: that is asked where neither a token nor anything of an app is set."""

    def any_made(names: Iterable[str]) -> bool:
        return any(_is_made(f"sources.{crm.name}.{name}", given) for name in names)

    if any_made(name for name, text in crm.settings.items() if text.startswith("*")):
        return False
    if any_made(login.settings) or not given.asks:
        return any_made(login.settings)
    asked = (
        f"How do you connect to {crm.name}? With an API token, or as an app of yours (OAuth): token or app"
    )
    while (answer := typer.prompt(asked, default=BY_TOKEN).strip().lower()) not in (BY_TOKEN, BY_APP):
        console.note(f"It is {BY_TOKEN} or {BY_APP}, not {answer!r}.")
    return bool(answer == BY_APP)


def _place(given: Given) -> list[Setting]:
    """Whoever gives a Postgres URL wants Postgres."""
    if _is_made(URL, given) and not _is_made(DESTINATION, given):
        return [Setting("roundtrip", "destination", "postgres")] if URL in given.settings else []
    destination = given.settings.get(DESTINATION)
    chosen = destination.value if destination else values.value(DESTINATION)
    answers = []
    if not chosen and given.asks and not read_place().warehouse.exists():
        chosen = typer.prompt(
            "Where shall the warehouse be? duckdb (a file here) or postgres", default="duckdb"
        )
        answers = [Setting("roundtrip", "destination", chosen)] * (chosen != "duckdb")
    if chosen == "postgres" and not _is_made(URL, given):
        answers.append(_asked(URL, ROUNDTRIP["postgres_url"], given))
    return answers


def _is_made(key: str, given: Given) -> bool:
    """Whether a setting is given with the command, or in a file, or in the environment; an empty one is not."""
    return key in given.settings or bool(str(values.value(key) or "").strip())


def _asked(key: str, text: str, given: Given) -> Setting:
    """Ask for a setting; a secret is not echoed."""
    section, name = key.rsplit(".", 1)
    is_secret, told = text.startswith("*"), text.lstrip("*")
    if not given.asks:
        raise UsageError(
            f"The setting {key} is missing: {told}.", way_out=f"Give {flag(name, is_secret=is_secret)}."
        )
    shown = f"{name} ({told})"
    answer = typer.prompt(f"{shown}, which is not shown" if is_secret else shown, hide_input=is_secret)
    return Setting(section, name, answer.strip(), is_secret)


def flag(name: str, *, is_secret: bool) -> str:
    """The option that gives a setting; a secret comes on standard input, for the list of processes shows options."""
    return f"--{name.replace('_', '-')}{'-stdin' if is_secret else ''}"


def _in_force(settings: Iterable[Setting]) -> AbstractContextManager[None]:
    """As if they were set already: the environment wins over the files."""
    return in_force({one.key.upper().replace(".", "__"): _text(one) for one in settings})


def _text(setting: Setting) -> str:
    return setting.value if isinstance(setting.value, str) else ", ".join(setting.value)
