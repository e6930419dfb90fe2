"""The kind ``state_machine``: building it, its engine on the ``transitions`` library, and which ways are open now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from transitions import Machine

from formline.catalog.catalog import Catalog
from formline.catalog.kinds import Kind, register
from formline.catalog.machines import ChecklistItem, State, StateCheck, StateMachine, Transition
from formline.catalog.plan_hooks import of_state_machine
from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.defaults import value_of
from formline.fields.field import Field, former_names, humanise
from formline.workflow.selectors import among
from formline.workflow.state_machine_checks import check_state_machine

if TYPE_CHECKING:
    from formline.metadata.layers import Definition


class Bearer:
    """What a machine moves: the state alone, so that no field can collide with a name of the library."""

    __slots__ = ("state",)

    def __init__(self, state: str) -> None:
        """Start in a state."""
        self.state = state


class TransitionsEngine:
    """One ``transitions.Machine`` without a model; thread-safe, since every call brings its own bearer."""

    def __init__(self, definition: StateMachine) -> None:
        """Make the library's machine once."""
        self._machine = Machine(
            model=None,
            states=list(definition.states),
            initial=definition.initial,
            transitions=[
                {"trigger": one.name, "source": list(one.from_), "dest": one.to}
                for one in definition.transitions.values()
            ],
            auto_transitions=False,
            send_event=False,
        )
        self._starts = {name: frozenset(one.from_) for name, one in definition.transitions.items()}

    def fire(self, state: str, transition: str) -> str:
        """Return the state after a transition; KeyError where it does not start in ``state``."""
        if state not in self._starts.get(transition, ()):
            raise KeyError(transition)
        bearer = Bearer(state)
        self._machine.events[transition].trigger(bearer)
        return bearer.state


def build_state_machine(catalog: Catalog, definition: Definition) -> StateMachine:
    """Make a state machine; conditions are compiled now, so a broken one raises ExpressionError."""
    data = definition.data
    object_name = str(data["object"])
    fields = catalog.object(object_name).fields
    states = {name: _state(catalog, object_name, fields, name, one or {}) for name, one in data["states"].items()}
    ways = {name: _transition(catalog, object_name, name, one) for name, one in (data.get("transitions") or {}).items()}
    return StateMachine(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        field_of(catalog, definition),
        str(data["initial"]),
        MappingProxyType(states),
        MappingProxyType(ways),
        TransitionsEngine,
    )


def field_of(catalog: Catalog, definition: Definition) -> str:
    """Return the field a machine moves: the declared one, else the only state field that names it."""
    declared = definition.data.get("field")
    if isinstance(declared, str):
        return declared
    fields = [f for f in catalog.object(str(definition.data["object"])).declared if f.type.name == "state"]
    named = [f.name for f in fields if f.machine == definition.name]
    return next(iter([*named, *(f.name for f in fields)]), "")


def _state(
    catalog: Catalog, object_name: str, fields: Mapping[str, Field], name: str, data: Mapping[str, Any]
) -> State:
    given = {field: value_of(fields[field], value) for field, value in (data.get("set") or {}).items()}
    read_only, editable = data.get("read_only"), data.get("editable")
    if read_only is True or editable is False:
        editable = []
    return State(
        name,
        str(data.get("label") or humanise(name)),
        str(data.get("color") or ""),
        bool(data.get("final")),
        MappingProxyType(given),
        frozenset(read_only if isinstance(read_only, list) else ()),
        frozenset(editable) if isinstance(editable, list) else None,
        data.get("limit"),
        tuple(_item(catalog, object_name, key, one or {}) for key, one in (data.get("checklist") or {}).items()),
        former_names(data),
    )


def _item(catalog: Catalog, object_name: str, name: str, data: Mapping[str, Any]) -> ChecklistItem:
    required = data.get("required", False)
    if not isinstance(required, bool):
        required = catalog.compiler.compile(required, object=object_name, expects=BOOLEAN)
    return ChecklistItem(name, str(data.get("label") or humanise(name)), str(data.get("help") or ""), required)


def _transition(catalog: Catalog, object_name: str, name: str, data: Mapping[str, Any]) -> Transition:
    def condition(source: Any) -> Expression:
        return catalog.compiler.compile(source, object=object_name, expects=BOOLEAN)

    start = data["from"]
    ask = data.get("ask") or ()
    return Transition(
        name,
        str(data.get("label") or humanise(name)),
        (start,) if isinstance(start, str) else tuple(start),
        str(data["to"]),
        selectors(data.get("allowed")),
        among(catalog, object_name, selectors(data.get("allowed"))),
        None if data.get("when") is None else condition(data["when"]),
        tuple(
            StateCheck(key, condition(one["check"]), str(one.get("message") or key))
            for key, one in (data.get("checks") or {}).items()
        ),
        tuple(data.get("requires") or ()),
        tuple(ask),
        str(data.get("confirm") or ""),
        bool(data.get("automatic")),
        bool(data.get("checklist", True)) and not data.get("automatic"),
        tuple(data.get("before") or ()),
        tuple(data.get("after") or ()),
    )


def selectors(declared: Any) -> tuple[Mapping[str, Any], ...]:
    """Return people selectors as a tuple of maps; a bare word is a path to people."""
    if declared is None:
        return ()
    items = declared if isinstance(declared, list) else [declared]
    return tuple({"field": one} if isinstance(one, str) else one for one in items)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a transition may not be pressed.

    ``kind``: ``people`` (others may), ``right`` (no role gives it), ``when`` (its condition, as written) or ``check``
    (the check's message); ``text`` says more where there is more to say.
    """

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Press:
    """A transition that starts in the record's state. ``asks``: fields the dialog shows, missing required ones first.

    It may be pressed where there are no ``reasons``; missing required fields are no reason, the dialog asks them.
    """

    transition: Transition
    asks: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def open(self) -> bool:
        """Whether the button works."""
        return not self.reasons


def presses(machine: StateMachine, state: str, env: Env, granted: Callable[[str], bool]) -> tuple[Press, ...]:
    """Return the manual transitions from ``state`` with the reasons against each.

    ``env`` holds the record and the actor. What needs other records than ``env.paths`` has is judged when the button
    is pressed, so that a list of fifty needs no query. ``granted`` says whether a role gives the actor a transition by
    name; it is asked where the transition names no people.
    """
    return tuple(_press(one, env, granted) for one in machine.from_state(state) if not one.automatic)


def _press(transition: Transition, env: Env, granted: Callable[[str], bool]) -> Press:
    missing = [name for name in transition.requires if _empty(env.record.get(name))]
    asks = tuple(dict.fromkeys([*missing, *transition.requires, *transition.ask]))
    return Press(transition, asks, tuple(_reasons(transition, env, granted)))


def _reasons(transition: Transition, env: Env, granted: Callable[[str], bool]) -> Iterator[Reason]:
    if transition.people is None and not granted(transition.name):
        yield Reason("right")
    if _fails(transition.people, env):
        yield Reason("people")
    if transition.when is not None and _fails(transition.when, env):
        yield Reason("when", transition.when.source)
    for one in transition.checks:
        if _fails(one.check, env):
            yield Reason("check", one.message)


def _fails(condition: Expression | None, env: Env) -> bool:
    """Whether a condition is known not to hold; what the environment cannot answer counts as open."""
    if condition is None:
        return False
    known = condition.in_row or all(len(read.path) == 1 or read.path in env.paths for read in condition.reads)
    return known and not condition.condition(env)


def _empty(value: Any) -> bool:
    return value is None or value == "" or value == ()


register(Kind("state_machine", build_state_machine, check_state_machine, plan_hook=of_state_machine))
