"""The registry of actions: each word of the list is one class, which checks, compiles and carries out its item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from formline.metadata.positions import Path

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.expressions.expression import Expression
    from formline.workflow.actions.places import Place
    from formline.workflow.actions.running import Run, Scope

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Action:
    """One item of a list, compiled. ``path`` is where it stands: ``2.then.0``; ``item`` is how it is written.

    A subclass names its ``word``, the ``keys`` an item may have beside it and those it ``needs``. ``early``: it may run
    before a save. ``lasting``: it needs a record that still exists.
    """

    word: ClassVar[str]
    keys: ClassVar[frozenset[str]] = frozenset()
    needs: ClassVar[frozenset[str]] = frozenset()
    early: ClassVar[bool] = False
    lasting: ClassVar[bool] = False

    path: str
    item: Item
    when: Expression | None

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """Report what is wrong with an item whose keys are those of the action."""

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile a checked item."""
        return cls(path, item, place.condition(item.get("when")))

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Carry the action out for some records; ``rest`` is what follows, as written.

        Raises:
            FormlineError: it cannot be carried out.
        """
        raise NotImplementedError

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return the (object, field) pairs that the action writes, for the search for circles."""
        return frozenset()


_actions: dict[str, type[Action]] = {}


def register(action: type[Action]) -> type[Action]:
    """Add an action; a word may be taken once. Use as a decorator."""
    if action.word in _actions:
        raise ValueError(f"The action {action.word} is registered twice.")
    _actions[action.word] = action
    return action


def actions() -> Mapping[str, type[Action]]:
    """Return all actions by word."""
    from formline.workflow.actions import all_actions

    all_actions.load()
    return _actions


def words_in(item: Item) -> list[str]:
    """Return the words of actions among the keys of an item; of a sound one there is one.

    ``do`` belongs to a loop, ``then`` and ``else`` to a condition; they are no actions.
    """
    return [word for word in actions() if word in item]
