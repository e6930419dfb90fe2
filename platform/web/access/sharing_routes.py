"""Who a record is shared with: the panel of its page, and the dialog that gives it to people or takes it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import FieldError, ValidationError
from formline.runtime.access import grants
from formline.runtime.access.shares import MANUAL, QUEUE, RULE, TEAM, TRANSFER, PrincipalKind, Share
from formline.runtime.unit import run_unit
from formline.web import fragments
from formline.web.access import answers
from formline.web.access.blueprint import blueprint
from formline.web.i18n import gettext as _
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit, visit
from formline.workflow.approvals.grants import CAUSE as APPROVAL

_ENDABLE = (MANUAL, TEAM, TRANSFER)
ACTIVE = {"field": "active", "op": "eq", "value": True}


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of the panel; ``key`` names it in the form that ends it, "" where that cannot be ended by hand."""

    name: str
    initial: str
    tone: str
    level: str
    why: str
    key: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What a record's page says about its team and shares; ``may_give``: there is a button to the dialog.

    ``waits``: the record waits in a queue of the person, who may take it.
    """

    team: tuple[Shown, ...]
    shares: tuple[Shown, ...]
    may_give: bool
    waits: bool = False


def panel(here: Visit, obj: Object, record_id: UUID) -> Panel | None:
    """Return the panel of a record; None where its records are not shared by themselves."""
    if obj.default_access in ("controlled_by_parent", "read_write"):
        return None
    may_give = grants.may_give(here.connection, here.release, here.actor, obj.name, record_id)
    found = grants.given(here.connection, here.release, obj.name, record_id, here.now)
    lines = [(each.cause == TEAM, _shown(here, each, may_give)) for each in found]
    # Whoever may not change a record has no business knowing with whom else it is shared; its team is no secret.
    shares = tuple(line for in_team, line in lines if not in_team) if may_give else ()
    waits = any(each.cause == QUEUE and each.principal in here.actor.reach.principals for each in found)
    return Panel(tuple(line for in_team, line in lines if in_team), shares, may_give, waits)


def _shown(here: Visit, given: grants.Given, may_give: bool) -> Shown:
    own = given.kind == "user" and given.principal == str(here.actor.user_id)
    endable = given.cause in _ENDABLE and (may_give or own)
    name = given.name
    if given.kind == "department_below":
        name = _("{department} and below").format(department=name)
    return Shown(
        name,
        initial_of(name),
        tone_of(given.principal),
        _("Read and change") if given.level == "read_write" else _("Read"),
        _why(here, given),
        f"{given.cause}:{given.principal}" if endable else "",
    )


def _why(here: Visit, given: grants.Given) -> str:
    """Return why somebody has a share, and until when."""
    words = {
        MANUAL: given.reason or _("shared by hand"),
        TEAM: given.team_role or "",
        TRANSFER: _("owner before"),
        QUEUE: _("waits in this queue"),
        APPROVAL: _("Approval"),
    }
    why = words.get(given.cause, given.cause)
    if given.cause.startswith(RULE):
        rule = given.cause.removeprefix(RULE).partition(":")[0]
        known = here.release.catalog.has("sharing_rule", rule)
        label = here.release.catalog.get("sharing_rule", rule).label if known else rule
        why = _("rule: {rule}").format(rule=label)
    if given.expires_at is None:
        return why
    last = given.expires_at.astimezone(ZoneInfo(here.zone_name)) - timedelta(seconds=1)
    until = _("until {day}").format(day=here.formats.date(last.date()))
    return f"{why} · {until}" if why else until


@blueprint.get("/o/<object_name>/<uuid:record_id>/sharing")
def sharing(object_name: str, record_id: UUID) -> str:
    """Show with whom a record is shared, and the form to share it."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    return _dialog(here, obj, record_id, [])


@blueprint.post("/o/<object_name>/<uuid:record_id>/sharing")
def share(object_name: str, record_id: UUID) -> Response | tuple[str, int]:
    """Share a record, take somebody into its team, or end one of its shares."""
    here = visit()
    obj, _record = answers.target(here, object_name, record_id)
    ending = request.form.get("end", "")
    try:
        if ending:
            cause, _colon, principal = ending.partition(":")
            run_unit(here.site, here.actor, lambda unit: grants.take_back(unit, obj.name, record_id, principal, cause))
        else:
            wanted = _wanted(here, record_id)
            run_unit(here.site, here.actor, lambda unit: grants.give(unit, obj.name, wanted))
    except ValidationError as error:
        return _dialog(here, obj, record_id, answers.messages(error)), 422
    return answers.done(obj, record_id)


def _wanted(here: Visit, record_id: UUID) -> Share:
    """Return the share a form asks for."""
    form = request.form
    kind, principal = _principal(form.get("person", ""), form.get("others", ""))
    level: Literal["read", "read_write"] = "read_write" if form.get("level") == "read_write" else "read"
    in_team = form.get("as") == TEAM
    if in_team and kind != "user":
        raise ValidationError([FieldError("person", "required", _("A team has people: choose a person."))])
    note = form.get("note", "").strip()[:200] or None
    return Share(
        record_id,
        kind,
        principal,
        level,
        TEAM if in_team else MANUAL,
        _end(here, form.get("until", "")),
        team_role=note if in_team else None,
        reason=None if in_team else note,
    )


_KINDS: tuple[PrincipalKind, ...] = ("group", "department", "department_below", "role")


def _principal(person: str, others: str) -> tuple[PrincipalKind, str]:
    if person:
        return "user", person
    word, _colon, principal = others.partition(":")
    kind = next((each for each in _KINDS if each == word), None)
    if kind is None or not principal:
        raise ValidationError([FieldError("person", "required", _("Choose somebody."))])
    return kind, principal


def _end(here: Visit, text: str) -> datetime | None:
    """Return the end of the last day a share holds, where the person is; None for one without an end."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise ValidationError([FieldError("until", "wrong_value", _("Enter a day."))]) from None
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(here.zone_name)).astimezone(UTC)


def _dialog(here: Visit, obj: Object, record_id: UUID, findings: list[str]) -> str:
    return fragments.dialog(
        "access/sharing.html",
        _("Share"),
        object=obj,
        record_id=record_id,
        panel=panel(here, obj, record_id) or Panel((), (), False),
        others=_others(here),
        general=findings,
        warnings=(),
    )


def _others(here: Visit) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the groups, departments and roles one may share with, under headings."""
    groups = [(f"group:{key}", title) for key, title in answers.titled(here, "group", ACTIVE)]
    departments = answers.titled(here, "department")
    below = _("{department} and below")
    places = [(f"department:{key}", title) for key, title in departments]
    places += [(f"department_below:{key}", below.format(department=title)) for key, title in departments]
    roles = [
        (f"role:{role.name}", here.labels.text("role", role.name, "label", role.label))
        for role in here.release.catalog.all("role").values()
    ]
    found = ((_("Groups"), groups), (_("Departments"), places), (_("Roles"), roles))
    return [(heading, options) for heading, options in found if options]
