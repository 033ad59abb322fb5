"""bridge_person_match, and whom it leaves out: who of one CRM is who of another."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache

from tests.numbers.company import Company, Row, counted

Pair = tuple[int, int]
"""A person here and a person there."""
KINDS = {"email": "emails", "phone": "phones"}
"""What people are known by, the surest first."""


def bridge_person_match(company: Company) -> list[Row]:
    """One row for each person who is surely somebody of another CRM."""
    return [
        {
            "person_id": here,
            "other_crm": other.crm,
            "other_person_id": there,
            "matched_by": kind,
            "matched_value": value,
        }
        for other in company.others
        for (here, there), (kind, value) in _matches(company, other).items()
    ]


def ambiguous(company: Company) -> set[int]:
    """Persons who share something with somebody of another CRM, but nobody knows with whom."""
    found: set[int] = set()
    for other in company.others:
        matched = {here for here, _ in _matches(company, other)}
        for kind in KINDS:
            theirs = _holders(other, kind)
            acquainted = (ids for value, ids in _holders(company, kind).items() if value in theirs)
            found |= set().union(*acquainted) - matched
    return found


@cache
def _holders(company: Company, kind: str) -> dict[str, set[int]]:
    """Who has each address or number."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, person in company.loaded("persons").items():
        for one in person[KINDS[kind]] or () if counted(person) else ():
            if value := (_email if kind == "email" else _phone)(one.get("value") or ""):
                found[value].add(number)
    return found


def _matches(company: Company, other: Company) -> dict[Pair, tuple[str, str]]:
    """What each pair was matched by: nobody is in two pairs, and who has one by e-mail is not asked for a number."""
    found: dict[Pair, tuple[str, str]] = {}
    for kind in KINDS:
        taken = [set(side) for side in zip(*found, strict=True)] or [set(), set()]
        links = {pair: value for pair, value in _links(company, other, kind) if not _any_in(pair, taken)}
        for pair in _alone(links):
            found[pair] = kind, links[pair]
    return found


def _links(company: Company, other: Company, kind: str) -> Iterator[tuple[Pair, str]]:
    """Pairs of whom each alone has an address or number in their CRM; the first of several comes last."""
    here, there = _holders(company, kind), _holders(other, kind)
    for value in sorted(here.keys() & there.keys(), reverse=True):
        if len(here[value]) == len(there[value]) == 1:
            yield (min(here[value]), min(there[value])), value


def _any_in(pair: Pair, taken: Iterable[set[int]]) -> bool:
    return any(one in side for one, side in zip(pair, taken, strict=True))


def _alone(pairs: Iterable[Pair]) -> list[Pair]:
    """Those pairs of whom neither is in another one."""
    listed = list(pairs)
    ours, theirs = (Counter(side) for side in zip(*listed, strict=True)) if listed else (Counter(), Counter())
    return [pair for pair in listed if ours[pair[0]] == theirs[pair[1]] == 1]


def _email(text: str) -> str:
    """An address as it is compared."""
    address = text.strip(" ").lower()
    return address if re.fullmatch(r"[^@ ]+@[^@ ]+\.[^@ ]+", address) else ""


def _phone(text: str) -> str:
    """A number as it is compared: without what is dialled after it, and abroad without the (0)."""
    number = re.split(r"ext|x|#|;|,", text.lower())[0].replace("(0)", "")
    digits = "".join(re.findall("[0-9]", number))
    if len(digits) < 7:
        return ""
    if re.match(r"[^0-9]*\+", number):
        return f"+{digits}"
    return f"+{digits[2:]}" if digits.startswith("00") else digits
