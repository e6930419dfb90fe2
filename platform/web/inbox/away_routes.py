"""Being away: who decides approvals for a person meanwhile, and the ready-made opinions; beside the profile."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import redirect, render_template, request, url_for
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from formline.errors import FieldError, NotFoundError, ValidationError
from formline.runtime.tables import approval_substitute
from formline.web.i18n import gettext as _
from formline.web.inbox import canned, words
from formline.web.inbox.blueprint import blueprint
from formline.web.inbox.list_routes import me
from formline.web.inbox.people import people
from formline.web.records.targets import titles_of
from formline.web.visit import Visit, visit
from formline.workflow.approvals import substitutes

_c = approval_substitute.c
Answer = Response | str | tuple[str, int]


@blueprint.get("/profile/away")
def away() -> Answer:
    """Show who stands in for the person, for whom the person does, and the ready-made opinions."""
    return _page(visit())


@blueprint.post("/profile/away")
def appoint() -> Answer:
    """Let somebody decide for the person during a period."""
    here = visit()
    form = request.form
    try:
        substitute = form.get("to", "")
        if not words.is_id(substitute):
            raise ValidationError([FieldError("to", "required", _("Choose a person."))])
        starts, ends = _day(here, form.get("from", "")), _day(here, form.get("until", ""))
        with here.site.writing() as connection:
            substitutes.appoint(
                connection,
                me(here),
                UUID(substitute),
                starts,
                ends + timedelta(days=1),
                object_id=_object(here, form.get("object", "")),
                by=me(here),
                now=here.now,
            )
    except ValidationError as error:
        texts = {"same_person": _("Choose another person."), "period": _("The end is not after the start.")}
        return _page(here, tuple(texts.get(one.code, one.message) for one in error.errors)), 422
    return redirect(url_for("inbox.away", saved=1), 303)


@blueprint.post("/profile/away/<uuid:identifier>/end")
def dismiss(identifier: UUID) -> Response:
    """End a substitution of the person's own."""
    here = visit()
    own = select(_c.id).where(_c.id == identifier, _c.user_id == me(here))
    if here.connection.execute(own).first() is None:
        raise NotFoundError
    with here.site.writing() as connection:
        substitutes.dismiss(connection, identifier)
    return redirect(url_for("inbox.away", saved=1), 303)


@blueprint.post("/profile/opinions")
def save_opinions() -> Response:
    """Keep the ready-made opinions, one a line."""
    canned.save(visit(), request.form.get("opinions", "").splitlines())
    return redirect(url_for("inbox.away", saved=1), 303)


@blueprint.get("/profile/away/people")
def substitute_choices() -> Response:
    """Answer ``[{id, text}]``: who may be appointed, by what is typed."""
    return people(visit(), request.args.get("q", ""))


def _page(here: Visit, findings: tuple[str, ...] = ()) -> str:
    mine = or_(_c.user_id == me(here), _c.substitute_id == me(here))
    rows = here.connection.execute(
        select(approval_substitute).where(mine, _c.ends_at > here.now).order_by(_c.starts_at)
    ).all()
    names = titles_of(here, {"user": {key for row in rows for key in (row.user_id, row.substitute_id)}})
    shown = [
        {
            "id": row.id,
            "own": row.user_id == me(here),
            "name": names.get(row.substitute_id if row.user_id == me(here) else row.user_id, "…"),
            "from": here.formats.date(_local(here, row.starts_at)),
            "until": here.formats.date(_local(here, row.ends_at - timedelta(seconds=1))),
            "what": _what(here, row.object_id),
        }
        for row in rows
    ]
    return render_template(
        "inbox/away.html",
        substitutes=[one for one in shown if one["own"]],
        others=[one for one in shown if not one["own"]],
        objects=_objects(here),
        opinions="\n".join(canned.own()),
        general=findings,
        warnings=(),
        today=here.today.isoformat(),
    )


def _objects(here: Visit) -> list[tuple[str, str]]:
    """Return the objects that have approvals, with their labels."""
    names = sorted({one.object for one in here.release.catalog.all("approval").values()})
    return [(name, here.labels.object(here.release.catalog.object(name))) for name in names]


def _object(here: Visit, name: str) -> int | None:
    return here.release.physical[name].id if name in dict(_objects(here)) else None


def _what(here: Visit, object_id: int | None) -> str:
    name = here.release.object_named(object_id) if object_id is not None else None
    return here.labels.object(here.release.catalog.object(name)) if name else _("Everything")


def _local(here: Visit, moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(here.zone_name))


def _day(here: Visit, text: str) -> datetime:
    """Return the beginning of a day where the person is."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ValidationError([FieldError("from", "wrong_value", _("Enter a day."))]) from None
    return datetime.combine(day, time(), ZoneInfo(here.zone_name)).astimezone(UTC)
