"""The clocks of a record on its page: what is promised until when, what runs, what was missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.objects import Object
from formline.fields.clock import written
from formline.runtime.access.permitted import RecordRights
from formline.runtime.calendars.loading import working_time
from formline.runtime.calendars.working_time import WorkingTime
from formline.web.i18n import N_
from formline.web.i18n import gettext as _
from formline.web.records import parts
from formline.web.records.parts import Part
from formline.web.visit import Visit
from formline.workflow.sla import storage
from formline.workflow.sla.definition import Clock, clocks_of
from formline.workflow.sla.storage import Kept
from formline.workflow.sla.timing import MET, MISSED, OVERDUE, PAUSED, RUNNING, passed, status, used

TONES = {RUNNING: "blue", PAUSED: "grey", OVERDUE: "red", MET: "green", MISSED: "red"}
WORDS = {
    RUNNING: N_("Running"),
    PAUSED: N_("Paused"),
    OVERDUE: N_("Overdue"),
    MET: N_("Met"),
    MISSED: N_("Missed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One clock; ``note`` says until when, or how much time is left."""

    label: str
    tone: str
    status: str
    note: str


def cards(here: Visit, obj: Object, record: Mapping[str, Any], access: RecordRights) -> Iterator[Part]:
    """Yield the card of a record's clocks, where it has any that the person may see."""
    clocks = [one for one in clocks_of(here.release, obj.name) if _shown(one, access)]
    if not clocks:
        return
    object_id = here.release.physical[obj.name].id
    rows = storage.latest(here.connection, object_id, [record["id"]], here.release.dialect).get(record["id"], ())
    kept = {one.clock: one for one in rows}
    found = [(clock, kept[clock.name]) for clock in clocks if clock.name in kept]
    times = {
        key: working_time(here.connection, here.release, here.site.settings, key)
        for key in {one.reading.calendar for _, one in found}
    }
    lines = [line for clock, one in found if (line := _line(here, clock, one, times[one.reading.calendar]))]
    if lines:
        yield Part("states/clocks.html", lines)


def _shown(clock: Clock, access: RecordRights) -> bool:
    """Return whether what a clock says is the person's to see: it is where its fields are."""
    names = [name for name in (clock.due, clock.status, *(clock.state or ())[:1]) if name]
    return all(access.field(name) in ("read", "edit") for name in names)


def _line(here: Visit, clock: Clock, kept: Kept, time: WorkingTime) -> Line | None:
    reading = kept.reading
    said = status(reading, here.now, time)
    if said is None or (clock.kind == "limit" and reading.stopped_at is not None):
        return None
    near = said == RUNNING and any(passed(reading, share, here.now, time) for share in clock.actions)
    return Line(_label(here, clock), "orange" if near else TONES[said], _(WORDS[said]), _note(here, said, kept, time))


def _label(here: Visit, clock: Clock) -> str:
    if clock.state is None:
        return here.labels.text("sla", clock.name, "label", clock.label)
    machine = here.release.catalog.get("state_machine", clock.name.partition("/")[0])
    return _("At most in %(state)s") % {"state": here.labels.state(machine, clock.state[1])}


def _note(here: Visit, said: str, kept: Kept, time: WorkingTime) -> str:
    reading = kept.reading
    if said == PAUSED and reading.total is not None:
        left = reading.total - used(reading, here.now, time)
        return _("%(time)s left") % {"time": written(int(left.total_seconds()) // 60 * 60, here.language)}
    if reading.stopped_at is not None:
        return here.formats.datetime(reading.stopped_at)
    return _("Due %(when)s") % {"when": here.formats.datetime(kept.due_at)} if kept.due_at else ""


parts.PROVIDERS.append(cards)
