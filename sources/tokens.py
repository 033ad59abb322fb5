"""The tokens of a login: a file that nobody else may read, replaced as a whole, by one process at a time.

What is renewed is kept before it is used. A CRM that gives a new refresh token each time takes back the old one as it
answers: from its answer to the renaming of the file, the new ones are in this process's memory alone. If it is killed
just then, or the answer is lost on the way, nothing can bring them back, and somebody has to log in again. All that can
be made sure of before: the file that they will be written into is there, with room for them on the disk.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec
from filelock import FileLock, Timeout

from sources.errors import Unreachable, UsageError

ROOM = 16 * 1024
"""Bytes; tokens take one or two thousand."""
LONGEST_RENEWAL = 90.0
"""Seconds to wait for another process that is renewing the login."""
ONLY_OURS = 0o600
OTHERS = 0o077
SEPARATORS = re.compile(r"[,\s]+")


@dataclass(frozen=True)
class Tokens:
    """What a login gave us. Times are UTC."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    """When the access token does; the refresh token does when it is not used for long."""
    used_at: datetime
    """When the refresh token was last used."""
    api_domain: str
    """Where the API is, as the CRM says it."""
    scope: str = ""

    @property
    def scopes(self) -> frozenset[str]:
        """The permissions that were granted."""
        return frozenset(one for one in SEPARATORS.split(self.scope) if one)


Keep = Callable[[Tokens], None]


@dataclass(frozen=True)
class TokenFile:
    """Where the tokens of a login to one CRM are kept."""

    crm: str
    path: Path

    def exists(self) -> bool:
        """Whether somebody has logged in."""
        return self.path.exists()

    def read(self) -> Tokens | None:
        """The tokens; None when nobody is logged in."""
        try:
            with self.path.open("rb") as file:
                self._refuse_shared(os.fstat(file.fileno()).st_mode)
                return msgspec.json.decode(file.read(), type=Tokens)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"{self.path} cannot be read: {error.strerror}.") from error
        except msgspec.MsgspecError:
            # The error would show a piece of it.
            raise UsageError(f"{self.path} is not what a login leaves.", way_out=self.log_in()) from None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from reading and replacing it. Unreachable: one of them takes too long."""
        lock = FileLock(self.path.with_suffix(".lock"), timeout=LONGEST_RENEWAL, mode=ONLY_OURS)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except Timeout as error:
            raise Unreachable(
                f"another process has been renewing the login to {self.crm} for {LONGEST_RENEWAL:.0f} s.",
                way_out="Run again later.",
            ) from error
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def room(self) -> Iterator[Keep]:
        """Room for new tokens, made before anybody is asked for them; what is handed over replaces the old ones."""
        new = self.path.with_suffix(".new")
        try:
            new.unlink(missing_ok=True)
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OURS)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            self._write(descriptor, b" " * ROOM)
            yield lambda tokens: self._put(new, descriptor, tokens)
        finally:
            os.close(descriptor)
            new.unlink(missing_ok=True)

    def delete(self) -> None:
        """Forget the tokens."""
        self.path.unlink(missing_ok=True)

    def log_in(self) -> str:
        """The way out for who is not logged in."""
        return f"`roundtrip login {self.crm}` logs in anew."

    def _put(self, new: Path, descriptor: int, tokens: Tokens) -> None:
        body = msgspec.json.encode(tokens)
        os.lseek(descriptor, 0, os.SEEK_SET)
        self._write(descriptor, body)
        try:
            os.ftruncate(descriptor, len(body))
            os.fsync(descriptor)
            new.replace(self.path)
            _sync(self.path.parent)
        except OSError as error:
            raise self._unwritable(error) from error

    def _write(self, descriptor: int, body: bytes) -> None:
        try:
            while body:
                body = body[os.write(descriptor, body) :]
            os.fsync(descriptor)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"The login cannot be kept at {self.path}: {error.strerror}.",
            way_out="Make room there, and let this user write there.",
        )

    def _refuse_shared(self, mode: int) -> None:
        if os.name == "posix" and mode & OTHERS:
            raise UsageError(
                f"{self.path} may be read or changed by others (its mode is {mode & 0o777:o}).",
                way_out=f"`chmod 600 {self.path}`. Who may have read it can use the account until `roundtrip logout "
                f"{self.crm}`.",
            )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
