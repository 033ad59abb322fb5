"""Lists that the API wraps, writes as an object, or fills with what may not be kept, as plain lists of records."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

Row = dict[str, Any]


class _Page(msgspec.Struct):
    success: bool = True
    data: Any = None
    additional_data: msgspec.Raw = msgspec.Raw(b"null")


def _adapter(rows: Callable[[Any], list[Row]]) -> Callable[[bytes], bytes]:
    def adapt(body: bytes) -> bytes:
        """The page with its data as a list; what cannot be read is left for the decoder to name."""
        try:
            answer = msgspec.json.decode(body, type=_Page)
            answer.data = rows(answer.data) if answer.data else []
        except (msgspec.MsgspecError, AttributeError, KeyError, TypeError, ValueError):
            return body
        return msgspec.json.encode(answer)

    return adapt


def _webhook(row: Row) -> Row:
    """A webhook without what lets its caller in: a name, a password, a key in its address."""
    kept = {key: value for key, value in row.items() if not key.startswith("http_auth_")}
    return kept | {"subscription_url": _bare(str(row.get("subscription_url") or ""))}


def _bare(address: str) -> str:
    """An address without user, password, query and fragment; none where it cannot be taken apart."""
    try:
        url = urlsplit(address)
    except ValueError:
        return ""
    return url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl()


goals = _adapter(lambda data: data["goals"] or [])
user_connections = _adapter(
    lambda data: [{"service": service, "connection_id": one} for service, one in data.items()]
)
webhooks = _adapter(lambda data: [_webhook(row) for row in data])


def _participant(row: Row) -> Row:
    """A participant without the whole person, whom `persons` holds."""
    kept = {key: value for key, value in row.items() if key != "person"}
    return kept | {name: _id(row.get(name)) for name in ("person_id", "added_by_user_id")}


def _id(value: Any) -> Any:
    """The id of what is written as an object, which may be wrapped as an answer."""
    if not isinstance(value, dict):
        return value
    inner = value.get("data")
    inner = inner if isinstance(inner, dict) else value
    return inner.get("value", inner.get("id"))


def _event(row: Row) -> Row:
    """An event of a flow with the id of what it is about."""
    data = row.get("data")
    number = data.get("id", data.get("uuid")) if isinstance(data, dict) else None
    return row | {"item_id": None if number is None else str(number)}


def _relationship(row: Row) -> Row:
    """A relationship as seen from one organization; the other sees it under the same id."""
    return {key: value for key, value in row.items() if key != "id"} | {"relationship_id": row["id"]}


participants = _adapter(lambda data: [_participant(row) for row in data])
events = _adapter(lambda data: [_event(row) for row in data])
relationships = _adapter(lambda data: [_relationship(row) for row in data])
mail_messages = _adapter(
    # The link to the body lives for minutes.
    lambda data: [{key: value for key, value in row.items() if key != "body_url"} for row in data]
)
single = _adapter(lambda data: [data])
