"""The pools a person is in, the page of one, claiming from it, assigning, and who loses what until tomorrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.runtime.unit import Unit, run_unit
from formline.web import fragments, places
from formline.web.access import answers
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.pools.blueprint import blueprint
from formline.web.records import cells
from formline.web.records.cells import READ
from formline.web.records.targets import titles_of
from formline.web.value_messages import in_words
from formline.web.visit import Visit, visit
from formline.workflow.pools import browsing, moving
from formline.workflow.pools.browsing import Room
from formline.workflow.pools.definition import Pool
from formline.workflow.pools.recycling import losses

CAUSES = {
    "returned": N_("put back"),
    "recycled": N_("nobody looked after it"),
    "created": N_("new"),
}
places.add(
    places.Place("pools", N_("Pools"), "stack", "/pools", "pools.overview", lambda visit: _has_pools(visit), order=80)
)
#: How far ahead the page of losses looks, in days.
AHEAD = (1, 7, 30)


@dataclass(frozen=True, slots=True)
class Line:
    """A record that waits, as the page shows it: its title, (label, value) pairs, since when and why."""

    id: UUID
    title: str
    values: tuple[tuple[str, Markup], ...]
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """A pool on the page of all."""

    label: str
    help: str
    href: str
    icon: str
    count: str
    room: str


@dataclass(frozen=True, slots=True)
class Loss:
    """A record that goes back soon; ``href`` is "" where the reader cannot open it."""

    title: str
    owner: str
    rule: str
    when: str
    href: str


def _has_pools(visit: Visit) -> bool:
    """Return whether the person may read records of any pool."""
    return any(visit.rights.object(pool.object).can("read") for pool in visit.release.catalog.all("pool").values())


@blueprint.get("/pools")
def overview() -> str:
    """List the pools that the person is in."""
    here = visit()
    cards = []
    for pool, _member, _administrator in browsing.visible_pools(here.connection, here.release, here.actor):
        waiting = browsing.count(here.connection, here.release, pool)
        cards.append(
            Card(
                label_of(here, pool),
                help_of(here, pool),
                url_for("pools.pool_page", name=pool.name),
                here.release.catalog.object(pool.object).icon,
                f"{waiting}{'+' if waiting == browsing.COUNTED else ''}",
                room_text(browsing.room(here.connection, here.release, here.actor, pool, here.now)),
            )
        )
    return render_template("pools/overview.html", cards=cards)


@blueprint.get("/pools/<name>")
def pool_page(name: str) -> str:
    """Show what waits in a pool."""
    return _page(name, [])


@blueprint.post("/pools/<name>/claim")
def claim(name: str) -> Response | tuple[str, int]:
    """Become the owner of records of a pool."""
    here = visit()
    pool, member, _administrator = pool_of(here, name)
    if not member:
        raise NotFoundError
    ids = _ids()
    return _move(here, name, lambda unit: moving.claim(unit, pool, ids))


@blueprint.get("/pools/<name>/assign")
def assign_form(name: str) -> str:
    """Ask who gets records of a pool."""
    here = visit()
    pool, _member, administrator = pool_of(here, name)
    if not administrator:
        raise NotFoundError
    values = {"pool": pool, "object": pool.object, "ids": _ids()}
    return fragments.dialog("pools/assign.html", _("Assign"), **values)


@blueprint.post("/pools/<name>/assign", endpoint="assign")
def give(name: str) -> Response | tuple[str, int]:
    """Give records of a pool to a member."""
    here = visit()
    pool, _member, administrator = pool_of(here, name)
    if not administrator:
        raise NotFoundError
    ids = _ids()
    try:
        to = answers.chosen_id("to")
    except ValidationError as error:
        return _page(name, [in_words(each) for each in error.errors]), 422
    return _move(here, name, lambda unit: moving.assign(unit, pool, ids, to))


@blueprint.get("/pools/<name>/losses")
def losses_page(name: str) -> str:
    """Show who loses what until tomorrow, or further on: members their own records, administrators everybody's."""
    here = visit()
    pool, _member, administrator = pool_of(here, name)
    days = request.args.get("days", 1, type=int)
    until = here.now + timedelta(days=days if days in AHEAD else AHEAD[0])
    owner = None if administrator else here.actor.user_id
    found = losses(here.connection, here.release, pool, until, owner)
    titles = titles_of(here, {pool.object: [one.id for one in found], "user": {one.owner for one in found}})
    shown = [
        Loss(
            titles.get(one.id, "…"),
            titles.get(one.owner, "…"),
            one.deadline.rule.label,
            here.formats.datetime(one.deadline.at),
            url_for("records.record_page", object_name=pool.object, record_id=one.id) if one.id in titles else "",
        )
        for one in found
    ]
    spans = [(each, url_for("pools.losses_page", name=name, days=each), each == days) for each in AHEAD]
    return render_template("pools/losses.html", pool=pool, label=label_of(here, pool), losses=shown, spans=spans)


