"""The page on which somebody allows an app what it asks for, or does not."""

from collections.abc import Mapping
from html import escape


def page(text: str, links: Mapping[str, str]) -> bytes:
    """Write the page: what it says, and where its links lead."""
    made = " ".join(f'<a href="{escape(to)}">{escape(name)}</a>' for name, to in links.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox</title>'
        '<body style="font: 1.1rem sans-serif; margin: 4rem auto; max-width: 40rem">'
        f"<h1>The sandbox's Pipedrive</h1><p>{escape(text)}</p><p>{made}</p></body></html>"
    ).encode()
