"""A clock as frozen data: a service level, or the limit of a state; and which clocks an object has."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import former_names, humanise
from formline.workflow.sla.timing import DUE

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.machines import StateMachine
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release

DURATION = re.compile(r"^[1-9][0-9]*(m|h|d|w|mo|y|wh|wd)$")
Actions = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """How long something may take: ``time`` is a duration, or what leads to a field of working seconds."""

    name: str
    when: Expression | None
    time: str | Expression


@dataclass(frozen=True)
class Clock:
    """A clock of the records of an object. ``name``: the service level's, or ``machine/state`` for a limit.

    ``starts`` None: it begins with the record. ``stops`` None: it ends when ``starts`` holds no longer. ``actions``
    by share of the target in per cent, the smallest first; 100 is always among them. ``due`` and ``status`` are
    fields that keep what it says, or "".
    """

    kind: str  # sla | limit
    name: str
    label: str
    object: str
    starts: Expression | None
    pauses: Expression | None
    stops: Expression | None
    restarts: bool
    since: Expression | None
    targets: tuple[Target, ...]
    calendar: Expression | None
    actions: Mapping[int, Actions]
    due: str = ""
    status: str = ""
    #: The state field and state of a limit.
    state: tuple[str, str] | None = None
    #: Former names: clocks that go under them go on.
    was: tuple[str, ...] = ()

    @property
    def expressions(self) -> Iterator[Expression]:
        """Everything that is asked of a record."""
        times = (one.time for one in self.targets if isinstance(one.time, Expression))
        whens = (one.when for one in self.targets)
        every = (self.starts, self.pauses, self.stops, self.since, self.calendar, *whens, *times)
        return (one for one in every if one is not None)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names a change of which the clock has to look at: fields of the record itself, or lookups from it."""
        paths = (path for one in self.expressions for path in one.dependencies)
        return frozenset(path[1] if path[0] == "this" and len(path) > 1 else path[0] for path in paths)


def build_sla(catalog: Catalog, definition: Definition) -> Clock:
    """Make a clock of a checked service level."""
    data = definition.data
    object_name = str(data["object"])

    def condition(source: Any) -> Expression | None:
        return None if source is None else catalog.compiler.compile(source, object=object_name, expects=BOOLEAN)

    def time(source: Any) -> str | Expression:
        if isinstance(source, str) and DURATION.match(source):
            return source
        return catalog.compiler.compile(source, object=object_name)

    rows = data.get("targets") or ({"target": {"time": data["target"]}} if "target" in data else {})
    since, calendar = data.get("since"), data.get("calendar")
    at = {int(share[:-1]): tuple(actions) for share, actions in (data.get("at") or {}).items()}
    return Clock(
        "sla",
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        condition(data.get("starts")),
        condition(data.get("pauses")),
        condition(data.get("stops")),
        bool(data.get("restarts")),
        None if since is None else catalog.compiler.compile(since, object=object_name),
        tuple(Target(name, condition(row.get("when")), time(row["time"])) for name, row in rows.items()),
        None if calendar is None else catalog.compiler.compile(calendar, object=object_name),
        dict(sorted({DUE: (), **at}.items())),
        str(data.get("due") or ""),
        str(data.get("status") or ""),
        was=former_names(data),
    )


def clocks_of(release: Release, object_name: str) -> tuple[Clock, ...]:
    """Return the clocks of an object by name: its service levels, and the limits of its states."""

    def load() -> tuple[Clock, ...]:
        catalog = release.catalog
        found: list[Clock] = [one for one in catalog.all("sla").values() if one.object == object_name]
        found += limits_of(catalog, catalog.object(object_name))
        return tuple(sorted(found, key=lambda one: one.name))

    return release.memo(("clocks", object_name), load)


def limits_of(catalog: Catalog, obj: Object) -> Iterator[Clock]:
    """Yield a clock for each state of an object's machines that has a limit."""
    types = tuple(obj.record_types) or (None,)
    for field in obj.state_fields:
        users: dict[str, list[str | None]] = {}
        for record_type in types:
            name = obj.machine_name(field, record_type)
            if name is not None:
                users.setdefault(name, []).append(record_type)
        for name, record_types in users.items():
            machine: StateMachine = catalog.get("state_machine", name)
            of_some = len(record_types) < len(types)
            for state in machine.states.values():
                if state.limit:
                    yield _limit(catalog, machine, field, state.name, [one for one in record_types if of_some and one])


def _limit(catalog: Catalog, machine: StateMachine, field: str, state: str, record_types: list[str]) -> Clock:
    limit = machine.states[state].limit or {}
    test = f'{field} == "{state}"'
    if record_types:
        names = ", ".join(f'"{one}"' for one in record_types)
        test += f" and record_type in [{names}]"
    return Clock(
        "limit",
        f"{machine.name}/{state}",
        machine.states[state].label,
        machine.object,
        catalog.compiler.compile(test, object=machine.object, expects=BOOLEAN),
        None,
        None,
        True,
        None,
        (Target("limit", None, str(limit["time"])),),
        None,
        {DUE: tuple(limit.get("actions") or ())},
        state=(field, state),
        was=tuple(f"{machine.name}/{name}" for name in machine.states[state].was),
    )
