"""What texts of a CRM may hold that is no character, and what stands for it in the warehouse: U+FFFD."""

import re

UNKNOWN = "\ufffd"
NUL = b"\\u0000"
HALF = (b"\\ud", b"\\uD")
"""How an escaped half of a surrogate pair begins; some other escapes do too."""
ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def paired(body: bytes) -> bytes:
    """JSON without halves of surrogate pairs, as a text has that was cut within an emoji: no parser takes them."""
    return ESCAPE.sub(_known, body) if any(half in body for half in HALF) else body


def _known(escape: re.Match[bytes]) -> bytes:
    return b"\\ufffd" if escape["half"] else escape[0]