def pool_of(here: Visit, name: str) -> tuple[Pool, bool, bool]:
    """Return a pool the person is in, as member and as administrator; NotFoundError for any other."""
    for found in browsing.visible_pools(here.connection, here.release, here.actor):
        if found[0].name == name:
            return found
    raise NotFoundError


def label_of(here: Visit, pool: Pool) -> str:
    """Return what a pool is called in the language of the request."""
    return here.labels.text("pool", pool.name, "label", pool.label)


def help_of(here: Visit, pool: Pool) -> str:
    """Return what belongs into a pool, in the language of the request."""
    return here.labels.text("pool", pool.name, "help", pool.help) if pool.help else ""


def room_text(room: Room) -> str:
    """Return what a person may still take, in words."""
    parts = []
    if room.most is not None:
        parts.append(_("You have %(owned)s of %(most)s.") % {"owned": room.owned, "most": room.most})
    if room.claims_left is not None:
        parts.append(_("You may claim %(count)s more today.") % {"count": room.claims_left})
    return " ".join(parts)


def _ids() -> list[UUID]:
    try:
        found = list(dict.fromkeys(UUID(text) for text in request.values.getlist("id")))
    except ValueError:
        raise NotFoundError from None
    if not found or len(found) > moving.MOST:
        raise NotFoundError
    return found


def _move(here: Visit, name: str, work: Callable[[Unit], None]) -> Response | tuple[str, int]:
    """Run what moves records; say on the pool's page why it did not."""
    try:
        run_unit(here.site, here.actor, work, source="form", confirm=True)
    except ValidationError as error:
        return _page(name, list(dict.fromkeys(in_words(each) for each in error.errors))), 422
    except ConflictError:
        return _page(name, [_("Somebody else was quicker: it is not in the pool any more.")]), 409
    return redirect(url_for("pools.pool_page", name=name, saved=1), 303)


def _page(name: str, findings: list[str]) -> str:
    here = visit()
    pool, member, administrator = pool_of(here, name)
    search = request.args.get("q", "").strip()[:100]
    skip = max(0, request.args.get("skip", 0, type=int))
    found = browsing.waiting(here.connection, here.release, here.actor, pool, search=search, skip=skip)
    more = len(found) > browsing.SHOWN
    found = found[: browsing.SHOWN]
    values: dict[str, Any] = {
        "pool": pool,
        "label": label_of(here, pool),
        "help": help_of(here, pool),
        "lines": _lines(here, pool, found),
        "room": room_text(browsing.room(here.connection, here.release, here.actor, pool, here.now)) if member else "",
        "member": member,
        "administrator": administrator,
        "search": search,
        "next": url_for("pools.pool_page", name=name, q=search or None, skip=skip + browsing.SHOWN) if more else "",
    }
    return render_template("pools/pool.html", general=findings, warnings=(), **values)


def _lines(here: Visit, pool: Pool, found: list[browsing.Waiting]) -> list[Line]:
    obj = here.release.catalog.object(pool.object)
    names = browsing.fields_shown(here.release, here.actor, pool)
    columns = [cells.column(here, name, obj.fields[name], READ) for name in names if name != obj.title]
    titles = titles_of(here, cells.ids_in(columns, [each.values for each in found]))
    made = []
    for each in found:
        values = []
        for column in columns:
            text = column.render(each.values, titles, here.formats, here.labels)
            if text:
                values.append((column.label, Markup(text)))  # noqa: S704 - cells are escaped when filled
        note = f"{_(CAUSES.get(each.cause, 'new'))} · {here.formats.moment(each.entered_at, here.now)}"
        title = str(each.values.get(obj.title) or "…")
        made.append(Line(each.values["id"], title, tuple(values), note))
    return made
