"""What a push is to do and what it may: its declaration checked against what the CRM lets one write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast, get_args

from pipelines.push.actions import Policy, Target, WhenGone
from pipelines.push.columns import DELETE, KEY, RECORD, Offered, Taken
from pipelines.push.models import Model, suggestion
from sources.crm import Crm
from sources.errors import UsageError
from sources.pushing import Pushing


@dataclass(frozen=True)
class Overrides:
    """What a command line says otherwise than the model."""

    overwrite: bool = False
    allow_deletes: bool = False
    max_rows: int | None = None
    max_share: float | None = None

    def of(self, target: Target) -> Target:
        """The target as it is to be for once."""
        changed: dict[str, Any] = {}
        if self.overwrite:
            names = [
                name for name in (*target.fields, *target.pushing.completed) if target.policy(name) == "skip"
            ]
            changed |= {"policies": {**target.policies, **dict.fromkeys(names, "overwrite")}}
            changed |= {"delete_policy": "overwrite"}
        if self.allow_deletes:
            changed["allow_deletes"] = True
        if self.max_rows is not None:
            changed["max_rows"] = self.max_rows
        if self.max_share is not None:
            changed["max_share"] = self.max_share
        return replace(target, **changed)


AS_DECLARED = Overrides()


def pushing_of(crm: Crm, entity: str, legacy: Iterable[str], title: str) -> Pushing:
    """What may be written of an entity; by the older API where the settings say so."""
    found = crm.legacy_pushes.get(entity) if entity in legacy else crm.pushes.get(entity)
    if found is None:
        raise UsageError(f"{title}: {entity!r} cannot be pushed.", way_out=suggestion(entity, crm.pushes))
    return found


def target_of(model: Model, offered: Offered, columns: Sequence[str]) -> tuple[Target, list[Taken]]:
    """The target of a push model whose table has these columns, and what its columns are."""
    taken = _taken(offered, columns, model.name)
    meta = _Meta(model, taken)
    when_gone = cast("WhenGone", meta.choice("when_gone", get_args(WhenGone), "keep"))
    if when_gone == "complete" and not offered.pushing.completed:
        raise UsageError(
            f"{model.name}: {model.entity} cannot be completed.", way_out="Say `when_gone: keep` or `delete`."
        )
    target = Target(
        name=model.name,
        crm=model.crm,
        pushing=offered.pushing,
        fields={one.writable.name: one.writable for one in taken},
        policies=meta.policies(offered.pushing.completed),
        delete_policy=cast("Policy", meta.choice("on_delete", ("skip", "overwrite"), "skip")),
        only_on_create=meta.only_on_create(),
        when_gone=when_gone,
        apply="nightly"
        if meta.choice("apply", ("by hand", "nightly"), "by hand") == "nightly"
        else "by hand",
        max_rows=int(meta.number("max_rows", Target.max_rows, most=None)),
        max_share=meta.number("max_share", Target.max_share, most=1),
        allow_deletes=meta.yes("allow_deletes"),
    )
    return target, taken


def target_from(name: str, crm: Crm, offered: Offered, columns: Sequence[str]) -> tuple[Target, list[Taken]]:
    """The target of a table or a file that somebody names."""
    taken = _taken(offered, columns, name)
    fields = {one.writable.name: one.writable for one in taken}
    return Target(name, crm.name, offered.pushing, fields), taken


def _taken(offered: Offered, columns: Sequence[str], title: str) -> list[Taken]:
    if KEY not in columns:
        raise UsageError(
            f"{title} has no column {KEY}.",
            way_out=f"Select a text that tells its rows apart and stays: `'follow-up-' || deal_id as {KEY}`.",
        )
    taken = offered.taken(columns, title)
    if not taken and DELETE not in columns:
        raise UsageError(
            f"{title} selects no field of {offered.pushing.entity}.", way_out=f"Select one, or {DELETE}."
        )
    if RECORD not in columns and DELETE not in columns:
        _refuse_lacking(offered.pushing, taken, title)
    return taken


def _refuse_lacking(pushing: Pushing, taken: Iterable[Taken], title: str) -> None:
    """Without ids every row is a record to create."""
    if lacking := sorted(pushing.required - {one.writable.name for one in taken}):
        raise UsageError(
            f"{title} selects no {' and no '.join(lacking)}, and no id: nothing can be created, nothing updated.",
            way_out=f"Select {lacking[0]}, or the id of the record that each row is for.",
        )


@dataclass(frozen=True)
class _Meta:
    """What a model's yml says, checked."""

    model: Model
    taken: Sequence[Taken]

    def choice(self, name: str, choices: Sequence[str], default: str) -> str:
        return self._chosen(self.model.meta.get(name, default), choices, f"{self.model.name}: {name}")

    def _chosen(self, given: Any, choices: Sequence[str], place: str) -> str:
        if given not in choices:
            raise UsageError(f"{place} is {given!r}.", way_out=f"It is one of: {', '.join(choices)}.")
        return str(given)

    def yes(self, name: str, of: Mapping[str, Any] | None = None, place: str = "") -> bool:
        given = (self.model.meta if of is None else of).get(name, False)
        if not isinstance(given, bool):
            raise UsageError(
                f"{place or self.model.name}: {name} is {given!r}.", way_out="It is true or false."
            )
        return given

    def number(self, name: str, default: float, most: float | None) -> float:
        given = self.model.meta.get(name, default)
        fits = isinstance(given, int | float) and not isinstance(given, bool) and given >= 0
        if not fits or (most is not None and given > most) or (most is None and given != int(given)):
            span = "a whole number" if most is None else f"a number from 0 to {most:g}"
            raise UsageError(f"{self.model.name}: {name} is {given!r}.", way_out=f"It is {span}.")
        return float(given)

    def policies(self, completed: Iterable[str]) -> dict[str, Policy]:
        """By field; a field of several columns follows the first that says something.

        What completes a record follows the model. It is never empty, so to fill what is empty says nothing of it.
        """
        default = self.choice("on_conflict", get_args(Policy), "skip")
        found: dict[str, Policy] = dict.fromkeys(completed, "overwrite" if default == "overwrite" else "skip")
        found |= dict.fromkeys((one.writable.name for one in self.taken), cast("Policy", default))
        for taken, given in self._of_columns("on_conflict"):
            place = f"{self.model.name}.{taken.column}: on_conflict"
            found[taken.writable.name] = cast("Policy", self._chosen(given, get_args(Policy), place))
        return found

    def only_on_create(self) -> frozenset[str]:
        return frozenset(
            taken.writable.name
            for taken, given in self._of_columns("only_on_create")
            if self.yes("only_on_create", {"only_on_create": given}, f"{self.model.name}.{taken.column}")
        )

    def _of_columns(self, name: str) -> list[tuple[Taken, Any]]:
        """What the columns' meta says; an error, when the model has no such column."""
        known = {one.column: one for one in self.taken}
        said = {column: meta[name] for column, meta in self.model.columns.items() if name in meta}
        for column in said:
            if column not in known:
                raise UsageError(
                    f"{self.model.file}: {name} is said of {column!r}, which the model does not select as a field.",
                    way_out=suggestion(column, known),
                )
        return [(known[column], given) for column, given in said.items()]
