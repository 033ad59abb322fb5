"""The pages of one list, as plainly as HTTP gives them."""

import re
from collections.abc import Iterator

import httpx

PATH = "/api/v2/activities"
PAGE = 500
PARAMS = {"limit": str(PAGE), "include_fields": "attendees"}
TOKEN = "sandbox-admin-token"
TAIL = 1_000
"""The page marker is within so many bytes of a page's end."""
MARKER = re.compile(rb'"next_cursor":\s*"([^"]+)"')


def responses(url: str) -> Iterator[httpx.Response]:
    """Every page of activities, one request after another."""
    cursor = ""
    with httpx.Client(base_url=url, headers={"x-api-token": TOKEN}, timeout=60, trust_env=False) as http:
        while True:
            response = http.get(PATH, params={**PARAMS, **({"cursor": cursor} if cursor else {})})
            yield response.raise_for_status()
            found = MARKER.search(response.content, max(0, len(response.content) - TAIL))
            if not found:
                return
            cursor = found[1].decode()
