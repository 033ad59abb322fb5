"""Takes the answer from who pastes it, where no browser reaches this machine."""

import getpass
import sys
from urllib.parse import parse_qsl, urlsplit

from sources.errors import RoundtripError, UsageError

ASKED = (
    "The browser then comes to a page that it cannot reach, which is as it should be.\n"
    "Paste that page's address, or the code in it (it is not shown): "
)


def pasted() -> dict[str, str]:
    """The parameters of the address that is pasted; only `code` when that alone is."""
    text = getpass.getpass(ASKED) if sys.stdin.isatty() else sys.stdin.readline()
    return understood(text.strip())


def understood(text: str) -> dict[str, str]:
    """What was pasted."""
    if not text:
        raise UsageError("Nothing was pasted, so nobody was logged in.")
    if "?" in text:
        return dict(parse_qsl(urlsplit(text).query))
    if "=" in text or "/" in text or not text.isprintable() or " " in text:
        raise RoundtripError(
            "What was pasted is no address with a code, and no code.",
            way_out="Copy the whole address that the browser shows after you have allowed it.",
        )
    return {"code": text}
