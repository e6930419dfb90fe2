"""Submitting from a record: the path ahead with its people, whom the submitter chooses, asking for deletion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.runtime.unit import Unit, run_unit
from formline.web import fragments
from formline.web.i18n import gettext as _
from formline.web.inbox import words
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.people import people
from formline.web.inbox.picture import Node, Painter, people_of
from formline.web.inbox.refusing import told
from formline.web.records.actions import PROVIDERS, Action
from formline.web.records.targets import readable_object, record_or_404, title_text, titles_of
from formline.web.visit import Visit, visit
from formline.workflow.approvals import shell
from formline.workflow.approvals.guarding import CHOICES, guards_of
from formline.workflow.approvals.previewing import Preview, preview, rehearse
from formline.workflow.approvals.state import START, RefusedError

#: Says that the path was shown.
SEEN = "path_seen"
#: Begins the names of inputs that choose people; the step follows.
CHOSEN = "chosen."


@dataclass(frozen=True, slots=True)
class Ahead:
    """What a submission leads to. ``choose`` are steps with their labels whose people the submitter names."""

    label: str
    nodes: tuple[Node, ...]
    choose: tuple[tuple[str, str], ...]
    requires: tuple[str, ...]
    stuck: bool


def guarded(here: Visit, obj: Object, event: str, name: str = "") -> bool:
    """Return whether an approval may guard an event of an object; whether it does is told by :func:`ahead`."""
    found = (one.guard for one in guards_of(here.release, obj.name))
    return any(one.event == event and name in ("", one.name) for one in found)


def required(here: Visit, obj: Object, transition: str) -> tuple[str, ...]:
    """Return the fields that approvals of a transition want filled in."""
    found = [one for one in guards_of(here.release, obj.name) if one.guard.name == transition and one.when is None]
    return tuple(dict.fromkeys(name for one in found for name in one.requires))


def ahead(
    here: Visit,
    obj: Object,
    record_id: UUID,
    event: str,
    *,
    transition: str = "",
    values: Mapping[str, Any] | None = None,
) -> Ahead | None:
    """Return the path of what somebody is about to do, None where nothing guards it."""
    if not guarded(here, obj, event, transition):
        return None
    found = preview(
        here.site,
        here.actor,
        obj.name,
        record_id,
        event=event,
        transition=transition,
        values=values,
        choices=choices(),
    )
    return None if found is None else _ahead(here, found)


def rehearsed(here: Visit, obj: Object, event: str, work: Callable[[Unit], Any], *, confirm: bool) -> Ahead | None:
    """Return the path that saving a form leads to, None where nothing guards it or the person has seen it.

    Raises what saving raises.
    """
    if request.form.get(SEEN) == "1" or not guarded(here, obj, event):
        return None
    found = rehearse(here.site, here.actor, work, confirm=confirm, locale=here.locale)
    return None if found is None else _ahead(here, found)


def _ahead(here: Visit, found: Preview) -> Ahead:
    definition = found.definition
    names = titles_of(here, {"user": people_of(found.state)})
    choose = tuple((step, here.labels.step(definition, step)) for step in found.chosen_by)
    # What falls out need not be seen before; the page of the approval tells it.
    nodes = tuple(one for one in Painter(here, definition, START, found.state, names).nodes() if one.state != "skipped")
    return Ahead(here.labels.approval(definition), nodes, choose, definition.requires, found.status != "approved")


def choices() -> dict[str, Sequence[str]]:
    """Return whom this request's form names, by step."""
    found: dict[str, Sequence[str]] = {}
    for name in request.form:
        if name.startswith(CHOSEN):
            found[name.removeprefix(CHOSEN)] = [one for one in request.form.getlist(name) if words.is_id(one)]
    return found


def choosing(unit: Unit) -> None:
    """Hand the choices of this request to a unit that may start approvals."""
    unit.extras[CHOICES] = choices()


@blueprint.get("/o/<object_name>/<uuid:record_id>/ask-deletion")
def ask_deletion(object_name: str, record_id: UUID) -> str:
    """Show the path that asking for the deletion of a record leads to."""
    here = visit()
    obj = readable_object(here, object_name)
    return _deletion(here, obj, record_or_404(here, obj, record_id))


@blueprint.post("/o/<object_name>/<uuid:record_id>/ask-deletion")
def submit_deletion(object_name: str, record_id: UUID) -> Response:
    """Ask for the deletion of a record."""
    here = visit()
    obj = readable_object(here, object_name)
    record = record_or_404(here, obj, record_id)
    chosen = choices()
    try:
        run_unit(here.site, here.actor, lambda unit: shell.submit_deletion(unit, obj.name, record_id, chosen))
    except (RefusedError, ConflictError, ValidationError) as error:
        again = make_response(_deletion(here, obj, record, told(here, error)))
        again.status_code = error.status
        return again
    address = url_for("records.record_page", object_name=obj.name, record_id=record_id, submitted=1)
    if not request.headers.get("HX-Request"):
        return redirect(address, 303)
    answer = make_response("", 204)
    answer.headers["HX-Redirect"] = address
    return answer


def _deletion(here: Visit, obj: Object, record: Mapping[str, Any], findings: tuple[str, ...] = ()) -> str:
    found = ahead(here, obj, record["id"], "delete")
    if found is None:
        raise NotFoundError
    title = _("Delete “%(title)s”") % {"title": title_text(obj, record)}
    return fragments.dialog(
        "inbox/deletion.html", title, heading=title, object=obj, record=record, ahead=found, general=findings
    )


@blueprint.get("/o/<object_name>/choosable")
def choosable(object_name: str) -> Response:
    """Answer ``[{id, text}]``: people whom a submitter may name, by what is typed."""
    here = visit()
    readable_object(here, object_name)
    return people(here, request.args.get("q", ""))


def deletion_action(here: Visit, obj: Object, record: Mapping[str, Any]) -> list[Action]:
    """Return the button that asks for a deletion, where an approval guards it."""
    if not needs_approval(here, obj, record["id"]):
        return []
    href = url_for("inbox.ask_deletion", object_name=obj.name, record_id=record["id"])
    return [Action(_("Submit for deletion"), href, "trash", dialog=True)]


def needs_approval(here: Visit, obj: Object, record_id: UUID) -> bool:
    """Return whether deleting a record has to be asked for."""
    if not guarded(here, obj, "delete"):
        return False
    key = ("deletion", obj.name, record_id)
    return here.once(key, lambda: preview(here.site, here.actor, obj.name, record_id, event="delete") is not None)


PROVIDERS.append(deletion_action)
