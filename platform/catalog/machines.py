"""State machines as plain data for every layer; building, checking and pressing them belongs to ``workflow``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from formline.expressions.expression import Expression


class Engine(Protocol):
    """What executes a machine; made by ``workflow`` on the ``transitions`` library."""

    def fire(self, state: str, transition: str) -> str:
        """Return the state after the transition; KeyError where it does not start in ``state``."""


@dataclass(frozen=True, slots=True)
class StateCheck:
    """A named condition of a transition with its message."""

    name: str
    check: Expression
    message: str


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """Something to be done in a state. ``required``: whether, or when, the state cannot be left without it."""

    name: str
    label: str
    help: str = ""
    required: bool | Expression = False


@dataclass(frozen=True, slots=True)
class State:
    """One state. ``set`` are values given on entry: literals or expressions. ``read_only`` are locked fields.

    ``editable`` is None, or the only fields that stay editable.
    """

    name: str
    label: str
    color: str = ""
    final: bool = False
    set: Mapping[str, Any] = ()  # type: ignore[assignment]  # always given by the builder
    read_only: frozenset[str] = frozenset()
    editable: frozenset[str] | None = None
    limit: Mapping[str, Any] | None = None
    checklist: tuple[ChecklistItem, ...] = ()
    was: tuple[str, ...] = ()

    def locks(self, field: str) -> bool:
        """Whether a field cannot be changed in this state."""
        return field in self.read_only or (self.editable is not None and field not in self.editable)


@dataclass(frozen=True, slots=True)
class Transition:
    """One named way from states to a state. ``allowed`` is a list of people selectors; empty allows everybody.

    ``requires`` and ``ask`` are field names the dialog shows; ``requires`` must be filled.
    """

    name: str
    label: str
    from_: tuple[str, ...]
    to: str
    allowed: tuple[Mapping[str, Any], ...] = ()
    #: "The user is among the allowed people", over the record; None where everybody is.
    people: Expression | None = None
    when: Expression | None = None
    checks: tuple[StateCheck, ...] = ()
    requires: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    confirm: str = ""
    automatic: bool = False
    #: Whether it waits for the required items of the checklist of the state it leaves.
    checklist: bool = True
    before: tuple[Mapping[str, Any], ...] = ()
    after: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, eq=False)
class StateMachine:
    """The states of one field of an object and the ways between them."""

    name: str
    label: str
    object: str
    field: str
    initial: str
    states: Mapping[str, State]
    transitions: Mapping[str, Transition]
    make_engine: Callable[[StateMachine], Engine]

    @cached_property
    def engine(self) -> Engine:
        """The one engine of this machine."""
        return self.make_engine(self)

    @cached_property
    def index(self) -> Mapping[str, tuple[Transition, ...]]:
        """Transitions by the state they start in, in declared order."""
        return {state: tuple(t for t in self.transitions.values() if state in t.from_) for state in self.states}

    def from_state(self, state: str) -> tuple[Transition, ...]:
        """Return the transitions that start in ``state``; none for a state that is not of this machine."""
        return self.index.get(state, ())
