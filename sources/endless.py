"""When a walk through a list is given up, because it does not end.

Its pages are counted. There cannot be more of them than two days' tokens pay for, as no run's walk takes longer, nor
more than any account holds; and page after page without a record that was not met before leads nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sources.errors import LATER, Endless
from sources.seen import Seen

MOST_PAGES = 400_000
"""Of one walk: at 500 records a page 200 million, many times what the largest accounts hold."""
MOST_IN_VAIN = 100
"""Pages in a row without a new record. A list that moves while it is read brings a few, filtered ones may be empty."""
DAYS = 2


@dataclass
class Bound:
    """One walk's pages so far, and the keys that were met on them."""

    path: str
    most: int = MOST_PAGES
    pages: int = 0
    in_vain: int = 0
    _met: Seen = field(default_factory=Seen, repr=False)

    @classmethod
    def of(cls, path: str, tokens_a_day: int | None, cost: int) -> "Bound":
        """The bound of a list whose pages cost so many tokens; None where the CRM does not tell the day's."""
        paid_for = DAYS * tokens_a_day // cost if tokens_a_day and cost else MOST_PAGES
        return cls(path, min(MOST_PAGES, max(MOST_IN_VAIN, paid_for)))

    def count(self) -> None:
        """Count a page whose records are not looked at."""
        self.pages += 1
        if self.pages > self.most:
            raise Endless(
                f"{self.path} does not end: {self.most:,} pages were read, and more follow.",
                way_out=f"{LATER} If there are that many records, read them in parts: `roundtrip backfill`.",
            )

    def note(self, keys: Sequence[Any]) -> None:
        """Count a page with these records."""
        self.count()
        fresh = self._met.first_time(keys)
        self.in_vain = 0 if keys and (fresh is None or any(fresh)) else self.in_vain + 1
        if self.in_vain > MOST_IN_VAIN:
            raise Endless(
                f"{self.path} does not end: {self.in_vain} pages in a row brought no record that was not read before.",
                way_out=f"{LATER} If it happens again, tell the CRM's support.",
            )
