"""What a push has to tell a person: the plan, what it costs, and what became of it."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.text import Text

from pipelines import announcing, console
from pipelines.push.actions import Action, Change, Left, Operation, Outcome, Plan
from pipelines.push.push import Push

MOST = 5
"""Records of a kind that are shown."""
LONGEST, SHORTER = 60, 28
"""Letters of a value that are shown; fewer of one beside which another one stands."""
SIGNS: Mapping[Operation, tuple[str, str]] = {
    "create": ("+", "green"),
    "update": ("~", "yellow"),
    "delete": ("-", "red"),
}
TITLES = {
    "refusal": "would be refused, so they are not sent",
    "conflict": "left alone, because somebody has changed them in the CRM",
    "waiting": "were refused before, and wait",
    "gone": "left alone, because their record was deleted in the CRM",
    "limit": "left for later, by --limit",
    "not allowed": "left alone, because it is not allowed",
}
WELL = ("applied", "already", "gone")


def plan(found: Push) -> None:
    """The plan of every target, then what it costs."""
    for made in found.plans:
        _target(made)
    _failures(found)
    if any(made.actions for made in found.plans):
        console.say(announcing.sentence(found.forecast))


def hint(found: Push) -> None:
    """What to do next."""
    if any(made.actions and not made.valve for made in found.plans):
        console.say("Nothing was sent. The same command with --apply sends it.")
    elif not any(made.actions for made in found.plans):
        console.say("There is nothing to send.")


def _failures(found: Push) -> None:
    for failure in found.failures:
        console.note(str(failure), "red")
        for row in failure.examples:
            console.note("    " + ", ".join(f"{name} {value}" for name, value in row.items()), "dim")
    if found.failed:
        console.note(f"Nothing is pushed of {', '.join(found.failed)}.", "red")
    if found.remark:
        console.note(found.remark)


def _target(made: Plan) -> None:
    counts = ", ".join(f"{count:,} to {name}" for name in SIGNS if (count := made.count(name)))
    _line(Text(f"{made.target.name}: {counts or 'nothing to send'}", "bold"))
    left = f", {_several(made.left)} left alone" if made.left else ""
    _line(Text(f"  {made.rows:,} rows: {made.unchanged:,} are so already{left}.", "dim"))
    for operation in SIGNS:
        _actions([one for one in made.actions if one.operation == operation])
    for reason, title in TITLES.items():
        _left(title, [one for one in made.left if one.reason == reason])
    if made.valve:
        console.note(f"  Not to be applied: {made.valve}", "red")
    console.OUT.print()


def _several(left: Sequence[Left]) -> str:
    return f"{len({one.push_key for one in left}):,}"


def _actions(actions: Sequence[Action]) -> None:
    for action in actions[:MOST]:
        sign, style = SIGNS[action.operation]
        why = f": {action.because}" if action.because else ""
        first = " (looked for first: an earlier answer was lost)" if action.looks_first else ""
        _line(Text(f"  {sign} {_named(action.push_key, action.record_id)}{why}{first}", style))
        _changes(action.changes, with_before=action.operation != "create")
    _more(actions, actions[0].operation if actions else "")


def _left(title: str, left: Sequence[Left]) -> None:
    if not left:
        return
    counted = left[0].reason == "limit"
    _line(Text(f"  {len(left):,} {title}{'.' if counted else ':'}", "bold"))
    if counted:
        return
    for one in left[:MOST]:
        _line(Text(f"  ! {_named(one.push_key, one.record_id)}", "yellow"))
        console.say(f"      {one.text}")
        if one.reason == "conflict":
            _changes(one.changes, with_before=True)
    _more(left, "")


def _more(shown: Sequence[Any], operation: str) -> None:
    if len(shown) > MOST:
        what = f" to {operation}" if operation else ""
        _line(Text(f"    and {len(shown) - MOST:,} more{what}; --json tells all.", "dim"))


def _named(push_key: str, record_id: int | None) -> str:
    return push_key if record_id is None else f"{push_key} (record {record_id})"


def _changes(changes: Iterable[Change], *, with_before: bool) -> None:
    listed = list(changes)
    width = max((len(one.field.shown) for one in listed), default=0)
    for one in listed:
        before = f"{shown(one.before, SHORTER)} → " if with_before else ""
        _line(Text(f"      {one.field.shown:{width}}  {before}{shown(one.after)}"))


def shown(value: Any, longest: int = LONGEST) -> str:
    """A value on one line, cut when it is long."""
    if value is None:
        return "(empty)"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _line(text: Text) -> None:
    """A line; a terminal's width cuts it."""
    if console.OUT.is_terminal:
        console.OUT.print(text, no_wrap=True, overflow="ellipsis")
    else:
        console.OUT.print(text, soft_wrap=True)


def outcomes(found: Push) -> None:
    """What became of each target's actions."""
    for made in found.plans:
        of_target = [one for one in found.outcomes if one.action.target == made.target.name]
        counts = Counter(one.verdict for one in of_target)
        told = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items()) or "nothing sent"
        console.say(f"{made.target.name}: {told}.")
        _wrong([one for one in of_target if one.verdict not in WELL])
    if found.run is not None:
        left = f", {found.run.tokens_left:,} left today" if found.run.tokens_left is not None else ""
        requests, tokens = found.run.total("requests"), found.run.total("tokens")
        console.say(
            f"push: {found.status} in {found.run.seconds:.1f} s. {requests:,} requests, {tokens:,} tokens{left}."
        )
        if found.problem:
            console.note(found.problem)


def night(found: Push | None, problem: str) -> None:
    """What a night has pushed: nothing, as long as no model is the night's."""
    if problem:
        console.note(f"Nothing was pushed: {problem}", "red")
    if found is not None:
        _failures(found)
        outcomes(found)


def _wrong(found: Sequence[Outcome]) -> None:
    for one in found[:MOST]:
        request = f" (request {one.request_id})" if one.request_id else ""
        named = _named(one.action.push_key, one.record_id)
        console.note(f"  {named}: {one.verdict}{f': {one.reason}' if one.reason else ''}{request}", "red")
    _more(found, "")
