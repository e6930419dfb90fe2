"""Registers the kinds ``automation`` and ``notification``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from formline.catalog.kinds import Kind, register
from formline.fields.field import humanise
from formline.workflow.approvals.people_checks import check_people
from formline.workflow.automation.checks import check_automation
from formline.workflow.automation.definition import build_automation

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.checker import Checker
    from formline.metadata.layers import Definition


@dataclass(frozen=True, slots=True)
class Notification:
    """A message that actions send: ``label`` is what it says, ``help`` what to do."""

    name: str
    label: str
    help: str
    object: str


def build_notification(catalog: Catalog, definition: Definition) -> Notification:
    """Make a notification."""
    data = definition.data
    return Notification(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        str(data.get("object") or ""),
    )


def check_notification(checker: Checker) -> None:
    """The object exists, and the people are named by what it has."""
    name = checker.data.get("object")
    object_ = None if name is None else checker.object(name, ("object",))
    if object_ is not None and "to" in checker.data:
        check_people(checker, object_, checker.data["to"], ("to",), {})
    elif name is None and "to" in checker.data:
        checker.error("missing-key", '"object" is missing.', ("to",), "say which object's people are meant")


register(Kind("automation", build_automation, check_automation))
register(Kind("notification", build_notification, check_notification))
