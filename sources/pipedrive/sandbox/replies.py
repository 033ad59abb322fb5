"""The bodies of Pipedrive's replies: envelopes and errors."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

encode: Final = msgspec.json.encode

INFO: Final = "Please check developers.pipedrive.com"
HTML: Final = b"text/html; charset=utf-8"


@dataclass(frozen=True)
class Answer:
    """A status and a body; JSON unless said otherwise."""

    status: int
    body: bytes


class RefusalError(Exception):
    """A request that is refused, with the answer that says so."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body.decode()}")
        self.answer = answer


def ok(data: object, additional: dict[str, Any] | None = None) -> Answer:
    """Answer with data, and with additional data if there is any."""
    more = {} if additional is None else {"additional_data": additional}
    return Answer(200, encode({"success": True, "data": data, **more}))


def rows(data: bytes, additional: dict[str, Any] | None = None) -> Answer:
    """Answer with records that are JSON already."""
    more = b"" if additional is None else b',"additional_data":' + encode(additional)
    return Answer(200, b"".join((b'{"success":true,"data":', data, more, b"}")))


def invalid(error: str) -> RefusalError:
    """Refuse what the schema of API v2 does not admit."""
    body = {
        "success": False,
        "error": error,
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
        "error_info": INFO,
        "data": None,
        "additional_data": None,
    }
    return RefusalError(Answer(400, encode(body)))


def refused(status: int, error: str) -> RefusalError:
    """Refuse with a message."""
    body = {"success": False, "error": error, "error_info": INFO, "data": None, "additional_data": None}
    return RefusalError(Answer(status, encode(body)))


def coded(status: int, error: str) -> Answer:
    """Answer as the gate before the API does: with the status in the body."""
    body = {"success": False, "error": error, "errorCode": status, "error_info": INFO}
    return Answer(status, encode(body))


OUT_OF_SCOPE: Final = (403, "Scope and URL mismatch")
UNAUTHORIZED: Final = (401, "unauthorized access")
BURST: Final = (429, "request over limit")
BUDGET: Final = (429, "daily request budget exceeded")
BROKEN: Final = (500, "Internal server error")

NOT_FOUND_HTML: Final = (
    b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n"
    b"<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)

BLOCKED_HTML: Final = (
    b'<!DOCTYPE html>\n<html lang="en-US">\n<head><title>Attention Required! | Cloudflare</title></head>\n'
    b'<body><div id="cf-wrapper"><h1 data-translate="block_headline">Sorry, you have been blocked</h1>\n'
    b"<h2>You are unable to access pipedrive.com</h2>\n"
    b"<p>The owner of this website has banned you temporarily (error 1015).</p></div></body>\n</html>\n"
)


def gateway_html(status: int) -> bytes:
    """Write the page a web server shows when the API behind it does not answer."""
    title = {502: "502 Bad Gateway", 503: "503 Service Temporarily Unavailable"}[status]
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    ).encode()
