"""One run of a list of actions inside a unit: for which records, with which names, and the trace of what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.runtime.unit.draft import Draft, Record

if TYPE_CHECKING:
    from formline.fields.field import Field
    from formline.runtime.unit import Unit
    from formline.workflow.actions.registry import Action

#: Steps of one trace; a longer one says that more followed.
MOST_STEPS = 200


@dataclass(slots=True)
class Story:
    """What happened to one record in a run. ``ended``: "" or "stopped"; ``note``: why it stopped."""

    steps: list[dict[str, Any]] = field(default_factory=list)
    ended: str = ""
    note: str = ""
    more: int = 0

    def tell(self, step: dict[str, Any]) -> None:
        """Add a step, unless there are too many already."""
        if len(self.steps) < MOST_STEPS:
            self.steps.append(step)
        else:
            self.more += 1


@dataclass(slots=True)
class Scope:
    """One record a list runs for, or one item of a loop: ``variables`` are records (or numbers) by name.

    ``draft``: the record before it is saved; ``record``: one that is not stored any more.
    """

    key: UUID
    story: Story
    variables: Mapping[str, Any] = field(default_factory=dict)
    input: Mapping[str, Any] = field(default_factory=dict)
    draft: Draft | None = None
    record: Record | None = None
    #: Items by number on the way here, for the trace.
    place: tuple[int, ...] = ()
    #: The scope around the loop; of one that goes on after a wait the number of what it holds, see ``pending``.
    outer: Scope | None = None
    held_by: int | None = None
    #: It goes on later, or once items of its loop have.
    waits: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether there is something to do for it now."""
        return not (self.waits or self.story.ended)

    def with_item(self, name: str, value: Any, number: int) -> Scope:
        """Return the scope of one item of a loop; it shares the story."""
        more = {**self.variables, name: value}
        return Scope(self.key, self.story, more, self.input, self.draft, self.record, (*self.place, number), self)


@dataclass(frozen=True, slots=True)
class Wait:
    """A scope that waits, and what follows for it; without ``duration`` until the items of its loop are through."""

    scope: Scope
    duration: str
    rest: tuple[Mapping[str, Any], ...]


@dataclass(slots=True)
class Run:
    """A run of a list in a unit. ``origin`` names where the list stands: ``automation/renew``.

    ``submitter``: the submitter's record where there is one; ``inputs`` are what a button asks for. ``dry``: nothing
    will be kept, so the trace may show values. ``waits`` collects what goes on later.
    """

    unit: Unit
    object: str
    origin: str
    submitter: Record | None = None
    inputs: Mapping[str, Field] = field(default_factory=dict)
    dry: bool = False
    waits: list[Wait] = field(default_factory=list)
    #: The action that is running, for the message of an error.
    current: str = ""

    def record(self, scope: Scope) -> Record:
        """Return a scope's record as it is now."""
        if scope.draft is not None:
            return scope.draft.record
        held = self.unit.ledger.find(self.object, scope.key)
        if held is not None and held.now is not None:
            return held.now
        return scope.record or {}

    def old(self, scope: Scope) -> Record | None:
        """Return the record as it was before a save that is under way."""
        return scope.draft.old if scope.draft is not None else None

    def tell(self, scope: Scope, action: Action, outcome: str = "done", **more: Any) -> None:
        """Add a step to the story: which action, how it ended; records and fields by id and name, never values."""
        step: dict[str, Any] = {"do": action.word, "at": action.path, "outcome": outcome}
        if scope.place:
            step["item"] = list(scope.place)
        scope.story.tell(step | {key: value for key, value in more.items() if value not in (None, "", [], {})})
