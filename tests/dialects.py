"""The same test of pushes for several CRMs: how each calls a title, how people edit there, what its truth is."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from pipelines.config import Settings
from sources.deskera.pushes import ACTIVITIES as DESKERA_ACTIVITIES
from sources.deskera.pushes import ALSO
from tests.support import ADMIN, DESKERA_TOKEN, PIPEDRIVE, Sandbox, differences, records, run


@dataclass(frozen=True)
class Dialect:
    """A CRM's words for what tests write. The first is Pipedrive's."""

    crm: str = "pipedrive"
    path: str = "/api/v2/activities"
    title: str = "subject"
    done: str = "done"
    kind: str = "type"
    more: str = "priority"
    """A field that may be empty."""
    some: tuple[Any, ...] = (1, 2, 3)
    """Values of it."""
    mark: str = "public_description"
    """A field in which a test may tell records apart."""
    entities: tuple[str, ...] = ("users", "activities")
    methods: tuple[str, ...] = ("POST", "PATCH", "GET", "DELETE")

    @property
    def fields(self) -> tuple[str, str, str]:
        """What tests change."""
        return self.title, self.done, self.more

    def truth(self, crm: Sandbox) -> list[dict[str, Any]]:
        """Every activity, deleted ones included; empty texts are nothing."""
        rows = crm.truth("activities", self.crm)
        return [{name: None if value == "" else value for name, value in row.items()} for row in rows]

    def living(self, crm: Sandbox) -> dict[int, dict[str, Any]]:
        """Those that are not deleted."""
        return {row["id"]: row for row in self.truth(crm) if not row["is_deleted"]}

    def edit(self, crm: Sandbox, record_id: int, **values: Any) -> None:
        """What a person does in the CRM."""
        self._ask(crm, "PATCH", record_id, values)

    def remove(self, crm: Sandbox, record_id: int) -> None:
        """What a person does in the CRM."""
        self._ask(crm, "DELETE", record_id, None)

    def load(self, settings: Settings, *, whole: bool = False) -> None:  # noqa: ARG002 (deletions are told)
        """Read what changed."""
        run(settings, "activities")

    def differences(self, crm: Sandbox, settings: Settings) -> list[str]:
        """How the warehouse differs from the truth."""
        return differences(crm, settings, PIPEDRIVE.entities["activities"])

    def _ask(self, crm: Sandbox, method: str, record_id: int, body: Any) -> None:
        crm.server.clock.forward(1)
        headers = {"x-api-token": ADMIN, "x-access-token": DESKERA_TOKEN}
        answer = httpx.request(method, f"{crm.url}{self.path}/{record_id}", json=body, headers=headers)
        assert answer.is_success, answer.text
        crm.server.clock.forward(1)


class OfDeskera(Dialect):
    """Deskera's."""

    def edit(self, crm: Sandbox, record_id: int, **values: Any) -> None:
        """What a person does there: the page sends all it shows."""
        row = self.living(crm)[record_id]
        names = [*(one.name for one in DESKERA_ACTIVITIES.fields), *ALSO]
        body = {name: row[name] for name in names if row[name] is not None} | values
        if "notes" in body:
            body["notes"] = base64.b64encode(body["notes"].encode()).decode()
        self._ask(crm, "PUT", record_id, body)

    def load(self, settings: Settings, *, whole: bool = False) -> None:
        """Read what changed; or all, for nothing else shows deletions."""
        run(settings, "activities", full=whole, force=whole)

    def differences(self, crm: Sandbox, settings: Settings) -> list[str]:
        """How the warehouse differs from the truth, in what tests write."""
        names = (
            "id",
            *self.fields,
            self.kind,
            self.mark,
            "owner_id",
            "visibility_type",
            "updated_at",
            "is_deleted",
        )
        held = records(settings, f"select {', '.join(names)} from raw_deskera.activities")
        truth, living = {row["id"]: row for row in self.truth(crm)}, self.living(crm)
        found = [f"activity {number}: missing" for number in living.keys() - {row["id"] for row in held}]
        return found + [line for row in held for line in _unlike(row, truth[row["id"]], names)]


def _unlike(row: Mapping[str, Any], truth: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    wanted = {**truth, "updated_at": datetime.fromisoformat(truth["updated_at"])}
    if truth["is_deleted"]:
        names = ("is_deleted",)
    return [
        f"activity {row['id']}.{name}: {row[name]!r}, not {wanted[name]!r}"
        for name in names
        if (row[name] or None) != (wanted[name] or None)
    ]


IN_PIPEDRIVE = Dialect()
IN_DESKERA = OfDeskera(
    crm="deskera",
    path="/v1/crm/activities",
    title="name",
    done="is_status",
    kind="activity_type",
    more="user_timezone",
    some=("Asia/Tokyo", "Europe/Berlin", "Etc/UTC"),
    mark="notes",
    entities=(),
    methods=("POST", "PATCH", "PUT", "GET", "DELETE"),
)
