"""Everything that can go wrong, as one tree; each error says what happened, where, and the way out.

RoundtripError
├── UsageError               settings or arguments (exit 2)
│   └── Busy                 another run or process holds what we need (exit 2)
├── LoadError                the warehouse refused (exit 1)
├── TransformError           a model could not be built, or the tables not published (exit 1)
└── ApiError                 the CRM's answer, or the lack of one
    ├── Unreachable          no connection, name unknown, no answer in time   (retried)
    ├── Untrusted            a certificate that does not prove its host
    ├── ServerFailed         5xx                                              (retried)
    ├── BadBody              cut short, not JSON, not the CRM's envelope      (retried)
    ├── TooLarge             more bytes than any page has
    ├── BurstLimited         429, too many requests at once                   (waited for, retried)
    ├── Blocked              403 with HTML: the CRM's firewall                (waited for, retried)
    ├── RepeatedPage         a cursor led back to a page already read         (retried)
    ├── Unsteady             a list that moves faster than it can be read
    ├── Endless              a list that goes on and on, and brings nothing new
    ├── BudgetSpent          429, no tokens left today (exit 3)
    ├── NotAccepted          401
    │   └── AppNotAccepted   the app as which somebody logs in or is logged in
    ├── NotAllowed           403 with JSON
    ├── NotServed            404, 410, a redirect: this host has no such endpoint
    │   └── NotFound         it has, but no such record
    ├── AnswerLost           what was sent may have been done, or may not
    ├── Refused              400 and other refusals of what we sent
    │   └── CursorRefused    a page marker the CRM no longer knows            (the walk starts again)
    └── WrongType            a value of another type than declared
"""

import re

FULL = re.compile("no space left on device|disk quota exceeded|not enough space on the disk", re.IGNORECASE)
MAKE_ROOM = "Make room there. What was loaded before is kept, and the next run goes on from there."


class RoundtripError(Exception):
    """What happened, with the CRM, entity, record and request it concerns, and the way out."""

    def __init__(
        self,
        message: str,
        *,
        way_out: str = "",
        crm: str = "",
        entity: str = "",
        record_id: object = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out
        self.crm = crm
        self.entity = entity
        self.record_id = record_id
        self.request_id = request_id

    def __str__(self) -> str:
        """One sentence, its place, and the way out."""
        place = f"{self.entity}: " if self.entity else ""
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{place}{self.message}{request}" + (f" {self.way_out}" if self.way_out else "")


def unexpected(error: BaseException) -> RoundtripError:
    """What is told of an error that nobody has foreseen where it came up; a full disk may come up anywhere."""
    if full := full_disk(error):
        told = RoundtripError(f"A disk is full: {str(full).splitlines()[0]}.", way_out=MAKE_ROOM)
        told.__cause__ = error
        return told
    told = RoundtripError(
        f"Something unexpected happened: {type(error).__name__}: {error}",
        way_out="Please report it with the output of the same command with --debug.",
    )
    told.__cause__ = error
    return told


def full_disk(error: BaseException | None) -> BaseException | None:
    """The error that says so, among an error and what led to it, when it is for want of room."""
    while error is not None:
        if FULL.search(str(error)):
            return error
        error = error.__cause__ or error.__context__
    return None


class UsageError(RoundtripError):
    """A setting or an argument that cannot work."""


class Busy(UsageError):
    """Another run or process holds the warehouse."""


class LoadError(RoundtripError):
    """The warehouse refused what was read; the package stays and the next run goes on with it."""


class TransformError(RoundtripError):
    """A model could not be built, or the tables could not be published; what was published before stays."""


class ApiError(RoundtripError):
    """The CRM did not give what was asked for.

    `wait` is the pause it asks for, in seconds; `reason` is what it said, in its own words.
    """

    def __init__(self, message: str, *, wait: float | None = None, reason: str = "", **place: object) -> None:
        super().__init__(message, **place)  # type: ignore[arg-type]
        self.wait = wait
        self.reason = reason


class Unreachable(ApiError):
    """No connection, or no answer in time."""


class Untrusted(ApiError):
    """The host's certificate does not prove that it is the host."""


class ServerFailed(ApiError):
    """The CRM answered 5xx."""


class BadBody(ApiError):
    """The answer was cut short or is not what the CRM speaks."""


class TooLarge(ApiError):
    """The answer is larger than any page can be."""


class BurstLimited(ApiError):
    """Too many requests at once."""


class Blocked(ApiError):
    """The CRM's firewall answered with a page of HTML."""


class RepeatedPage(ApiError):
    """A cursor led back to a page already read."""


class Unsteady(ApiError):
    """A list moves faster than it can be read, or miscounts."""


class Endless(ApiError):
    """A list goes on without bringing anything new, or beyond all that can be."""


class BudgetSpent(ApiError):
    """The company's daily tokens are spent."""


class NotAccepted(ApiError):
    """The credentials were not accepted."""


class AppNotAccepted(NotAccepted):
    """The app as which we log in was not accepted."""


class NotAllowed(ApiError):
    """The credentials do not reach this."""


class NotServed(ApiError):
    """This host has no such endpoint."""


class NotFound(NotServed):
    """There is no such record, or not any more."""


class AnswerLost(ApiError):
    """What was sent may have been done, or may not: the answer did not come, or not whole."""


class Refused(ApiError):
    """The CRM refused what we sent."""


class CursorRefused(Refused):
    """The CRM no longer knows the page marker."""


class WrongType(ApiError):
    """A value has another type than the entity declares."""


LATER = "What was read before is kept; the next run goes on from there."
RETRIED = (Unreachable, ServerFailed, BadBody, BurstLimited, Blocked, RepeatedPage)
FINAL = (BudgetSpent, NotAccepted)
"""Whatever is asked next would be answered alike."""
