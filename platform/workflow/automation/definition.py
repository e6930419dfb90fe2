"""An automation as frozen data, how it is built, and which an object has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog.selectors import among
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.all_types import TYPES
from formline.fields.field import Field, humanise
from formline.workflow.actions.compiling import compile_actions
from formline.workflow.actions.people import listed
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition
    from formline.runtime.release import Release

#: Triggers that a write of a record causes.
WRITES = frozenset({"created", "updated", "deleted", "transition"})
#: Triggers that nobody causes.
CLOCK = frozenset({"schedule", "date"})
BEFORE, AFTER = "before_save", "after_save"
TRIGGERING, SYSTEM = "triggering_user", "system"
_NINE = "09:00"


@dataclass(frozen=True, slots=True)
class Button:
    """A button on a record's page. ``visible``: None where always; ``people``: None where a role must grant it."""

    label: str
    icon: str
    visible: Expression | None
    people: Expression | None
    confirm: str
    ask: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes an automation run: ``event`` and what belongs to it.

    ``names``: fields of ``updated`` or transitions; the approval, integration or date field. ``outcome``: of an
    approval, "" any. ``cron`` and ``zone`` of a schedule; ``offsets`` and ``at`` of a date.
    """

    event: str
    names: frozenset[str] = frozenset()
    outcome: str = ""
    cron: str = ""
    zone: str = ""
    offsets: tuple[str, ...] = ()
    at: time = time(9)
    button: Button | None = None

    @property
    def name(self) -> str:
        """The one name where there is one."""
        return next(iter(self.names), "")


@dataclass(frozen=True, eq=False)
class Automation:
    """One automation. ``run_as``: triggering_user, system, or the sign-in name of an integration user."""

    name: str
    label: str
    object: str
    trigger: Trigger
    when: Expression | None
    timing: str
    order: int
    run_as: str
    active: bool
    actions: tuple[Action, ...]
    place: Place = field(repr=False)

    @property
    def origin(self) -> str:
        """How its runs are called."""
        return f"automation/{self.name}"


def build_automation(catalog: Catalog, definition: Definition) -> Automation:
    """Make an automation of a checked definition."""
    data = definition.data
    object_ = catalog.object(str(data["object"]))
    label = str(data.get("label") or humanise(definition.name))
    trigger = trigger_of(catalog, object_, data["trigger"], label)
    place = place_of(catalog, object_, data, trigger)
    return Automation(
        definition.name,
        label,
        object_.name,
        trigger,
        place.condition(data.get("when")),
        str(data.get("timing") or AFTER),
        int(data.get("order", 100)),
        run_as_of(data, trigger.event),
        data.get("active") is not False,
        compile_actions(place, data["actions"]),
        place,
    )


def place_of(catalog: Catalog, object_: Object, data: Mapping[str, Any], trigger: Trigger) -> Place:
    """Return where the actions of an automation stand."""
    asked = trigger.button.ask if trigger.button is not None else {}
    before = data.get("timing") == BEFORE
    return Place(catalog, object_, inputs=asked, before=before, alive=trigger.event != "deleted" or before)


def event_of(declared: Any) -> str:
    """Return the word of a trigger: the first of its keys that is one."""
    if isinstance(declared, str):
        return declared
    words = ("updated", "transition", "approval", "schedule", "date", "webhook", "button")
    return next((word for word in words if word in declared), "")


def run_as_of(data: Mapping[str, Any], event: str) -> str:
    """Return whose rights it has: what is declared, else those of who caused it, else the platform's."""
    declared = data.get("run_as")
    if isinstance(declared, Mapping):
        return str(declared["integration"])
    return str(declared or (SYSTEM if event in CLOCK else TRIGGERING))


def trigger_of(catalog: Catalog, object_: Object, declared: Any, label: str) -> Trigger:
    """Make a trigger; raises ExpressionError where a button's condition is broken."""
    event = event_of(declared)
    if isinstance(declared, str):
        return Trigger(event)
    value = declared[event]
    if event == "button":
        return Trigger(event, button=_button(catalog, object_, value or {}, label))
    if event == "schedule":
        return Trigger(event, cron=str(value), zone=str(declared.get("zone") or ""))
    names = frozenset(value if isinstance(value, list) else [value])
    if event == "date":
        offsets = declared.get("offset")
        listing = offsets if isinstance(offsets, list) else [offsets] if offsets else [""]
        at = time.fromisoformat(str(declared.get("at") or _NINE))
        return Trigger(event, names, offsets=tuple(map(str, listing)), at=at)
    return Trigger(event, names, outcome=str(declared.get("outcome") or ""))


def _button(catalog: Catalog, object_: Object, data: Mapping[str, Any], label: str) -> Button:
    visible = data.get("visible")
    condition = None
    if visible is not None and visible is not True:
        source = "false" if visible is False else str(visible)
        condition = catalog.compiler.compile(source, object=object_.name, expects=BOOLEAN)
    return Button(
        str(data.get("label") or label),
        str(data.get("icon") or ""),
        condition,
        among(catalog, object_.name, listed(data.get("allowed"))),
        str(data.get("confirm") or ""),
        MappingProxyType({name: asked_field(catalog, object_, name, one) for name, one in asked_of(data).items()}),
    )


def asked_of(data: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Return the questions of a button as written."""
    return data.get("ask") or {}


def asked_field(catalog: Catalog, object_: Object, name: str, data: Mapping[str, Any]) -> Field:
    """Return a question as a field that no record has: its type reads and shows the answer."""
    return Field(object_.name, name, TYPES[str(data["type"])], dict(data), catalog.compiler)


def automations_of(release: Release, object_name: str) -> tuple[Automation, ...]:
    """Return the active automations of an object, in the order in which they run."""

    def load() -> tuple[Automation, ...]:
        if not release.catalog.names("automation"):
            return ()
        found: list[Automation] = [
            one for one in release.catalog.all("automation").values() if one.object == object_name and one.active
        ]
        return tuple(sorted(found, key=lambda one: (one.order, one.name)))

    return release.memo(("automations", object_name), load)
