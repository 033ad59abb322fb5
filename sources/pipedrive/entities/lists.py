"""The kinds of lists that Pipedrive has."""

from collections.abc import Mapping

from sources.entity import Listing
from sources.pipedrive import legacy_v1


def changes(
    path: str, params: Mapping[str, str], *, cost: int = 10, until: str = "updated_until", holds: str = ""
) -> Listing:
    """A v2 list that can be asked for what changed."""
    return Listing(
        f"/api/v2/{path}", cost, params, since="updated_since", until=until, sortable=True, holds=holds
    )


def collection(name: str, **params: str) -> Listing:
    """A v1 collection: global admins only, and out of support since 2026-08-01."""
    return Listing(
        f"/v1/{name}/collection",
        10,
        params,
        since="since",
        until="until",
        zoned=False,
        adapt=legacy_v1.ADAPTERS[name],
    )


def whole(path: str, cost: int) -> Listing:
    """A v1 list that comes in one piece."""
    return Listing(f"/v1/{path}", cost, paging="none")


def by_cursor(path: str, cost: int = 10, *, holds: str = "") -> Listing:
    """A v2 list that is read from its beginning to its end."""
    return Listing(f"/api/v2/{path}", cost, holds=holds)


def by_offset(
    path: str, cost: int = 20, *, page_size: int = 500, since: str = "", holds: str = "", **params: str
) -> Listing:
    """A v1 list whose pages are counted off."""
    return Listing(
        f"/v1/{path}", cost, params, paging="offset", page_size=page_size, since=since, holds=holds
    )
