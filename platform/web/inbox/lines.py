"""The rows of the inbox as pages and the API show them: what each is about, from whom, since when, how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from formline.catalog.objects import Object
from formline.runtime.unit.plan import plan_of
from formline.web.inbox import shown, words
from formline.web.inbox.shown import Fact, Record
from formline.web.records import cells
from formline.web.records.cells import Column
from formline.web.records.targets import titles_of
from formline.web.shell import initial_of, tone_of
from formline.web.visit import Visit
from formline.workflow.approvals.definition import Approval, Approve
from formline.workflow.approvals.inbox import Row
from formline.workflow.approvals.proposals import digest, overlaid
from formline.workflow.approvals.storage import definition_of

#: Decisive fields that a row shows.
FACTS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One row. ``key`` names the task in the form of several; "" where it cannot be decided with others.

    ``seen`` is the digest of what the row's step shows; it comes back with the decision.
    """

    approval_id: UUID
    ballot: str
    title: str
    label: str
    step: str
    icon: str
    submitter: str
    initial: str
    tone: str
    at: datetime
    when: str
    facts: tuple[Fact, ...]
    state: str
    state_tone: str
    standing_in: str
    key: str
    seen: str
    place: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read for all rows of one object."""

    object: Object
    records: Mapping[UUID, Record]
    columns: Mapping[str, Column]
    raw: Mapping[UUID, Record]


def lines(here: Visit, rows: Sequence[Row]) -> list[Line]:
    """Return rows as they are shown; a few statements for all of them."""
    found = [(row, definition_of(here.connection, here.release, row.version)) for row in rows]
    read = {name: _read(here, name, of) for name, of in _by_object(here, found).items()}
    people = {row.submitter_id for row in rows} | {row.person_id for row in rows if row.person_id}
    wanted: dict[str, set[UUID]] = {"user": people}
    for name, of in _by_object(here, found).items():
        wanted.setdefault(name, set()).update(row.record_id for row, _ in of)
        of_columns = cells.ids_in(tuple(read[name].columns.values()), tuple(read[name].records.values()))
        for key, ids in of_columns.items():
            wanted.setdefault(key, set()).update(ids)
    titles = titles_of(here, wanted)
    return [_line(here, row, of, read.get(of.object), titles) for row, of in found]


_Found = list[tuple[Row, Approval]]


def _by_object(here: Visit, found: _Found) -> dict[str, _Found]:
    grouped: dict[str, _Found] = {}
    for row, of in found:
        if here.release.catalog.has("object", of.object):
            grouped.setdefault(of.object, []).append((row, of))
    return grouped


def _read(here: Visit, name: str, found: _Found) -> _Read:
    obj = here.release.catalog.object(name)
    paths = dict.fromkeys(path for row, of in found for path in shown_of(of, row.step)[:FACTS])
    drawn = {column.path: column for column in shown.columns(here, obj, paths)}
    ids = [row.record_id for row, _ in found]
    batch = [row.record_id for row, of in found if row.state == "open" and _together(of, row.step)]
    return _Read(obj, shown.records(here, obj, ids, drawn), drawn, _raw(here, name, batch))


def _raw(here: Visit, name: str, ids: Iterable[UUID]) -> dict[UUID, Record]:
    """Return whole records, whatever the person may read: what is signed is told by a hash of all that is shown."""
    wanted = list(ids)
    if not wanted:
        return {}
    model = here.release.model(name)
    rows = here.connection.execute(select(*model.columns).where(model.id.in_(wanted), model.deleted_at.is_(None)))
    return {row[model.keys.index("id")]: dict(zip(model.keys, row, strict=True)) for row in rows}


def shown_of(of: Approval, step: str) -> tuple[str, ...]:
    """Return the decisive fields of a step, or of the first one that names any."""
    block = of.blocks.get(step)
    if isinstance(block, Approve) and block.show:
        return block.show
    return next((one.show for one in of.blocks.values() if isinstance(one, Approve) and one.show), ())


def _together(of: Approval, step: str) -> bool:
    """Return whether a task of a step can be approved with others; see ``actions_of``."""
    block = of.blocks.get(step)
    if not isinstance(block, Approve) or "batch" not in block.may:
        return False
    return not (block.signature or block.editable or block.opinion == "required")


def _line(here: Visit, row: Row, of: Approval, read: _Read | None, titles: Mapping[UUID, str]) -> Line:
    together = row.state == "open" and _together(of, row.step)
    raw = read.raw.get(row.record_id) if read is not None else None
    seen = ""
    if together and raw is not None and read is not None:
        plan = plan_of(here.release, read.object.name, here.site.dialect)
        block = of.blocks[row.step]
        seen = digest(plan, overlaid(plan, raw, row.proposal), block.show if isinstance(block, Approve) else ())
    name = titles.get(row.submitter_id, "") or "…"
    state, tone = _state(row)
    return Line(
        row.approval_id,
        row.ballot,
        titles.get(row.record_id) or "…",
        here.labels.approval(of),
        here.labels.step(of, row.step) if row.step else "",
        read.object.icon if read is not None else "file",
        name,
        initial_of(name),
        tone_of(row.submitter_id),
        row.at,
        here.formats.moment(row.at, here.now),
        tuple(_facts(here, row, of, read, titles)) if read is not None else (),
        state,
        tone,
        _standing_in(here, row, titles),
        f"{row.approval_id}:{row.ballot}" if seen else "",
        seen,
        row.place,
    )


def _facts(here: Visit, row: Row, of: Approval, read: _Read, titles: Mapping[UUID, str]) -> Iterator[Fact]:
    record = read.records.get(row.record_id)
    if record is None:
        return
    changed: dict[str, Any] = shown.proposed(here, read.object, row.proposal) if row.proposal else {}
    drawn = [read.columns[path] for path in shown_of(of, row.step)[:FACTS] if path in read.columns]
    for column in drawn:
        now = {**record, **changed} if column.path in changed else record
        yield Fact(column.label, shown.text(here, column, now, titles))


def _state(row: Row) -> tuple[str, str]:
    """Return what stands at the end of a row: the own decision, or how the instance stands."""
    if row.state == "done":
        return words.decision(row.decision), words.TONES.get(row.decision, "grey")
    if row.ballot:
        return "", ""
    return words.status(row.status), words.TONES.get(row.status, "grey")


def _standing_in(here: Visit, row: Row, titles: Mapping[UUID, str]) -> str:
    """Return for whom a task would be decided where it is another person's."""
    if row.person_id in (None, here.actor.user_id) or row.person_id is None:
        return ""
    return titles.get(row.person_id, "…")
