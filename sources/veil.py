"""Puts stars in the place of secrets, in whichever way they are written.

It stands where something comes in, or goes out, whose content others decide: a CRM's answer may repeat the token it was
sent, and an error of a database its address.
"""

import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

STARS = "***"
SHORTEST = 4
"""Characters. What is shorter is part of many a word."""


def forms(secret: str) -> list[str]:
    """A secret as it stands in plain text, in JSON and in addresses, the longest first."""
    in_json = json.dumps(secret)[1:-1]
    ways = {
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        in_json,
        in_json.replace("/", "\\/"),
    }
    return sorted(ways, key=len, reverse=True) if len(secret) >= SHORTEST else []


def veiled(text: str, secrets: Iterable[str]) -> str:
    """A text without these secrets."""
    for secret in secrets:
        for form in forms(secret):
            text = text.replace(form, STARS)
    return text


def veiled_bytes(body: bytes, secrets: Iterable[str]) -> bytes:
    """The same of bytes."""
    for secret in secrets:
        for form in forms(secret):
            body = body.replace(form.encode(), STARS.encode())
    return body
