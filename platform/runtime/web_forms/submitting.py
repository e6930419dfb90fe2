"""Sending a form: the record through the one write pipeline as its sender, or the submission held for a person.

Both happen once per nonce: the note of it commits with the record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson

from formline.errors import ConflictError, FieldError, Level, NotFoundError, ValidationError
from formline.fields.field import Field
from formline.fields.files import FileBase, attachments_of
from formline.fields.locale import Locale
from formline.runtime.access.actor import Actor
from formline.runtime.files import attaching
from formline.runtime.matching.guarding import BLOCKED, HITS, POSSIBLE
from formline.runtime.unit import Unit, run_unit
from formline.runtime.web_forms import storage, suspicion
from formline.runtime.web_forms.filling import KEY, Filling
from formline.runtime.web_forms.storage import Sent

if TYPE_CHECKING:
    from formline.catalog.web_forms import WebForm
    from formline.runtime.matching.finding import Hit
    from formline.runtime.site import Site

#: What tells somebody outside that a record exists: it is never said, a person looks at it instead.
TELLING = frozenset({BLOCKED, POSSIBLE, "duplicate"})


class _Enough(Exception):
    """Ends a rehearsal, or a submission that came before: nothing is written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a submission: ``record`` where one was made, ``held`` where a person has to look at it.

    Neither: the same one came before.
    """

    record: UUID | None = None
    held: bool = False


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed values as JSON ones, which are read again when the record is made."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(dict(row), default=str))
    return found


def submit(site: Site, form: WebForm, sent: Sent, now: datetime, reasons: Iterable[str] = ()) -> Outcome:
    """Make the record, or hold the submission where there are ``reasons`` or it is a duplicate.

    Raises:
        ValidationError: what the sender can mend; nothing was kept, and nothing of other records is told.
    """
    with site.reading() as connection:
        if storage.is_known(connection, form.name, sent.nonce):
            return Outcome()
    suspicious = list(reasons)
    units: list[Unit] = []
    try:
        record = _make(site, form, sent, now, units, rehearse=bool(suspicious))
        if not suspicious:
            return Outcome(record)
    except ValidationError as error:
        mendable = [each for each in error.errors if each.code not in TELLING]
        if mendable:
            raise ValidationError(mendable) from error
        suspicious.append(suspicion.DUPLICATE)
    except ConflictError as error:
        if error.code != "duplicate":
            raise
        suspicious.append(suspicion.DUPLICATE)
    except _Enough:
        return Outcome()
    hits = units[-1].extras.get(HITS, ()) if units and suspicion.DUPLICATE in suspicious else ()
    return Outcome(held=hold(site, form, sent, now, suspicious, hits))


def hold(
    site: Site, form: WebForm, sent: Sent, now: datetime, reasons: Sequence[str], hits: Iterable[Hit] = ()
) -> bool:
    """Keep a submission for a person; False where the same one is kept already."""
    files = files_of(site, form, sent)
    with site.writing() as connection:
        kept = storage.keep(connection, sent, now, reasons=reasons, hits=hits, files=files)
        if kept is not None:
            storage.hold_files(connection, files, held=True)
    return kept is not None


def _make(site: Site, form: WebForm, sent: Sent, now: datetime, units: list[Unit], *, rehearse: bool) -> UUID | None:
    """Create the record and note it, or with ``rehearse`` only find out whether it could be created."""

    def keep(unit: Unit, became: tuple[str, UUID]) -> None:
        if rehearse:
            unit.findings.raise_errors(confirmed=unit.confirmed)
            raise _Rehearsed
        if storage.keep(unit.connection, sent, now, became=became) is None:
            raise _Enough

    def work(unit: Unit) -> UUID:
        units.append(unit)
        return create(unit, form, sent, keep)

    locale = Locale(sent.language, site.zone)
    run = {"source": "form", "now": now, "locale": locale}
    try:
        try:
            return run_unit(site, Actor.sender(form.name), work, **run)  # type: ignore[arg-type]
        except ValidationError as error:
            if not (sent.confirmed and error.only_warnings and not {one.code for one in error.errors} & TELLING):
                raise
            return run_unit(site, Actor.sender(form.name), work, confirm=True, **run)  # type: ignore[arg-type]
    except _Rehearsed:
        return None


class _Rehearsed(Exception):
    """Takes back what a rehearsal wrote."""


def create(unit: Unit, form: WebForm, sent: Sent, keep: Callable[[Unit, tuple[str, UUID]], None]) -> UUID:
    """Create the record of a submission inside a unit of its sender, then ``keep`` what it became."""
    target = form.object
    if sent.answers is not None and form.mail is not None and form.mail.replies is not None:
        target = form.mail.replies.object
    unit.extras[KEY] = Filling(form, sent.mailed, sent.answers)
    row = dict(sent.row)
    if form.record_type and target == form.object:
        row["record_type"] = form.record_type
    (made,) = unit.create(target, [row])
    if sent.files:
        with unit.as_platform():
            attaching.attach(unit, target, made, sent.files)
    became = form.object, sent.answers or made
    keep(unit, became)
    return made


def files_of(site: Site, form: WebForm, sent: Sent) -> list[UUID]:
    """Return every file of a submission: those of its fields, and those of the record as a whole."""
    fields: Mapping[str, Field] = site.release.catalog.object(form.object).fields
    named = [fields[name] for name in sent.row if name in fields and isinstance(fields[name].type, FileBase)]
    values = (field.type.parse(field, sent.row[field.name]) for field in named)
    return [*sent.files, *(one.id for value in values for one in attachments_of(value))]


def accept(site: Site, form: WebForm, key: UUID, by: UUID | None, now: datetime) -> UUID:
    """Make the record of a held submission on a person's word: warnings count as seen; return its id.

    Raises:
        NotFoundError: it is not held any more.
        ValidationError: it cannot be made; it stays where it is.
    """
    with site.reading() as connection:
        row = storage.find(connection, form.name, key)
    if row is None or row["state"] != storage.HELD:
        raise NotFoundError
    sent = replace(storage.sent_of(row), confirmed=True)
    files = files_of(site, form, sent)

    def keep(unit: Unit, became: tuple[str, UUID]) -> None:
        emptied: dict[str, Any] = {"values": None, "files": None, "hits": None, "object": became[0]}
        state = storage.TAKEN
        if not storage.decide(unit.connection, key, state, by, now, was=storage.HELD, record_id=became[1], **emptied):
            raise NotFoundError

    def work(unit: Unit) -> UUID:
        storage.hold_files(unit.connection, files, held=False)
        return create(unit, form, sent, keep)

    locale = Locale(sent.language, site.zone)
    return run_unit(site, Actor.sender(form.name), work, source="form", confirm=True, now=now, locale=locale)


def discard(site: Site, form: WebForm, key: UUID, by: UUID | None, now: datetime) -> None:
    """Put a held submission away; it can be brought back until it is forgotten.

    Raises:
        NotFoundError: it is not held any more.
    """
    with site.writing() as connection:
        mine = storage.find(connection, form.name, key)
        if mine is None or not storage.decide(connection, key, storage.DISCARDED, by, now, was=storage.HELD):
            raise NotFoundError


def bring_back(site: Site, form: WebForm, key: UUID, now: datetime) -> None:
    """Hold a discarded submission again.

    Raises:
        NotFoundError: it was not discarded, or is forgotten.
    """
    with site.writing() as connection:
        mine = storage.find(connection, form.name, key)
        if mine is None or not storage.decide(connection, key, storage.HELD, None, now, was=storage.DISCARDED):
            raise NotFoundError


def missing(form: WebForm, row: Mapping[str, Any]) -> list[FieldError]:
    """Return what this form requires besides what its object does, and is not there."""
    return [
        FieldError(field.name, "required", "Fill this in.", level=Level.ERROR)
        for field in form.fields
        if field.required and not row.get(field.name)
    ]
