"""The bodies of Deskera's replies."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

encode: Final = msgspec.json.encode
HTML: Final = b"text/html; charset=utf-8"
OK, CREATED, NOTHING, BAD, UNAUTHORIZED, FORBIDDEN, UNKNOWN, NOT_ALLOWED, TOO_MANY, BROKEN = (
    *(200, 201, 204, 400, 401, 403, 404, 405, 429, 500),
)
BLOCKED: Final = (
    b"<!DOCTYPE html>\n<html><head><title>403 Forbidden</title></head>\n"
    b"<body><center><h1>403 Forbidden</h1></center><hr><center>cloudfront</center></body></html>\n"
)


@dataclass(frozen=True)
class Answer:
    """A status and a body; JSON unless said otherwise."""

    status: int
    body: bytes = b""


class RefusalError(Exception):
    """A request that is refused, with what the answer says."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def invalid(message: str) -> RefusalError:
    """Refuse what makes no sense."""
    return RefusalError(BAD, message)


def answered(status: int, data: Any) -> Answer:
    """Answer with data."""
    return Answer(status, encode(data))


def refused(status: int, message: str, path: str) -> Answer:
    """Answer with an error."""
    body = {"status": "error", "code": status, "message": message, "requestPath": path}
    return Answer(status, encode(body))


def gateway(status: int) -> bytes:
    """Write the page a web server shows when the API behind it does not answer."""
    title = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}[status]
    return f"<html>\r\n<head><title>{title}</title></head>\r\n<body><h1>{title}</h1></body>\r\n</html>\r\n".encode()
