"""What automations and their runs are called in words: triggers, states, the steps of a trace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from formline.fields.field import humanise
from formline.web.i18n import N_, ngettext
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.visit import Visit
from formline.workflow.automation.definition import Automation

TONES = {"done": "green", "skipped": "grey", "stopped": "orange", "failed": "red", "waiting": "blue"}
STATES = {
    "done": N_("Done"),
    "skipped": N_("Did not apply"),
    "stopped": N_("Stopped"),
    "failed": N_("Failed"),
    "waiting": N_("Waiting"),
}
TRIGGERS = {
    "created": N_("when a record is created"),
    "updated": N_("when a record is changed"),
    "deleted": N_("when a record is deleted"),
    "transition": N_("when a record changes its state"),
    "approval": N_("when an approval is decided"),
    "schedule": N_("at set times"),
    "date": N_("on a date of the record"),
    "webhook": N_("when a message of another system arrives"),
    "button": N_("when somebody presses its button"),
    "clock": N_("when a time limit is reached"),
}
WORDS = {
    "set": N_("Set fields"),
    "create": N_("Created a record"),
    "update": N_("Changed a record"),
    "transition": N_("Changed the state"),
    "submit": N_("Submitted for approval"),
    "assign": N_("Assigned"),
    "convert": N_("Converted"),
    "split": N_("Made a part"),
    "notify": N_("Notified"),
    "webhook": N_("Sent to another system"),
    "script": N_("Started a script"),
    "wait": N_("Waited"),
    "for_each": N_("Went through a list"),
    "if": N_("Checked a condition"),
    "stop": N_("Stopped"),
    "more": N_("More steps followed"),
}
OUTCOMES = {
    "condition": N_("its condition did not hold"),
    "nothing": N_("there was nothing to do"),
    "then": N_("it holds"),
    "else": N_("it does not hold"),
}


_NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trace in words; ``depth`` is how far inside loops and branches it stands."""

    label: str
    outcome: str
    details: tuple[str, ...]
    depth: int
    quiet: bool


def steps(here: Visit, object_name: str, trace: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Return the steps of a trace; records have titles as far as the reader may know them."""
    found = list(trace)
    wanted: dict[str, set[UUID]] = {}
    for step in found:
        name = step.get("object")
        if name and here.release.catalog.has("object", name):
            wanted.setdefault(name, set()).update(UUID(one) for one in step.get("ids") or ())
        for target, key in _references(here, str(name or object_name), step.get("values") or {}):
            wanted.setdefault(target, set()).add(key)
    titles = titles_of(here, wanted)
    return [_step(here, object_name, step, titles) for step in found]


def _references(here: Visit, object_name: str, values: Mapping[str, str]) -> Iterator[tuple[str, UUID]]:
    """Yield the records that values of a trial lead to."""
    obj = here.release.catalog.objects.get(object_name)
    for name, value in values.items():
        field = obj.fields.get(name) if obj is not None else None
        if field is not None and len(field.to) == 1 and (key := _key(value)) is not None:
            yield field.to[0], key


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _step(here: Visit, object_name: str, step: Mapping[str, Any], titles: Mapping[UUID, str]) -> Step:
    word, outcome = str(step["do"]), str(step.get("outcome") or "done")
    values = step.get("values") or {}
    # What a trial made is not there to be named; its values are shown instead.
    details = [titles.get(UUID(one), "…") for one in step.get("ids") or () if not values or UUID(one) in titles]
    about = str(step.get("object") or object_name)
    for name in step.get("fields") or ():
        label = _field(here, about, name)
        value = values.get(name)
        details.append(label if value is None else f"{label}: {titles.get(_key(value) or _NOBODY, value)}")
    if step.get("name"):
        details.append(humanise(str(step["name"])))
    if "count" in step:
        details.append(ngettext("%(num)d item", "%(num)d items", int(step["count"])))
    depth = str(step.get("at") or "").count(".") // 2
    return Step(
        _(WORDS.get(word, word)),
        _(OUTCOMES[outcome]) if outcome in OUTCOMES else "",
        tuple(details),
        min(depth, 4),
        outcome in ("condition", "nothing"),
    )


def _field(here: Visit, object_name: str, name: str) -> str:
    obj = here.release.catalog.objects.get(object_name)
    field = obj.fields.get(name) if obj is not None else None
    if field is None or not here.rights.object(object_name).shown(name):
        return "…"
    return here.labels.field(field)


def label(here: Visit, automation: Automation) -> str:
    """Return what an automation is called."""
    return here.labels.text("automation", automation.name, "label", automation.label)


def origin(here: Visit, text: str) -> str:
    """Return what the list of a run is called: the automation's label, or where the list stands."""
    kind, _slash, name = text.partition("/")
    if kind == "automation":
        found = here.release.catalog.all("automation").get(name)
        return humanise(name) if found is None else label(here, found)
    first, _dot, rest = name.partition(".")
    if here.release.catalog.has(kind, first):
        first = here.labels.text(kind, first, "label", str(here.release.catalog.get(kind, first).label))
    return " · ".join([first, *(humanise(one) for one in rest.split(".") if one)])


def trigger(text: str) -> str:
    """Return when something runs, as the end of a sentence."""
    return _(TRIGGERS[text]) if text in TRIGGERS else humanise(text)
