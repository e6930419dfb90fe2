"""Why a transition was refused, in the reader's language: its checks, and the checklist it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from formline.errors import FieldError
from formline.web.i18n import gettext as _
from formline.web.records.ways import Way
from formline.web.visit import Visit

_CHECK = "transition_"


def worded(here: Visit, way: Way, record: Mapping[str, Any], errors: Iterable[FieldError]) -> list[FieldError]:
    """Return the findings of a refused transition with the messages that its machine gives in words."""
    return [replace(error, message=_message(here, way, record, error)) for error in errors]


def _message(here: Visit, way: Way, record: Mapping[str, Any], error: FieldError) -> str:
    if error.code == "checklist_open":
        return _waiting(here, way, str(record.get(way.field) or ""), error.message)
    name = error.code.removeprefix(_CHECK)
    if error.code.startswith(_CHECK) and name in {one.name for one in way.transition.checks}:
        path = f"transitions.{way.name}.checks.{name}.message"
        return here.labels.text("state_machine", way.machine.name, path, error.message)
    return error.message


def _waiting(here: Visit, way: Way, state: str, message: str) -> str:
    """Return which items are open; the message of the write names them in the base language, at its end."""
    listed = message.rpartition(": ")[2].removesuffix(".").split(", ")
    labels = [
        here.labels.text("state_machine", way.machine.name, f"states.{state}.checklist.{one.name}.label", one.label)
        for one in way.machine.states[state].checklist
        if one.label in listed
    ]
    joiner = "、" if here.language.startswith("zh") else ", "
    return _("%(way)s waits for the checklist: %(items)s.") % {"way": way.label, "items": joiner.join(labels)}
