"""Which addresses are given a token: the CRM's own, one host that the user names besides, and this machine's.

An address is compared as text, before anything parses it: what two parsers would read in two ways (userinfo, a second
slash, a letter that looks like another) is none that passes here. A number is no name, so that no address within a
network (10.0.0.1, 169.254.169.254, [::ffff:127.0.0.1]) is taken for a CRM.
"""

import re

from sources.errors import UsageError

LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NAME = rf"(?:{LABEL}\.)*[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?"
"""A host's name; the last part of one begins with a letter, which tells it from a number however that is written."""
PORT = "(?::[0-9]{1,5})?"
SAFE = re.compile(rf"https://{NAME}{PORT}")
LOCAL = re.compile(rf"https?://(?:127\.0\.0\.1|localhost|\[::1\]){PORT}")
"""This machine: the sandbox, to which plain http will do."""
HOST = re.compile(NAME + PORT)


def is_local(address: str) -> bool:
    """Whether it is this machine's."""
    return LOCAL.fullmatch(address) is not None


def is_of(address: str, domain: str, trusted_host: str = "") -> bool:
    """Whether it is the address of a host under a domain, or of the one that is trusted."""
    name = address.removeprefix("https://")
    own = name.endswith(f".{domain}") or name == trusted(trusted_host)
    return SAFE.fullmatch(address) is not None and own and not is_local(address)


def trusted(given: str) -> str:
    """The setting trusted_host, checked: a name, with a port if need be; empty where none is set."""
    text = given.strip().lower()
    if text and (not HOST.fullmatch(text) or is_local(f"https://{text}")):
        raise UsageError(
            "The setting trusted_host is no host's name.",
            way_out="Write only the name, as in its certificate, for example gateway.example.com; a port may follow.",
        )
    return text


def refuse_unsafe(address: str) -> None:
    """Refuse to send a token in the clear to another machine, or to what is more, or less, than a host."""
    if not (SAFE.fullmatch(address) or is_local(address)):
        raise UsageError(
            f"{address!r} is not an https:// address of a host.",
            way_out="Plain http is allowed to this machine only, for the sandbox.",
        )
