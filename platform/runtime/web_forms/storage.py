"""Submissions in the database: kept once each, held ones listed, decided and, after a while, forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime import periodic
from formline.runtime.keys import uuid7
from formline.runtime.tables import file, setting, submission

if TYPE_CHECKING:
    from formline.runtime.jobs import Running
    from formline.runtime.matching.finding import Hit

HELD, TAKEN, DISCARDED = "held", "taken", "discarded"
#: What nobody decided about, or what was discarded, is forgotten after this; counts go back as far.
KEPT = timedelta(days=30)
#: What became of a mail is known for so long: its answers find their record by it.
REMEMBERED = timedelta(days=365)
_OFF = "web_form_off:"
_columns = submission.c


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission: ``row`` has JSON values by field, ``files`` belong to the record as a whole.

    ``answers`` is the record that a mail replies to. ``confirmed``: warnings were seen.
    """

    form: str
    nonce: str
    row: Mapping[str, Any]
    language: str = "en"
    files: tuple[UUID, ...] = ()
    mailed: bool = False
    answers: UUID | None = None
    confirmed: bool = False


def is_known(connection: Connection, form: str, nonce: str) -> bool:
    """Return whether the same submission is kept already."""
    found = select(_columns.id).where(_columns.form == form, _columns.nonce == nonce)
    return connection.execute(found).first() is not None


def keep(
    connection: Connection,
    sent: Sent,
    now: datetime,
    *,
    became: tuple[str, UUID] | None = None,
    reasons: Sequence[str] = (),
    hits: Iterable[Hit] = (),
    files: Iterable[UUID] = (),
) -> UUID | None:
    """Keep a submission: what it ``became``, or its values for a person; None where the same one is kept already.

    ``files`` are all that wait with it, those that its values name included.
    """
    add: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    values: dict[str, Any] = {
        "id": uuid7(),
        "form": sent.form,
        "nonce": sent.nonce,
        "state": TAKEN if became else HELD,
        "mailed": sent.mailed,
        "language": sent.language,
        "reasons": list(reasons),
        "created_at": now,
    }
    if became is not None:
        values |= {"object": became[0], "record_id": became[1]}
    else:
        values["values"] = {**sent.row, "": str(sent.answers)} if sent.answers else dict(sent.row)
        values["files"] = [[str(key), key in sent.files] for key in files]
        values["hits"] = [[hit.object, str(hit.id), hit.rule.name, hit.way, hit.likeness] for hit in hits]
    statement = add(submission).values(**values).on_conflict_do_nothing().returning(_columns.id)
    return connection.execute(statement).scalar()


def held(connection: Connection, form: str, *, limit: int, before: UUID | None = None) -> Sequence[RowMapping]:
    """Return what waits for a person, newest first."""
    found = select(submission).where(_columns.form == form, _columns.state == HELD)
    if before is not None:
        found = found.where(_columns.id < before)
    return connection.execute(found.order_by(_columns.id.desc()).limit(limit)).mappings().all()


def find(connection: Connection, form: str, key: UUID) -> RowMapping | None:
    """Return a submission of a form."""
    return connection.execute(select(submission).where(_columns.id == key, _columns.form == form)).mappings().first()


def sent_of(row: RowMapping) -> Sent:
    """Return a held submission as it was sent."""
    values = dict(row["values"] or {})
    answers = values.pop("", None)
    files = tuple(UUID(key) for key, whole in row["files"] or () if whole)
    return Sent(
        row["form"],
        row["nonce"],
        values,
        row["language"],
        files,
        bool(row["mailed"]),
        UUID(answers) if answers else None,
        confirmed=True,
    )


def counts(connection: Connection, now: datetime) -> dict[tuple[str, str], int]:
    """Return how many there were in the last 30 days by form and state."""
    found = select(_columns.form, _columns.state, func.count()).where(_columns.created_at > now - KEPT)
    return {
        (form, state): number
        for form, state, number in connection.execute(found.group_by(_columns.form, _columns.state))
    }


def decide(
    connection: Connection, key: UUID, state: str, by: UUID | None, now: datetime, *, was: str, **more: Any
) -> bool:
    """Move a submission to another state; False where it was not in the state named any more."""
    mine = update(submission).where(_columns.id == key, _columns.state == was)
    return bool(connection.execute(mine.values(state=state, decided_by=by, decided_at=now, **more)).rowcount)


def record_of(connection: Connection, form: str, nonces: Iterable[str]) -> UUID | None:
    """Return what one of some mails became, the newest of them."""
    found = select(_columns.record_id).where(
        _columns.form == form, _columns.nonce.in_(list(nonces)), _columns.record_id.is_not(None)
    )
    return connection.execute(found.order_by(_columns.id.desc()).limit(1)).scalar()


def switched_off(connection: Connection) -> frozenset[str]:
    """Return the names of the forms that take nothing."""
    found = connection.execute(select(setting.c.name).where(setting.c.name.startswith(_OFF, autoescape=True)))
    return frozenset(name.removeprefix(_OFF) for name in found.scalars())


def is_off(connection: Connection, form: str) -> bool:
    """Return whether somebody switched a form off."""
    return connection.execute(select(setting.c.name).where(setting.c.name == _OFF + form)).first() is not None


def switch(connection: Connection, form: str, *, on: bool, now: datetime) -> None:
    """Let a form take submissions, or none."""
    connection.execute(delete(setting).where(setting.c.name == _OFF + form))
    if not on:
        connection.execute(insert(setting).values(name=_OFF + form, value=True, updated_at=now))


def hold_files(connection: Connection, keys: Iterable[UUID], *, held: bool) -> None:
    """Keep uploads from being collected while a submission waits, or let a record take them again."""
    before, after = ("staged", "held") if held else ("held", "staged")
    waiting = update(file).where(file.c.id.in_(sorted(keys)), file.c.state == before, file.c.record_id.is_(None))
    connection.execute(waiting.values(state=after))


@periodic.every("forget_submissions", timedelta(days=1))
def forget(running: Running) -> int:
    """Remove what is older than it is kept, with the files that waited; return how many."""
    now = datetime.now(UTC)
    old = (_columns.state != TAKEN) & (_columns.created_at < now - KEPT)
    with running.site.writing() as connection:
        lists = connection.execute(select(_columns.files).where(old)).scalars()
        release_files(connection, (UUID(key) for files in lists for key, _whole in files or ()), now)
        gone = int(connection.execute(delete(submission).where(old)).rowcount)
        done = delete(submission).where(_columns.state == TAKEN, _columns.created_at < now - REMEMBERED)
        return gone + int(connection.execute(done).rowcount)


def release_files(connection: Connection, keys: Iterable[UUID], now: datetime) -> None:
    """Let files go that waited with submissions."""
    wanted = sorted(keys)
    if wanted:
        waiting = update(file).where(file.c.id.in_(wanted), file.c.state.in_(("held", "staged")))
        connection.execute(waiting.values(state="released", released_at=now))
