"""Signs requests with the tokens of a login, and renews these: some minutes ahead, and when one is refused."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sources.errors import ApiError, NotAccepted
from sources.oauth import Authority, refreshed
from sources.tokens import TokenFile, Tokens

LOG = logging.getLogger("roundtrip.login")
AHEAD = timedelta(minutes=5)
"""How long before a token expires it is renewed; of one that lives for minutes only, half its life."""
AT_ONCE = timedelta(seconds=2)
"""Those who wait for a renewal while it fails need not find out each for themselves."""
PAUSE = timedelta(minutes=1)
"""How long a renewal that failed is not tried again, while the token still holds."""
HEADER, KIND = "authorization", "Bearer "


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Bearer:
    """The tokens of one login, for the API at one address.

    They are read from the file when the first is needed, and again whenever they are no good any more: another process
    may have renewed them. Only if it has not, they are renewed here.
    """

    file: TokenFile
    authority: Authority
    base_url: str
    clock: Callable[[], datetime] = utc_now
    _tokens: Tokens | None = None
    _problem: ApiError | None = None
    """Why there were no tokens when they were last asked for."""
    _until: datetime | None = None
    """Until when that is the answer for all who ask; None: for ever, since asking again would be of no use."""
    _not_before: datetime | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def headers(self) -> Mapping[str, str]:
        """Signed with a token that is good for some minutes more."""
        tokens = await self._good("")
        return {HEADER: f"{KIND}{tokens.access_token}"}

    async def renew(self, refused: Mapping[str, str]) -> bool:
        """Replace the token that was refused; NotAccepted: the login has ended."""
        await self._good(refused[HEADER].removeprefix(KIND))
        return True

    async def _good(self, refused: str) -> Tokens:
        async with self._turn:
            if self._problem is not None and (self._until is None or self.clock() < self._until):
                raise type(self._problem)(self._problem.message, way_out=self._problem.way_out)
            if self._tokens is None or not self._holds(self._tokens, refused):
                # In a thread, which nothing breaks off: what the CRM has renewed is kept, come what may.
                self._tokens = await asyncio.to_thread(self._renewed, refused)
            return self._tokens

    def _holds(self, tokens: Tokens, refused: str) -> bool:
        now = self.clock()
        soon = min(AHEAD, (tokens.expires_at - tokens.used_at) / 2)
        if self._not_before is not None and now < self._not_before:
            soon = timedelta()
        return tokens.access_token != refused and now + soon < tokens.expires_at

    def _renewed(self, refused: str) -> Tokens:
        try:
            with self.file.held():
                return self._ours(self._of_file(refused))
        except ApiError as error:
            self._problem = error
            self._until = None if isinstance(error, NotAccepted) else self.clock() + AT_ONCE
            raise

    def _of_file(self, refused: str) -> Tokens:
        """The tokens in the file, renewed if they are no good either."""
        held = self.file.read()
        if held is None:
            raise NotAccepted(f"nobody is logged in to {self.file.crm} any more.", way_out=self.file.log_in())
        if self._holds(held, refused):
            return held
        try:
            with self.file.room() as keep:
                new = refreshed(self.authority, held, self.clock())
                keep(new)
        except NotAccepted:
            raise
        except ApiError as error:
            if held.access_token == refused or self.clock() >= held.expires_at:
                raise
            LOG.warning("%s: the login could not be renewed yet: %s", self.file.crm, error.message)
            self._not_before = self.clock() + PAUSE
            return held
        LOG.info("%s: the login was renewed.", self.file.crm)
        return new

    def _ours(self, tokens: Tokens) -> Tokens:
        """Refuse the tokens of another company: somebody else may have logged in meanwhile."""
        if self.authority.api(tokens.api_domain) != self.base_url:
            raise NotAccepted(
                f"the login to {self.file.crm} is now for {tokens.api_domain}, and no more for {self.base_url}.",
                way_out="Run again.",
            )
        return tokens
