"""The settings files: what each is to hold, shown before it is written, and written as a whole."""

import difflib
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pipelines.files import put
from pipelines.init.filling import Setting, differing, filled, lacking
from pipelines.keys import FILES, check_keys
from sources.errors import UsageError

ONLY_OURS = 0o600
TEMPLATES = ("config.toml", "secrets.toml")
"""What a new file begins as, in the order of `FILES`."""


@dataclass(frozen=True)
class Change:
    """What becomes of one file."""

    file: Path
    before: str | None
    """None: it is not there."""
    after: str
    settings: tuple[Setting, ...]
    """Those that are made by it."""
    is_secret: bool

    def brief(self) -> Iterator[str]:
        """The settings that it makes, without a secret."""
        for one in self.settings:
            yield f"[{one.section}] {one.shown}"

    def whole(self) -> Iterator[str]:
        """What it would do, line by line, without a secret."""
        if self.is_secret:
            yield from self.brief()
        elif self.before is None:
            yield from self.after.splitlines()
        else:
            changed = difflib.unified_diff(
                self.before.splitlines(), self.after.splitlines(), n=0, lineterm=""
            )
            yield from (line for line in changed if not line.startswith(("---", "+++", "@@")))


def changes(settings: Sequence[Setting]) -> list[Change]:
    """What the files lack of these settings. UsageError when one is made otherwise: nothing is overwritten."""
    check_keys()
    there = [_text(file) for file in FILES]
    for file, text in zip(FILES, there, strict=True):
        if text and (clashing := differing(text, settings)):
            raise _refusal(file, clashing)
    for text in there:
        settings = lacking(text or "", settings)
    found = [_change(place, text, settings) for place, text in enumerate(there)]
    return [one for one in found if one.settings or one.before is None]


def _text(file: Path) -> str | None:
    return file.read_bytes().decode() if file.exists() else None


def _change(place: int, before: str | None, settings: Sequence[Setting]) -> Change:
    file, is_secret = FILES[place], place == 1
    own = [one for one in settings if one.is_secret == is_secret]
    text = template(TEMPLATES[place]) if before is None else before
    return Change(file, before, filled(text, own, str(file)), tuple(own), is_secret)


def _refusal(file: Path, clashing: Sequence[Setting]) -> UsageError:
    named = ", ".join(one.key for one in clashing)
    lines = "; ".join(f"[{one.section}] {one.shown}" for one in clashing)
    return UsageError(
        f"{file} is there already, and sets {named} to something else. Nothing that is set is overwritten, and nothing "
        "was written.",
        way_out=f"Leave it, or change it there by hand: {lines}",
    )


def template(name: str) -> str:
    """What a new file of this name begins as."""
    return (files("pipelines.init") / name).read_text()


def write(change: Change) -> None:
    """Put the file there, as a whole; nobody else may read one with secrets, not even for a moment."""
    file = change.file.resolve()
    new = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        new.unlink(missing_ok=True)
        if change.is_secret and file.exists():
            file.chmod(ONLY_OURS)
        made = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OURS if change.is_secret else 0o666)
        with os.fdopen(made, "wb") as writing:
            writing.write(change.after.encode())
        put(new, file)
    except OSError as error:
        raise UsageError(
            f"{change.file} cannot be written: {error.strerror}.",
            way_out="Run in a folder that you may write to.",
        ) from error


def git_would_take(file: Path) -> bool:
    """Whether the file is in a git repository that does not ignore it."""
    try:
        asked = subprocess.run(  # noqa: S603
            ["git", "check-ignore", "--quiet", str(file)],  # noqa: S607
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 1
