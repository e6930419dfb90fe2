"""Addresses of the recycle bin: what was deleted, bringing it back, deleting it for good."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.errors import ConflictError, FormlineError, ValidationError
from formline.runtime import recycling
from formline.runtime.access.masking import Masked
from formline.runtime.queries import Query, fetch
from formline.runtime.recycling import Deletion
from formline.runtime.unit import run_unit
from formline.web.administration.blueprint import blueprint
from formline.web.i18n import gettext as _
from formline.web.records.refusals import reason
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit

SHOWN = 30
NAMED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One deletion: what it was asked for in words, by whom, when, and what went with it."""

    id: UUID
    label: str
    icon: str
    titles: tuple[str, ...]
    more: int
    who: str
    when: str
    also: int
    emptied: int


@blueprint.get("/recycle-bin")
def recycle_bin() -> str:
    """Show one's own deletions; everybody's to who manages the data and asks for them."""
    return _page(visit())


def _page(here: Visit, refused: str = "") -> str:
    may_all = here.rights.may(recycling.RIGHT)
    everybody = may_all and request.args.get("all") == "1"
    found, after = recycling.deletions(
        here.connection, None if everybody else here.actor.user_id, SHOWN, request.args.get("before", type=UUID)
    )
    return render_template(
        "administration/bin.html",
        lines=_lines(here, found),
        after=after,
        may_all=may_all,
        everybody=everybody,
        refused=refused,
    )


def _lines(here: Visit, found: list[Deletion]) -> list[Line]:
    """Return the deletions with the titles the person may read; whose object left the catalog are left out."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for one in found:
        for object_id, key in one.asked[:NAMED]:
            name = here.release.object_named(object_id)
            if name is not None:
                wanted[name].add(key)
    titles: dict[UUID, str] = {}
    for name, keys in wanted.items():
        titles |= _deleted_titles(here, name, keys)
    people = titles_of(here, {"user": {one.actor_id for one in found if one.actor_id}})
    return [line for one in found if (line := _line(here, one, titles, people)) is not None]


def _deleted_titles(here: Visit, name: str, keys: set[UUID]) -> dict[UUID, str]:
    obj = here.release.catalog.object(name)
    if not here.rights.object(name).can("read") or not here.rights.object(name).shown(obj.title):
        return {}
    where: dict[str, Any] = {"or": [{"field": "id", "op": "eq", "value": key} for key in sorted(keys)]}
    query = Query(name, (obj.title,), where, limit=len(keys), deleted=True)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    shown = {row["id"]: row.get(obj.title) for row in rows}
    return {key: str(value) for key, value in shown.items() if isinstance(value, str | Masked) and value}


def _line(here: Visit, one: Deletion, titles: dict[UUID, str], people: dict[UUID, str]) -> Line | None:
    name = here.release.object_named(one.asked[0][0])
    if name is None:
        return None
    obj = here.release.catalog.object(name)
    named = tuple(titles[key] for _object, key in one.asked[:NAMED] if key in titles)
    return Line(
        one.id,
        here.labels.object(obj),
        obj.icon,
        named,
        len(one.asked) - len(named),
        people.get(one.actor_id, "") if one.actor_id else _("The system"),
        here.formats.moment(one.at, here.now),
        one.also,
        one.emptied,
    )


@blueprint.post("/recycle-bin/<uuid:deletion_id>/restore")
def restore_deletion(deletion_id: UUID) -> Response | tuple[str, int]:
    """Bring back what a deletion took, or say what is in the way."""
    here = visit()
    try:
        run_unit(here.site, here.actor, lambda unit: unit.restore(deletion_id), source="form")
    except (ValidationError, ConflictError) as error:
        return _page(here, _why_not(here, error)), 422
    return redirect(url_for("administration.recycle_bin", restored=1, all=request.args.get("all")), 303)


def _why_not(here: Visit, error: FormlineError) -> str:
    if not isinstance(error, ValidationError):
        return error.message
    objects = here.release.catalog.names("object")
    first = here.release.catalog.object(next(iter(objects)))
    return reason(here, first, error)


@blueprint.post("/recycle-bin/<uuid:deletion_id>/purge")
def purge_deletion(deletion_id: UUID) -> Response:
    """Delete for good what a deletion took; for who manages the data."""
    here = visit()
    recycling.purge(here.site, here.actor, deletion_id)
    return redirect(url_for("administration.recycle_bin", purged=1, all=request.args.get("all")), 303)
