"""What was sent to an integration and what arrived from it, newest first; one message is sent or taken again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from formline.errors import ConflictError
from formline.runtime.importing.report import Report
from formline.runtime.tables import received, sent
from formline.runtime.webhooks import receiving, sending
from formline.web.i18n import gettext as _
from formline.web.i18n import ngettext
from formline.web.visit import Visit
from formline.web.webhooks.blueprint import blueprint, defined, managing

if TYPE_CHECKING:
    from formline.catalog.integrations import Integration

SHOWN = 50
TONES = {"done": "green", "failed": "red", "waiting": "blue", "held": "orange", "nothing": "grey"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in words; ``again`` where it can be sent or taken once more."""

    id: UUID
    when: str
    what: str
    state: str
    tone: str
    detail: str
    again: bool


def entries(here: Visit, one: Integration, before: UUID | None) -> tuple[list[Entry], UUID | None]:
    """Return a page of the messages of an integration, and the last one's id where there may be more."""
    table = sent if one.out else received
    statement = select(table).where(table.c.integration == one.name)
    if before is not None:
        statement = statement.where(table.c.id < before)
    found = here.connection.execute(statement.order_by(table.c.id.desc()).limit(SHOWN)).mappings().all()
    show = _sent if one.out else _received
    return [show(here, dict(row)) for row in found], found[-1]["id"] if len(found) == SHOWN else None


def _state(state: str) -> str:
    return {
        "done": _("Done"),
        "failed": _("Failed"),
        "waiting": _("Waiting"),
        "held": _("Held back"),
        "nothing": _("Nothing to tell"),
    }[state]


def _sent(here: Visit, row: Mapping[str, Any]) -> Entry:
    what = ngettext("%(num)d record", "%(num)d records", len(row["record_ids"])) % {"num": len(row["record_ids"])}
    parts = []
    if row["attempts"]:
        parts.append(ngettext("%(num)d attempt", "%(num)d attempts", row["attempts"]) % {"num": row["attempts"]})
    if row["status"]:
        parts.append(f"HTTP {row['status']}")
    if row["milliseconds"]:
        parts.append(f"{row['milliseconds']} ms")
    if row["error"]:
        parts.append(_failure(row["error"]))
    if row["state"] == "waiting" and row["attempts"]:
        parts.append(_("next at %(time)s") % {"time": here.formats.moment(row["due_at"], here.now)})
    when = here.formats.moment(row["created_at"], here.now)
    again = row["state"] in ("done", "failed", "nothing")
    state = row["state"]
    return Entry(
        row["id"], when, f"{_event(row['event'])} · {what}", _state(state), TONES[state], " · ".join(parts), again
    )


def _failure(word: str) -> str:
    words = {
        "not_taken": _("The answer says that it was not taken."),
        "unreachable": _("The address could not be reached in time."),
        "address_refused": _("The address is not of the open internet; the operator can allow it."),
        "account_ended": _("The account of the integration was ended."),
        "no_connector": _("No plug-in speaks this connector."),
        "connector_failed": _("The connector failed; the log of the worker says why."),
        "not_defined": _("The integration is no longer defined."),
    }
    return words.get(word, word)


def _event(event: str) -> str:
    words = {
        "created": _("Created"),
        "updated": _("Changed"),
        "deleted": _("Deleted"),
        "restored": _("Restored"),
        "transition": _("Transition"),
        "action": _("Called by an action"),
    }
    return words.get(event, event)


def _received(here: Visit, row: Mapping[str, Any]) -> Entry:
    count = len(row["body"] or ())
    what = ngettext("%(num)d record", "%(num)d records", count) % {"num": count} if count else row["message_id"]
    parts = [row["message_id"]] if count else []
    if row["report"]:
        report = Report.from_json(row["report"])
        told = {"created": report.created, "updated": report.updated, "rejected": report.rejected}
        parts.append(_("%(created)s created, %(updated)s changed, %(rejected)s rejected") % told)
        parts += [f"{each.line}: {'; '.join(each.reasons)}" for each in report.refused[:5]]
    if row["error"]:
        parts.append(row["error"])
    when = here.formats.moment(row["received_at"], here.now)
    state = row["state"]
    again = state != "waiting" and row["body"] is not None
    return Entry(row["id"], when, what, _state(state), TONES[state], " · ".join(parts), again)


@blueprint.post("/<name>/messages/<uuid:identifier>/again")
def again(name: str, identifier: UUID) -> Response:
    """Send a message again under its own id, or take one again."""
    here = managing()
    one = defined(here, name)
    with here.site.writing() as writing:
        if one.out:
            found = sending.replay(writing, name, identifier, here.now)
        else:
            found = receiving.replay(writing, name, identifier)
    if not found:
        raise ConflictError(_("This message is on its way, or is no longer kept."))
    return redirect(url_for("webhooks.setup", name=name, saved=1), 303)
