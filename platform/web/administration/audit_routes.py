"""Addresses of the audit page: who changed what, filtered by person, object and time; for who may read the audit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import render_template, request
from sqlalchemy import Select, func, select

from formline.catalog.objects import Object
from formline.runtime.queries import Query, fetch
from formline.runtime.tables import history, seal, security_event
from formline.web import addresses, places
from formline.web.administration.blueprint import blueprint
from formline.web.auth.login import require_admin
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.records.targets import titles_of
from formline.web.records.timeline_entry import Entry
from formline.web.records.timeline_history import told, unnamed
from formline.web.visit import Visit, visit

RIGHT = "read_audit"
SHOWN = 50
MOST_PEOPLE = 200
places.add(
    places.Place(
        "audit",
        N_("Audit"),
        "history",
        "/audit",
        "administration.audit_page",
        lambda visit: visit.rights.may(RIGHT),
        order=30,
        about_site=True,
    )
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail: an entry of the history, or an event of security with its details."""

    entry: Entry
    label: str
    title: str
    href: str
    who: str
    source: str
    sealed: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of the address; days are the reader's."""

    person: UUID | None
    object: str
    since: date | None
    until: date | None
    before: int | None
    security: bool


@blueprint.get("/audit")
def audit_page() -> str:
    """Show a page of the trail."""
    require_admin(RIGHT)
    here = visit()
    asked = _asked(here)
    lines, after = _security(here, asked) if asked.security else _history(here, asked)
    seals = here.connection.execute(select(func.count(), func.max(seal.c.at)).select_from(seal)).one()
    return render_template(
        "administration/audit.html",
        lines=lines,
        after=after,
        asked=asked,
        people=_people(here),
        objects=[(name, here.labels.object(here.release.catalog.object(name))) for name in _readable(here)],
        older=f"{request.path}?{urlencode({**request.args.to_dict(), 'before': after})}" if after else "",
        seals=seals,
        sealed_at=here.formats.datetime(seals[1]),
    )


def _asked(here: Visit) -> Asked:
    def day(name: str) -> date | None:
        try:
            return date.fromisoformat(request.args.get(name, ""))
        except ValueError:
            return None

    wanted = request.args.get("object", "")
    return Asked(
        request.args.get("person", type=UUID),
        wanted if wanted in _readable(here) else "",
        day("since"),
        day("until"),
        request.args.get("before", type=int),
        request.args.get("trail") == "security",
    )


def _readable(here: Visit) -> list[str]:
    return [name for name in here.release.catalog.names("object") if here.rights.object(name).can("read")]


def _people(here: Visit) -> list[tuple[UUID, str]]:
    if not here.rights.object("user").can("read"):
        return []
    query = Query("user", ("id", "name"), sort=(("name", False),), limit=MOST_PEOPLE)
    rows = fetch(here.connection, here.release, here.actor, query).rows
    return [(row["id"], str(row["name"])) for row in rows]


def _narrowed(here: Visit, statement: Select[Any], columns: Any, asked: Asked) -> Select[Any]:
    zone = ZoneInfo(here.zone_name)
    if asked.person is not None:
        statement = statement.where(columns.actor_id == asked.person)
    if asked.since is not None:
        statement = statement.where(columns.at >= datetime.combine(asked.since, time(), zone).astimezone(UTC))
    if asked.until is not None:
        end = datetime.combine(asked.until + timedelta(days=1), time(), zone).astimezone(UTC)
        statement = statement.where(columns.at < end)
    if asked.before is not None:
        statement = statement.where(columns.id < asked.before)
    return statement.order_by(columns.id.desc()).limit(SHOWN)


def _history(here: Visit, asked: Asked) -> tuple[list[Line], int | None]:
    """Return lines of the history.

    Values are shown as the reader's own rights on fields allow; that something was changed is shown of every object
    they may read.
    """
    names = [asked.object] if asked.object else _readable(here)
    ids = [here.release.physical[name].id for name in names]
    statement = _narrowed(here, select(history).where(history.c.object_id.in_(ids)), history.c, asked)
    rows = here.connection.execute(statement).mappings().all()
    by_object: dict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    for row in rows:
        by_object[here.release.object_named(row["object_id"]) or ""].append(row)
    entries: dict[int, tuple[Entry, Object]] = {}
    for name, found in by_object.items():
        obj = here.release.catalog.object(name)
        entries |= {entry.source: (entry, obj) for entry in told(here, obj, found) if entry.source is not None}
    titles = titles_of(here, {name: {row["record_id"] for row in found} for name, found in by_object.items()})
    people = titles_of(here, {"user": {row["actor_id"] for row in rows if row["actor_id"]}})
    lines = list(_lines(here, rows, entries, titles, people))
    return lines, rows[-1]["id"] if len(rows) == SHOWN else None


def _lines(
    here: Visit,
    rows: Any,
    entries: Mapping[int, tuple[Entry, Object]],
    titles: Mapping[UUID, str],
    people: Mapping[UUID, str],
) -> Iterator[Line]:
    for row in rows:
        entry, obj = entries[row["id"]]
        key = row["record_id"]
        href = addresses.record(obj.name, key) if key in titles else ""
        who = people.get(row["actor_id"], "") if row["actor_id"] else unnamed(row["actor_kind"])
        entry = replace(entry, when=here.formats.datetime(row["at"]))
        source = _sources().get(row["source"], row["source"])
        yield Line(entry, here.labels.object(obj), titles.get(key, str(key)), href, who, source, row["seal"])


def _sources() -> dict[str, str]:
    """Return the ways on which records are written, in words."""
    return {
        "form": _("Form"),
        "api": _("Interface"),
        "import": _("Import"),
        "bulk": _("Change of many records"),
        "automation": _("Automation"),
        "system": _("The system"),
    }


def _security(here: Visit, asked: Asked) -> tuple[list[Line], int | None]:
    """Return lines of security events: rights given and taken, views as somebody else, erasures."""
    columns = security_event.c
    statement = _narrowed(here, select(security_event), columns, asked)
    rows = here.connection.execute(statement).mappings().all()
    people = titles_of(here, {"user": {row["actor_id"] for row in rows if row["actor_id"]}})
    lines = []
    for row in rows:
        detail = row["detail"] if isinstance(row["detail"], Mapping) else {}
        text = " · ".join(f"{key}: {value}" for key, value in detail.items())
        when = here.formats.datetime(row["at"])
        entry = Entry("shield-check", "orange", row["event"].replace("_", " "), row["at"], when, text=text)
        who = people.get(row["actor_id"], "") if row["actor_id"] else ""
        lines.append(Line(entry, "", "", "", who, row["address"] or "", row["seal"]))
    return lines, rows[-1]["id"] if len(rows) == SHOWN else None
