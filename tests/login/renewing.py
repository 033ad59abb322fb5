"""A process that renews a login, uses it, and prints who it is: `python -m tests.login.renewing FILE OAUTH_URL [die]`.

It begins when its standard input ends, so that two can begin at once. With `die`, it is gone once the CRM has answered.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sources.budget import Tally
from sources.pipedrive import PIPEDRIVE
from sources.pipedrive.login import authority, connect
from sources.tokens import Keep, TokenFile


class Dying(TokenFile):
    """Dies when it is handed new tokens."""

    @contextmanager
    def room(self) -> Iterator[Keep]:
        """Room that is never filled."""
        with super().room():
            yield lambda _tokens: os._exit(9)


async def main(path: str, url: str, *how: str) -> None:
    """Ask who we are."""
    file = (Dying if how else TokenFile)("pipedrive", Path(path))
    at = authority("sandbox-client", "sandbox-secret", oauth_url=url)
    sys.stdin.read()
    async with connect(file, at) as client:
        print((await PIPEDRIVE.identify(client, Tally())).user_id)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
