"""Many business days of everything that happens to a CRM and on the way to it; then the warehouse equals the truth.

Sixty with `make soak`.
"""

from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from pipelines.config import Settings
from pipelines.place import Place
from pipelines.reconcile import reconcile
from sources.errors import RoundtripError
from sources.pipedrive.sandbox.days import simulate_day
from tests.support import FREE, PIPEDRIVE, Sandbox, at_length, differences, held, query, run, sandbox

DAYS, WEEK = at_length(60, 12), 6
NIGHTS = at_length(0.4, 0.8)
"""How likely a night has a load: now and then the machine is off, and that is cheaper to test too."""
SEED = 2026
NAMES = ("users", "deal_fields", "organizations", "persons", "products", "deals", "activities")
ENTITIES = [PIPEDRIVE.entities[name] for name in NAMES]
HIDEABLE = ("organizations", "persons", "activities")
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("server_error", {"rate": 0.1, "times": 4}),
    ("server_error", {"rate": 0.9, "times": None}),
    ("reset", {"rate": 0.1, "times": 3}),
    ("truncated", {"rate": 0.1, "times": 3}),
    ("burst_429", {"rate": 0.2, "times": 3}),
    ("forbidden_html", {"rate": 0.05, "times": 2}),
    ("cursor_refused", {"nth": 1}),
    ("repeated_page", {"nth": 1}),
    ("budget_spent", {"nth": 6}),
)


@dataclass
class Company:
    """The CRM, and whom its people hide records from."""

    crm: Sandbox
    random: Random = field(default_factory=lambda: Random(SEED))
    hidden: set[tuple[str, int]] = field(default_factory=set)

    def live_through_a_day(self) -> None:
        """What its people do, and what its administrators may do: hide records from us, and show them again."""
        self.crm.control("advance", days=1)
        for name in HIDEABLE:
            collection = self.crm.server.account[name]
            number = self.random.choice(collection.ids())
            record = collection.get(number) or {}
            if self.random.random() < 0.5 and collection.knows(number) and not record["is_deleted"]:
                collection.drop(number)
                self.hidden.add((name, number))
        for name, number in sorted(self.hidden):
            if self.random.random() < 0.1:
                self.show_again(name, number)

    def show_again(self, name: str, number: int) -> None:
        self.hidden.discard((name, number))
        self.crm.server.account[name].bring_back(number)

    def differences(self, settings: Settings) -> list[str]:
        """How the warehouse differs from the truth; what is hidden from us counts as deleted."""
        found = [line for entity in ENTITIES for line in differences(self.crm, settings, entity)]
        rows = {name: held(settings, PIPEDRIVE.entities[name]) for name in HIDEABLE}
        taken_for_deleted = {f"{name} {number}: is_deleted is True" for name, number in self.hidden}
        never_shown = {
            f"{name} {number}: missing" for name, number in self.hidden if number not in rows[name]
        }
        shown = [
            f"{name} {number}: is not visible, but living"
            for name, number in self.hidden
            if number in rows[name] and not rows[name][number]["is_deleted"]
        ]
        return [line for line in found if line not in taken_for_deleted | never_shown] + shown


def bad_night(company: Company, settings: Settings) -> str:
    """One nightly load, with whatever may go wrong; its status."""
    crm, random = company.crm, company.random
    for kind, how in random.sample(FAULTS, random.choice((0, 1, 1, 2))):
        crm.arm(kind, path=random.choice(("/*", "/api/v2/*", "/v1/recents", "/api/v2/deals*")), **how)
    if random.random() < 0.1:
        crm.control("limits", daily_remaining=random.randrange(30, 150))
    try:
        status = run(settings, *NAMES).status
    except RoundtripError:
        status = "failed"
    crm.calm()
    crm.control("limits", **FREE)
    return status


def test_after_many_days_with_faults_and_weekly_proofs_the_warehouse_equals_the_truth(place: Place) -> None:
    with sandbox(150, seed=SEED) as crm:
        site: Any = crm.server.world.site()
        site.simulate = partial(simulate_day, silent_merges=True)
        company, statuses = Company(crm), []
        settings = crm.settings(place)
        assert run(settings, *NAMES).status == "done"
        for day in range(1, DAYS + 1):
            company.live_through_a_day()
            if company.random.random() < NIGHTS:
                statuses.append(bad_night(company, settings))
            if day % WEEK == 0:
                if day == DAYS:
                    for name, number in sorted(company.hidden)[::2]:
                        company.show_again(name, number)
                prove(company, settings, day)
        assert {"partial", "failed"} & set(statuses), "the faults were felt"
        assert statuses.count("done") > len(statuses) / 2
        found = "select sum(missing) > 0, sum(silent) > 0, sum(gone) > 0, sum(revived) > 0 from ops.reconciliations"
        assert query(settings, found) == [(True, True, True, True)], "the proofs had something to find"


def prove(company: Company, settings: Settings, day: int) -> None:
    done, found = reconcile(settings, entities=NAMES)
    assert done.status == "done", done.problem
    assert company.differences(settings) == [], f"after {day} days"
    assert [one for one in found if not one.is_proved] == []
