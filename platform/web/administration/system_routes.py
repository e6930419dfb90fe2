"""Addresses of the System page: version, releases, processes, database, plug-ins, room on the disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import render_template
from sqlalchemy import func, inspect, select, text

from formline.errors import AccessDeniedError
from formline.runtime import outbox, tables
from formline.runtime.releases import code_version
from formline.web import places
from formline.web.administration.blueprint import blueprint
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.visit import Visit, visit

RIGHTS = ("manage_definitions", "manage_data")
RELEASES = 20
places.add(
    places.Place(
        "system",
        N_("System"),
        "server",
        "/system",
        "administration.system_page",
        lambda visit: any(visit.rights.may(right) for right in RIGHTS),
        order=40,
        about_site=True,
    )
)
#: Below this share of free room the page warns.
LITTLE_ROOM = 0.1
#: A worker whose queue is longer than this cannot keep up.
LONG_QUEUE = 1_000


@dataclass(frozen=True, slots=True)
class Fact:
    """One line; ``bad`` marks what an operator should look at, with ``mend`` as what to do."""

    label: str
    value: str
    bad: bool = False
    mend: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One release of the history."""

    number: int
    state: str
    live: bool
    author: str
    reason: str
    when: str
    version: str


@dataclass(frozen=True, slots=True)
class Process:
    """One process that serves the site."""

    host: str
    role: str
    release: int
    since: str


@blueprint.get("/system")
def system_page() -> str:
    """Show how the site is, to who manages definitions or data."""
    here = visit()
    if not any(here.rights.may(right) for right in RIGHTS):
        raise AccessDeniedError(_("This page is for administrators with another right."), hint=RIGHTS[0])
    processes = _processes(here)
    return render_template(
        "administration/system.html",
        facts=[*_software(here), *_database(here), *_work(here, processes), *_room(here)],
        releases=_releases(here),
        processes=processes,
        plugins=sorted(name for name, _plugin in here.site.plugins.list_name_plugin()) if here.site.plugins else [],
        may_go_back=here.rights.may("manage_definitions"),
    )


def _software(here: Visit) -> list[Fact]:
    settings = here.site.settings
    return [
        Fact(_("Version"), code_version()),
        Fact(_("Release"), str(here.release.number)),
        Fact(_("Mode"), _("Production") if settings.production else _("Development")),
        Fact(_("Time zone"), settings.base_zone),
        Fact(_("Currency"), settings.base_currency),
    ]


def _database(here: Visit) -> list[Fact]:
    dialect = here.connection.dialect
    version = ".".join(str(part) for part in dialect.server_version_info or ())
    if dialect.name == "postgresql":
        size = here.connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        name = "PostgreSQL"
    else:
        pages = here.connection.execute(text("PRAGMA page_count")).scalar_one()
        size = pages * here.connection.execute(text("PRAGMA page_size")).scalar_one()
        name = "SQLite"
    count = len(inspect(here.connection).get_table_names())
    return [
        Fact(_("Database"), f"{name} {version}"),
        Fact(_("Size of the database"), _bytes(int(size))),
        Fact(_("Tables"), str(count)),
    ]


def _work(here: Visit, processes: list[Process]) -> list[Fact]:
    job, now = tables.job.c, datetime.now(UTC)
    due = select(func.count()).where(job.state == "waiting", job.run_after <= now)
    waiting = here.connection.execute(due).scalar_one()
    failed = here.connection.execute(select(func.count()).where(job.state == "failed")).scalar_one()
    events = outbox.waiting(here.connection)
    queue = sum(count for state, count in events.items() if state != "dead")
    has_worker = any(process.role == "worker" for process in processes)
    lead = here.connection.execute(select(func.count()).where(tables.leader.c.lease_until > now)).scalar_one()
    running = has_worker or bool(lead)
    return [
        Fact(
            _("Worker"),
            _("Running") if running else _("None"),
            bad=not running,
            mend=_("Start one: formline worker. Without it no mail, no rule and no job runs."),
        ),
        Fact(
            _("Jobs that are due"), str(waiting), bad=waiting > LONG_QUEUE, mend=_("Start more workers, or look why.")
        ),
        Fact(_("Failed jobs"), str(failed), bad=failed > 0, mend=_("Look at them under Jobs.")),
        Fact(_("Events to deliver"), str(queue), bad=queue > LONG_QUEUE, mend=_("Start more workers, or look why.")),
        Fact(
            _("Deliveries given up"),
            str(events.get("dead", 0)),
            bad=bool(events.get("dead")),
            mend=_("A consumer fails again and again: look into the log."),
        ),
    ]


def _room(here: Visit) -> list[Fact]:
    folder = Path(here.site.settings.data_dir)
    usage = shutil.disk_usage(folder)
    kept = here.connection.execute(select(func.count(), func.coalesce(func.sum(tables.file.c.size), 0))).one()
    return [
        Fact(_("Files kept"), f"{kept[0]} · {_bytes(int(kept[1]))}"),
        Fact(
            _("Free room"),
            f"{_bytes(usage.free)} / {_bytes(usage.total)}",
            bad=usage.free < usage.total * LITTLE_ROOM,
            mend=_("Make room: a full disk stops every change."),
        ),
    ]


def _releases(here: Visit) -> list[ReleaseLine]:
    release = tables.release.c
    columns = (
        release.number,
        release.state,
        release.author,
        release.reason,
        release.created_at,
        release.published_at,
        release.code_version,
    )
    rows = here.connection.execute(select(*columns).order_by(release.number.desc()).limit(RELEASES))
    return [
        ReleaseLine(
            row.number,
            _states().get(row.state, row.state),
            row.number == here.release.number,
            row.author,
            row.reason,
            here.formats.datetime(row.published_at or row.created_at),
            row.code_version,
        )
        for row in rows
    ]


def _processes(here: Visit) -> list[Process]:
    lease = tables.lease.c
    alive = select(tables.lease).where(lease.lease_until > datetime.now(UTC)).order_by(lease.role, lease.host)
    return [
        Process(f"{row.host}:{row.pid}", row.role, row.release, here.formats.datetime(row.started_at))
        for row in here.connection.execute(alive)
    ]


def _states() -> dict[str, str]:
    return {
        "applying": _("Being applied"),
        "settling": _("Settling"),
        "live": _("Live"),
        "retired": _("Retired"),
        "abandoned": _("Abandoned"),
    }


def _bytes(count: int) -> str:
    """Return a size in words: ``1.4 GB``."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
