"""What is read of an answer the same way whichever CRM gave it."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx
import pendulum

from sources.errors import BadBody


def is_json(response: httpx.Response) -> bool:
    """Whether it says that it is JSON."""
    return "json" in response.headers.get("content-type", "")


def seconds(text: str | None) -> float | None:
    """How long a header asks to wait; None where it does not say."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def server_time(headers: Mapping[str, str]) -> pendulum.DateTime:
    """The server's clock, from the `Date` header."""
    try:
        return pendulum.instance(parsedate_to_datetime(headers.get("date", ""))).in_timezone("UTC")
    except (TypeError, ValueError) as error:
        raise BadBody("the answer carries no Date header, so the server's time is unknown.") from error
