"""The command `init`. Its options are the settings that the CRMs declare: a new CRM brings its own."""

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from pipelines import check as checking
from pipelines import console
from pipelines.config import Settings
from pipelines.init.asking import URL, Given, wanted
from pipelines.init.filling import Setting
from pipelines.init.writing import Change, changes, git_would_take, write
from pipelines.keys import ROUNDTRIP, connecting
from sources.errors import UsageError
from sources.registry import CRMS

FAILED = 1
FIXED = ("roundtrip.destination", "roundtrip.warehouse", URL)


def declared() -> dict[str, str]:
    """The settings that have an option, each with what it is; `*` before the text marks a secret."""
    place = {key: ROUNDTRIP[key.split(".")[1]] for key in FIXED}
    own = {
        f"sources.{crm.name}.{name}": text for crm in CRMS.values() for name, text in connecting(crm).items()
    }
    return own | place


def names() -> dict[str, str]:
    """The settings by the parameter that gives them; the CRM's name tells apart those that are called alike."""
    found: dict[str, str] = {}
    for key, text in declared().items():
        name = key.rsplit(".", 1)[1]
        name = name if name not in found else f"{key.split('.')[1]}_{name}"
        found[f"{name}_stdin" if text.startswith("*") else name] = key
    return found


def with_settings(function: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each setting, in place of `**settings`."""
    parameters = [
        one for one in inspect.signature(function).parameters.values() if one.kind is not one.VAR_KEYWORD
    ]
    parameters[1:1] = [_option(name, declared()[key]) for name, key in names().items()]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {one.name: one.annotation for one in parameters}
    return function


def _option(name: str, text: str) -> inspect.Parameter:
    is_secret = text.startswith("*")
    told = (
        f"Read from standard input, a line of its own: {text[1:]}."
        if is_secret
        else f"{text[:1].upper()}{text[1:]}."
    )
    kind = bool if is_secret else str
    hint = Annotated[kind, typer.Option(f"--{name.replace('_', '-')}", help=told)]  # type: ignore[valid-type]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=kind(), annotation=hint)


@with_settings
def init(
    *,
    crm: Annotated[
        list[str] | None, typer.Option("--crm", help="The CRM to connect to; may be given several times.")
    ] = None,
    entities: Annotated[
        str, typer.Option("--entities", help="What to read, with commas between: default,files. Of one CRM.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    show: Annotated[
        bool, typer.Option("--print", help="Show what would be written, and write nothing.")
    ] = False,
    check: Annotated[
        bool | None, typer.Option("--check/--no-check", help="Try the settings when they are written.")
    ] = None,
    **settings: Any,
) -> None:
    """Write the settings files, from a few questions or options; what is set already stays as it is.

    Without a terminal nothing is asked. Secrets given with -stdin come one a line, in the order of the options here.
    """
    piped = any(value is True for value in settings.values())
    asks = sys.stdin.isatty() and not yes and not piped
    found, every = wanted(Given(crm or (), _given(settings, entities, crm or ()), asks))
    planned = changes(found)
    _show(planned, whole=show)
    if show or not planned or (asks and not typer.confirm("Write this?", default=True)):
        return
    for change in planned:
        write(change)
    _remark(planned)
    apart = [one.crm.name for one in every if not one.connection]
    if apart:
        console.say(f"Next: {' and '.join(f'`roundtrip login {name}`' for name in apart)}.")
        return
    console.say("Next: `roundtrip check` tries the settings, `roundtrip nightly` makes the first run.")
    if check or (
        check is None and asks and typer.confirm("Try it now, with `roundtrip check`?", default=True)
    ):
        _check(every)


def _given(settings: Mapping[str, Any], entities: str, crms: Sequence[str]) -> dict[str, Setting]:
    found = {}
    for name, value in settings.items():
        if value:
            key = names()[name]
            section, own = key.rsplit(".", 1)
            text = _line(name) if value is True else str(value).strip()
            found[key] = Setting(section, own, text, is_secret=value is True)
    return found | {one.key: one for one in _entities(entities, found, crms)}


def _line(name: str) -> str:
    """A secret. Nobody sees it on the way."""
    text = sys.stdin.readline().strip()
    if not text:
        raise UsageError(
            f"--{name.replace('_', '-')}: there is no line on standard input.", way_out="Pipe the secret in."
        )
    return text


def _entities(entities: str, found: Mapping[str, Setting], crms: Sequence[str]) -> Iterator[Setting]:
    if not entities:
        return
    named = {
        *crms,
        *(one.section.split(".")[1] for one in found.values() if one.section.startswith("sources.")),
    }
    if len(named) != 1:
        raise UsageError("--entities does not say of which CRM.", way_out="Give one --crm with it.")
    chosen = tuple(name.strip() for name in entities.split(",") if name.strip())
    yield Setting(f"sources.{named.pop()}", "entities", chosen)


def _show(planned: Sequence[Change], *, whole: bool) -> None:
    if not planned:
        console.say("Nothing to write: all of it is set already.")
    for change in planned:
        console.say(f"{change.file}, {'a new file' if change.before is None else 'in which all else stays'}:")
        for line in change.whole() if whole else change.brief():
            console.say(f"  {line}")


def _remark(planned: Sequence[Change]) -> None:
    for change in planned:
        if change.is_secret and git_would_take(change.file):
            console.note(f"git would take {change.file}: put its name into .gitignore.")
    console.say("Written.")


def _check(every: Sequence[Settings]) -> None:
    found = checking.check(*every)
    checking.show(found)
    if not found.well:
        raise typer.Exit(FAILED)
