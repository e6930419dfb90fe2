"""Labels of definitions in one language: objects, fields, choices, states, transitions, layouts, list views, apps.

Texts of the user interface itself are in ``i18n``; system fields, which no definition declares, are among those.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from formline.catalog.machines import StateMachine, Transition
from formline.catalog.model import App, AppItem, Layout, ListView, Related, Section
from formline.fields.field import Field, humanise
from formline.web.i18n import texts
from formline.workflow.approvals.definition import ELSE

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.runtime.release import Release
    from formline.workflow.approvals.definition import Approval


class Labels:
    """Looks labels up once and keeps them; one instance per release and language."""

    def __init__(self, catalog: Catalog, language: str) -> None:
        """Keep the catalog that is asked."""
        self._catalog = catalog
        self.language = language
        self._texts = texts(language)
        self._known: dict[tuple[str, str, str], str] = {}

    @cached_property
    def _system(self) -> dict[str, str]:
        """What the platform's own fields are called."""
        texts = self._texts
        return {
            "id": texts.gettext("Id"),
            "owner": texts.gettext("Owner"),
            "department": texts.gettext("Department"),
            "company": texts.gettext("Company"),
            "created_at": texts.gettext("Created at"),
            "created_by": texts.gettext("Created by"),
            "updated_at": texts.gettext("Changed at"),
            "updated_by": texts.gettext("Changed by"),
            "version": texts.gettext("Version"),
            "record_type": texts.gettext("Record type"),
            "approval_status": texts.gettext("Approval"),
        }

    @cached_property
    def _approval_statuses(self) -> dict[str, str]:
        """What the states of the system field ``approval_status`` are called."""
        texts = self._texts
        return {
            "none": texts.gettext("Not submitted"),
            "pending": texts.gettext("In approval"),
            "approved": texts.gettext("Approved"),
            "rejected": texts.gettext("Rejected"),
            "returned": texts.gettext("Returned"),
            "withdrawn": texts.gettext("Withdrawn"),
            "changing": texts.gettext("Change in approval"),
        }

    def text(self, kind: str, name: str, path: str, default: str) -> str:
        """Return the translation of one text of a definition, or ``default``."""
        key = (kind, name, path)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._catalog.translate(
                self.language, kind, name, tuple(path.split(".")), default
            )
        return found

    def object(self, obj: Object) -> str:
        """Return what one record is called."""
        return self.text("object", obj.name, "label", obj.label)

    def notification(self, name: str) -> tuple[str, str]:
        """Return what a notification of the definitions says and the words below it; empty where it is gone."""
        if not self._catalog.has("notification", name):
            return "", ""
        data = self._catalog.source("notification", name).data
        label, more = str(data.get("label") or humanise(name)), str(data.get("help") or "")
        return self.text("notification", name, "label", label), more and self.text("notification", name, "help", more)

    def plural(self, obj: Object) -> str:
        """Return what several records are called."""
        return self.text("object", obj.name, "plural", obj.plural)

    def field(self, field: Field) -> str:
        """Return a field's label; system fields are texts of the user interface."""
        if field.system:
            return self._system.get(field.name, field.label)
        return self.text("object", field.object, f"fields.{field.name}.label", field.label)

    def help(self, field: Field) -> str:
        """Return a field's sentence of help, or ""."""
        return self.text("object", field.object, f"fields.{field.name}.help", field.help) if field.help else ""

    def display(self, layout: Layout, path: str, word: str, default: str) -> str:
        """Return what a layout calls a field (``label``) or says of it (``help``), else ``default``."""
        written = str(getattr(layout.fields.get(path), word, "") or "")
        return self.text("layout", layout.name, f"fields.{path}.{word}", written) if written else default

    def placeholder(self, field: Field) -> str:
        """Return the example in the empty control, or ""."""
        written = str(field.params.get("placeholder") or "")
        return self.text("object", field.object, f"fields.{field.name}.placeholder", written) if written else ""

    def choice(self, field: Field, value: str) -> str:
        """Return the label of a choice or a state."""
        if field.system and field.name == "approval_status":
            return self._approval_statuses.get(value, value)
        key = ("choice", f"{field.object}.{field.name}", value)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = field.catalog.choice_label(field, value, self.language)
        return found

    def record_type(self, obj: Object, name: str) -> str:
        """Return the label of a record type."""
        kind = obj.record_types.get(name)
        default = kind.label if kind else name
        return self.text("object", obj.name, f"record_types.{name}.label", default)

    def rule_message(self, obj: Object, rule: str, default: str) -> str:
        """Return the message of a rule."""
        return self.text("object", obj.name, f"rules.{rule}.message", default)

    def transition(self, machine: StateMachine, transition: Transition) -> str:
        """Return what the button of a transition says."""
        return self.text("state_machine", machine.name, f"transitions.{transition.name}.label", transition.label)

    def confirm(self, machine: StateMachine, transition: Transition) -> str:
        """Return the question asked before a transition, or ""."""
        path = f"transitions.{transition.name}.confirm"
        return self.text("state_machine", machine.name, path, transition.confirm) if transition.confirm else ""

    def state(self, machine: StateMachine, state: str) -> str:
        """Return the label of a state."""
        return self.text("state_machine", machine.name, f"states.{state}.label", machine.states[state].label)

    def approval(self, approval: Approval) -> str:
        """Return the name of an approval."""
        return self.text("approval", approval.name, "label", approval.label)

    def step(self, approval: Approval, name: str) -> str:
        """Return the label of a block of an approval; a name that it does not have stands for itself."""
        block = approval.blocks.get(name)
        if block is None:
            return humanise(name)
        return self.text("approval", approval.name, f"{'.'.join(_keys_of(approval, name))}.label", block.label)

    def branch(self, approval: Approval, step: str, name: str) -> str:
        """Return the label of a branch or case of a block."""
        block = approval.blocks[step]
        word = "branches" if name in getattr(block, "branches", ()) else "cases"
        branch = getattr(block, word, {}).get(name)
        path = ".".join((*_keys_of(approval, step), word, name, "label"))
        return self.text("approval", approval.name, path, branch.label if branch is not None else name)

    def because(self, approval: Approval, step: str, branch: str = "") -> str:
        """Return in words what a block or a branch of it asks for, "" where its definition does not say."""
        block = approval.blocks[step]
        keys, found = [*_keys_of(approval, step)], block.because
        if branch:
            word = "branches" if branch in getattr(block, "branches", ()) else "cases"
            chosen = getattr(block, word, {}).get(branch)
            keys, found = [*keys, word, branch], chosen.because if chosen is not None else ""
        return self.text("approval", approval.name, ".".join((*keys, "because")), found) if found else ""

    def section(self, layout: Layout, section: Section) -> str:
        """Return the heading of a section; a generated one is a text of the user interface."""
        if layout.generated:
            return self._texts.gettext("Details")
        return self.text("layout", layout.name, f"form.{section.name}.label", section.label or humanise(section.name))

    def related(self, layout: Layout, related: Related, child: Object) -> str:
        """Return the heading of a related list: its own label, else the children's plural."""
        if related.label:
            return self.text("layout", layout.name, f"related.{related.list}.label", related.label)
        return self.plural(child)

    def view(self, view: ListView) -> str:
        """Return what the tab of a list view says."""
        return self._texts.gettext("All") if view.generated else self.text("list_view", view.name, "label", view.label)

    def app(self, app: App) -> str:
        """Return the name of an app."""
        return self.text("app", app.name, "label", app.label)

    def item(self, app: App, item: AppItem, default: str) -> str:
        """Return the label of an entry of an app."""
        part = "bottom" if item in app.bottom else "items"
        return self.text("app", app.name, f"{part}.{item.name}.label", item.label) if item.label else default


def _keys_of(approval: Approval, name: str) -> Iterator[str]:
    """Yield the keys that lead to a block in its definition: ``steps review branches legal steps legal``."""
    place = approval.places[name]
    for index in range(0, len(place), 2):
        yield from ("steps", place[index])
        if index + 1 < len(place):
            block, branch = approval.blocks[place[index]], place[index + 1]
            if branch in getattr(block, "branches", ()):
                yield from ("branches", branch)
            elif branch in getattr(block, "cases", ()):
                yield from ("cases", branch)
            elif branch == ELSE:
                yield ELSE


@lru_cache(maxsize=16)
def _labels(catalog: Catalog, language: str) -> Labels:
    return Labels(catalog, language)


def labels(release: Release, language: str) -> Labels:
    """Return the labels of a release in a language."""
    return _labels(release.catalog, language)
