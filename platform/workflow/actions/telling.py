"""``notify``: tells people inside the application; mail and other channels follow from the same notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from formline.metadata.positions import Path
from formline.runtime.notifications import Notice, notify
from formline.workflow.actions.people import People, check_selectors, compile_people, people_of
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope

if TYPE_CHECKING:
    from formline.catalog.checker import Checker


@register
@dataclass(frozen=True, slots=True)
class Notify(Action):
    """Sends a notification to people; those it names get it, whoever caused it.

    Where nobody is named, here or by the notification: to the submitter of an approval, else the record's owner.
    """

    word: ClassVar[str] = "notify"
    keys: ClassVar[frozenset[str]] = frozenset({"to"})

    people: People

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """There is such a notification, and people to tell."""
        if checker.known("notification", item["notify"], (*path, "notify")):
            about = checker.catalog.source("notification", item["notify"]).data
            if about.get("object") not in (None, place.object.name):
                message = f'"{item["notify"]}" is about {about["object"]}, not {place.object.name}.'
                checker.error("wrong-object", message, (*path, "notify"), "use one about this object")
            if "to" not in item and "to" not in about and not _usual(place):
                checker.error("missing-key", '"to" is missing.', path, "say who is told, here or at the notification")
        check_selectors(checker, place, item.get("to"), (*path, "to"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile whom to tell: the item's people, else the notification's."""
        to = item.get("to")
        if to is None:
            to = place.catalog.source("notification", str(item["notify"])).data.get("to") or _usual(place)
        return cls(path, item, place.condition(item.get("when")), compile_people(place, to))

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Write the notices of all scopes together."""
        unit = run.unit
        notices: list[Notice] = []
        found = people_of(run, self.people, scopes)
        for scope, people in zip(scopes, found, strict=True):
            run.tell(scope, self, "done" if people else "nothing", object="user", ids=[str(one) for one in people])
            notices.append(
                Notice(
                    f"custom_{self.item['notify']}",
                    people,
                    values={"notification": str(self.item["notify"])},
                    object_id=unit.plan(run.object).model.object_id,
                    record_id=scope.key,
                )
            )
        notify(unit.connection, notices, actor_id=None, now=unit.now)


def _usual(place: Place) -> str | None:
    """Return who is told where nobody is named."""
    if place.submitter:
        return "submitter"
    return "owner" if "owner" in place.object.fields else None
