"""What Pipedrive charges and grants: tokens a request, daily budgets, bursts. As published."""

from typing import Final

from sources.pipedrive.sandbox.lists import COSTS as LISTED
from sources.sandbox.limits import Allowance

COSTS: Final = {
    ("v2", "GET", "activities"): 10,
    ("v2", "POST", "activities"): 5,
    ("v2", "GET", "activities/{id}"): 1,
    ("v2", "PATCH", "activities/{id}"): 5,
    ("v2", "DELETE", "activities/{id}"): 3,
    ("v2", "GET", "deals"): 10,
    ("v2", "GET", "deals/archived"): 20,
    ("v2", "POST", "deals"): 5,
    ("v2", "GET", "deals/{id}"): 1,
    ("v2", "PATCH", "deals/{id}"): 5,
    ("v2", "DELETE", "deals/{id}"): 3,
    ("v2", "GET", "persons"): 10,
    ("v2", "POST", "persons"): 5,
    ("v2", "GET", "persons/{id}"): 1,
    ("v2", "PATCH", "persons/{id}"): 5,
    ("v2", "DELETE", "persons/{id}"): 3,
    ("v2", "GET", "organizations"): 10,
    ("v2", "GET", "organizations/{id}"): 1,
    ("v2", "GET", "products"): 10,
    ("v2", "GET", "pipelines"): 5,
    ("v2", "GET", "stages"): 5,
    ("v2", "GET", "activityFields"): 10,
    ("v2", "GET", "dealFields"): 10,
    ("v2", "GET", "personFields"): 10,
    ("v2", "GET", "organizationFields"): 10,
    ("v2", "GET", "productFields"): 10,
    ("v1", "GET", "users"): 20,
    ("v1", "GET", "users/me"): 2,
    ("v1", "GET", "activityTypes"): 20,
    ("v1", "GET", "currencies"): 20,
    ("v1", "GET", "recents"): 20,
    ("v1", "POST", "activities"): 10,
    ("v1", "DELETE", "activities"): 10,
    ("v1", "GET", "activities/{id}"): 2,
    ("v1", "PUT", "activities/{id}"): 10,
    ("v1", "DELETE", "activities/{id}"): 6,
    ("v1", "GET", "activities/collection"): 10,
    ("v1", "GET", "deals/collection"): 10,
    ("v1", "GET", "persons/collection"): 10,
    ("v1", "GET", "organizations/collection"): 10,
    **LISTED,
}
"""Tokens by API version, method and path."""

BUDGET: Final = 30_000
BUDGET_FACTORS: Final = {"lite": 1, "growth": 2, "premium": 5, "ultimate": 7}
BURSTS: Final = {
    "lite": {"api": 20, "oauth": 80},
    "growth": {"api": 40, "oauth": 160},
    "premium": {"api": 100, "oauth": 400},
    "ultimate": {"api": 120, "oauth": 480},
}
"""Requests per two seconds, by plan and kind of credential."""


def allowance(plan: str, seats: int) -> Allowance:
    """Return what a plan with so many seats grants."""
    if plan not in BUDGET_FACTORS:
        raise ValueError(f"unknown plan {plan!r}; known: {', '.join(BUDGET_FACTORS)}")
    return Allowance(BUDGET * BUDGET_FACTORS[plan] * seats, BURSTS[plan])
