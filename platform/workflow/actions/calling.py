"""``webhook`` and ``script``: what leaves the transaction; both are kept in it, and happen after it commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from formline.metadata.positions import Path
from formline.runtime.webhooks import enqueue
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope
from formline.workflow.scripts.after_commit import ASKED

if TYPE_CHECKING:
    from formline.catalog.checker import Checker


@register
@dataclass(frozen=True, slots=True)
class Webhook(Action):
    """Sends a message to another system, at least once, after the commit."""

    word: ClassVar[str] = "webhook"

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The integration exists, sends, and is about the object."""
        if checker.known("integration", item["webhook"], (*path, "webhook")):
            data = checker.catalog.source("integration", item["webhook"]).data
            if data.get("object") != place.object.name:
                message = f'"{item["webhook"]}" does not tell of {place.object.name}.'
                hint = "name an integration of direction out about this object"
                checker.error("wrong-object", message, (*path, "webhook"), hint)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Put the messages into the transaction."""
        unit, name = run.unit, str(self.item["webhook"])
        keys = list(dict.fromkeys(scope.key for scope in scopes))
        sent = enqueue(unit.connection, unit.release, name, keys, now=unit.now)
        for scope in scopes:
            run.tell(scope, self, "done" if sent else "nothing", name=name)


@register
@dataclass(frozen=True, slots=True)
class Script(Action):
    """Runs a script about the record after the commit, in its own process."""

    word: ClassVar[str] = "script"
    lasting: ClassVar[bool] = True

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The script exists, runs after a commit, and is about the object."""
        if not checker.known("script", item["script"], (*path, "script")):
            return
        data = checker.catalog.source("script", item["script"]).data
        if data.get("object") != place.object.name:
            message = f'"{item["script"]}" is about {data.get("object")}, not {place.object.name}.'
            checker.error("wrong-object", message, (*path, "script"), "name a script of this object")
        elif data.get("runs") not in ("after_commit", "action"):
            what = "chooses people" if data.get("runs") == "people" else "runs inside a save"
            message = f'"{item["script"]}" {what}, so no action can start it.'
            checker.error("action-place", message, (*path, "script"), "name one with runs: action")

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Ask for the runs."""
        name = str(self.item["script"])
        keys = list(dict.fromkeys(scope.key for scope in scopes))
        run.unit.journal.emit(run.object, keys, ASKED, {"script": name})
        for scope in scopes:
            run.tell(scope, self, name=name)
