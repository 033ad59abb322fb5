"""Which scopes let an app in where. As published: any one that a document names is enough."""

from __future__ import annotations

from typing import Final

READ, FULL = ":read", ":full"
_DEALS: Final = ("deals",)
_CONTACTS: Final = ("contacts",)
_ATTACHED: Final = ("deals", "activities", "contacts")
_KINDS: Final = {
    "activities": ("activities",),
    "activityTypes": ("activities", "admin"),
    "activityFields": ("admin",),
    "deals": _DEALS,
    "dealFields": ("deals", "admin", "deal-fields:full"),
    "pipelines": ("deals", "admin"),
    "stages": ("deals", "admin"),
    "persons": _CONTACTS,
    "organizations": _CONTACTS,
    "organizationRelationships": _CONTACTS,
    "personFields": ("contacts", "admin", "contact-fields:full"),
    "organizationFields": ("contacts", "admin", "contact-fields:full"),
    "products": ("products",),
    "productFields": ("products", "product-fields:full"),
    "notes": ("deals", "contacts"),
    "noteFields": ("deals", "contacts"),
    "files": _ATTACHED,
    "filters": _ATTACHED,
    "leads": ("leads",),
    "leadLabels": ("leads",),
    "leadSources": ("leads",),
    "leadFields": ("leads", "admin"),
    "projects": ("projects",),
    "projectFields": ("projects", "project-fields:full"),
    "projectTemplates": ("projects",),
    "boards": ("projects",),
    "phases": ("projects",),
    "tasks": ("projects",),
    "goals": ("goals",),
    "mailbox": ("mail",),
    "callLogs": ("phone-integration",),
    "users": ("users:read",),
    "billing": ("users:read",),
    "recents": ("recents:read", "search:read"),
    "currencies": ("base",),
    "userConnections": ("base",),
    "roles": ("admin",),
    "permissionSets": ("admin",),
    "webhooks": ("admin",),
}
"""By the first step of the path; a name without what it allows has `:read` and `:full`."""
_APART: Final = {
    "users/me": ("base",),
    "deals/products": ("products", "deals"),
    **{
        f"{owner}/{{id}}/{log}": ("recents:read",)
        for owner in ("deals", "persons", "organizations")
        for log in ("changelog", "flow")
    },
}
"""By the whole path, where it is not as its first step has it."""
WHOLE: Final = frozenset({"admin", "base", "phone-integration"})
ALL: Final = WHOLE | frozenset(
    scope
    for kind in {kind for kinds in (*_KINDS.values(), *_APART.values()) for kind in kinds} - WHOLE
    for scope in ((kind,) if ":" in kind else (kind + READ, kind + FULL))
)


def reaches(scopes: frozenset[str] | None, key: tuple[str, str, str]) -> bool:
    """Tell whether who has these scopes is let in; None: all are. `key` is version, method and path."""
    _, method, path = key
    if scopes is None:
        return True
    kinds = _APART.get(path) or _KINDS.get(path.partition("/")[0], ())
    return any(scope in scopes for kind in kinds for scope in _enough(kind, method))


def _enough(kind: str, method: str) -> tuple[str, ...]:
    if kind in WHOLE or ":" in kind:
        return (kind,)
    return (kind + READ, kind + FULL) if method == "GET" else (kind + FULL,)
