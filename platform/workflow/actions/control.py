"""``if``/``then``/``else``, ``for_each``/``as``/``do``, ``stop``, ``wait``: which actions run, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from formline.errors import FieldError, ValidationError
from formline.metadata.positions import Path
from formline.workflow.actions.checking import check_actions, check_name, check_text
from formline.workflow.actions.compiling import compile_actions, every
from formline.workflow.actions.items import MOST, Items, check_items, compile_items, items_of
from formline.workflow.actions.performing import perform
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope, Wait
from formline.workflow.actions.values import Text, compile_text, holding, rows_of

if TYPE_CHECKING:
    from formline.catalog.checker import Checker
    from formline.expressions.expression import Expression


@register
@dataclass(frozen=True, slots=True)
class If(Action):
    """Runs ``then`` for the records of which the condition holds, ``else`` for the others."""

    word: ClassVar[str] = "if"
    keys: ClassVar[frozenset[str]] = frozenset({"then", "else"})
    needs: ClassVar[frozenset[str]] = frozenset({"then"})
    early: ClassVar[bool] = True

    condition: Expression
    then: tuple[Action, ...]
    otherwise: tuple[Action, ...]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The condition and both lists."""
        checker.condition(str(item["if"]), (*path, "if"), place.object.name, **place.names)
        check_actions(checker, place, item["then"], (*path, "then"))
        check_actions(checker, place, item.get("else"), (*path, "else"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the condition and both lists."""
        condition = place.condition(item["if"])
        if condition is None:
            raise ValueError("an if without a condition was not checked")
        then = compile_actions(place, item["then"], f"{path}.then")
        otherwise = compile_actions(place, item.get("else") or (), f"{path}.else")
        return cls(path, item, place.condition(item.get("when")), condition, then, otherwise)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Part the scopes and run each list for its own."""
        held = holding(run, self.condition, scopes)
        others = [scope for scope in scopes if scope not in held]
        for scope in scopes:
            run.tell(scope, self, "then" if scope in held else "else")
        perform(run, self.then, held, rest)
        perform(run, self.otherwise, others, rest)


@register
@dataclass(frozen=True, slots=True)
class ForEach(Action):
    """Runs ``do`` for each item of a collection, action by action, each for all items together."""

    word: ClassVar[str] = "for_each"
    keys: ClassVar[frozenset[str]] = frozenset({"as", "do"})
    needs: ClassVar[frozenset[str]] = frozenset({"as", "do"})

    items: Items
    name: str
    do: tuple[Action, ...]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The items, their name, and the list inside."""
        check_name(checker, place, str(item["as"]), (*path, "as"))
        type_ = check_items(checker, place, item["for_each"], (*path, "for_each"))
        if type_ is None:
            return
        check_actions(checker, place.inside(str(item["as"]), type_), item["do"], (*path, "do"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the items and the list inside."""
        items = compile_items(place, item["for_each"])
        name = str(item["as"])
        do = compile_actions(place.inside(name, items.type), item["do"], f"{path}.do")
        return cls(path, item, place.condition(item.get("when")), items, name, do)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Run the list for the items of all scopes; where items wait, what follows the loop waits for all of them.

        Raises:
            ValidationError: more items than one loop may have.
        """
        inner: list[Scope] = []
        for scope, found in zip(scopes, items_of(run, self.items, scopes), strict=True):
            run.tell(scope, self, "done" if found else "nothing", count=len(found))
            inner += [scope.with_item(self.name, one, number) for number, one in enumerate(found, 1)]
        if len(inner) > MOST:
            message = f"A loop has at most {MOST} items, not {len(inner)}."
            raise ValidationError([FieldError("", "too_many_items", message)])
        perform(run, self.do, inner)
        holding = {id(one.outer) for one in inner if one.waits}
        for scope in scopes:
            if id(scope) in holding:
                scope.waits = True
                run.waits.append(Wait(scope, "", rest))

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return what the list inside writes."""
        within = place.inside(self.name, self.items.type)
        return frozenset().union(*(one.writes(within) for one in every(self.do)))


@register
@dataclass(frozen=True, slots=True)
class Stop(Action):
    """Ends the run; before a save a text refuses it."""

    word: ClassVar[str] = "stop"
    early: ClassVar[bool] = True

    text: Text

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The expressions in the text."""
        if isinstance(item["stop"], str):
            check_text(checker, place, item["stop"], (*path, "stop"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the text."""
        said = item["stop"] if isinstance(item["stop"], str) else ""
        return cls(path, item, place.condition(item.get("when")), compile_text(place, said))

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """End the stories of these scopes."""
        for scope, row in zip(scopes, rows_of(run, {"text": self.text}, scopes), strict=True):
            scope.story.ended, scope.story.note = "stopped", row["text"]
            run.tell(scope, self, "stopped")
            if row["text"] and scope.draft is not None:
                run.unit.findings.add(scope.draft, "", "automation_stop", row["text"])


@register
@dataclass(frozen=True, slots=True)
class WaitAction(Action):
    """Lets the rest of the list run after a time, also when the process is started anew meanwhile."""

    word: ClassVar[str] = "wait"

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Keep what is left of the list."""
        for scope in scopes:
            run.tell(scope, self, "waits")
            if rest or scope.place:  # after the last action of a loop, too: what follows the loop waits for it
                scope.waits = True
                run.waits.append(Wait(scope, str(self.item["wait"]), rest))
