"""Files become part of a record inside the unit that names them, and are let go by the unit that no longer does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import RowMapping, bindparam, insert, select, update

from formline.errors import AccessDeniedError, NotFoundError
from formline.expressions.storage_types import Key
from formline.fields.field import Field
from formline.fields.files import Attachment, FileBase, accepted, accepted_words, attachments_of, max_bytes
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.tables import file, history
from formline.runtime.unit import hooks
from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

_IDS = "file_ids"
_FILE = "changed_file"


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Look after the files of objects that have fields for them."""
    if not file_fields(release, object_name):
        return ()
    return {"before_save": (resolve,), "written": (settle,)}.get(phase, ())


def file_fields(release: Release, object_name: str) -> tuple[Field, ...]:
    """Return the fields of files of an object."""
    return release.memo(
        ("file fields", object_name),
        lambda: tuple(
            field for field in release.catalog.object(object_name).declared if isinstance(field.type, FileBase)
        ),
    )


def resolve(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Put in place of every file named what is known of it; refuse those that are not the record's or the actor's."""
    asked: list[tuple[Draft, Field, tuple[Attachment, ...]]] = []
    for field in file_fields(unit.release, plan.name):
        for draft in drafts:
            value = draft.record.get(field.name)
            if value and value != (draft.old or {}).get(field.name):
                asked.append((draft, field, attachments_of(value)))
    found = _locked(unit, {one.id for _, _, files in asked for one in files})
    taken: dict[UUID, UUID] = {}
    for draft, field, files in asked:
        texts = []
        for one in files:
            row = found.get(one.id)
            if row is None or one.id in taken or not _fits(unit, plan, draft, field, row):
                unit.findings.add(draft, field.name, "unknown_file", "Upload the file again; this one is not there.")
                continue
            taken[one.id] = draft.id
            texts.append(str(attachment_of(row)))
            if row["media_type"] not in accepted(accepted_words(field)) or row["size"] > max_bytes(field):
                unit.findings.add(draft, field.name, "file_type", "This kind of file is not taken here.")
        draft.record[field.name] = tuple(texts) or None
        if draft.old is not None and draft.record[field.name] == draft.old.get(field.name):
            draft.given.discard(field.name)
    waiting = {key: owner for key, owner in taken.items() if found[key]["state"] == "staged"}
    if waiting:
        unit.then(partial(hold, owners=waiting))


def hold(unit: Unit, owners: Mapping[UUID, UUID]) -> None:
    """Keep files that a record was to name but does not yet: the change waits for an approval."""
    rows = [{_FILE: key, "owner": owner} for key, owner in sorted(owners.items())]
    statement = update(file).where(file.c.id == bindparam(_FILE, type_=Key()), file.c.state == "staged")
    unit.connection.execute(statement.values(state="held", record_id=bindparam("owner", type_=Key())), rows)


def settle(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Attach what the written rows name, and release what they named before."""
    attached: list[dict[str, Any]] = []
    released: set[UUID] = set()
    for field in file_fields(unit.release, plan.name):
        for draft in drafts:
            before = {one.id for one in attachments_of((draft.old or {}).get(field.name))}
            now = {one.id for one in attachments_of(draft.record.get(field.name))}
            attached += [{_FILE: key, "owner": draft.id} for key in sorted(now - before)]
            released |= before - now
    attach_rows(unit, attached)
    release_rows(unit, released)


def attach_rows(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Give files to records; each row has ``changed_file`` and ``owner``."""
    if rows:
        statement = update(file).where(file.c.id == bindparam(_FILE, type_=Key()))
        unit.connection.execute(
            statement.values(state="attached", record_id=bindparam("owner", type_=Key()), released_at=None), rows
        )


def release_rows(unit: Unit, keys: Iterable[UUID]) -> None:
    """Let files go: nobody reads them any more, and the collector removes them after a grace."""
    rows = [{_FILE: key} for key in sorted(keys)]
    if rows:
        statement = update(file).where(file.c.id == bindparam(_FILE, type_=Key()))
        unit.connection.execute(statement.values(state="released", released_at=unit.now), rows)


def attach(unit: Unit, object_name: str, record_id: UUID, files: Sequence[UUID]) -> None:
    """Attach staged files to a record as a whole.

    Raises:
        NotFoundError: no such record, or file of the actor. AccessDeniedError: no right to change the record.
    """
    plan = _changeable(unit, object_name, record_id)
    rows = _locked(unit, set(files))
    for key in files:
        row = rows.get(key)
        mine = row is not None and row["state"] == "staged" and _is_own(unit, row)
        if row is None or not mine or row["field_id"] is not None or row["object_id"] != plan.model.object_id:
            raise NotFoundError("There is no such file.")
    attach_rows(unit, [{_FILE: key, "owner": record_id} for key in sorted(set(files))])
    _remember(unit, plan, record_id, "file_added", [str(rows[key]["name"]) for key in dict.fromkeys(files)])


def detach(unit: Unit, object_name: str, record_id: UUID, key: UUID) -> None:
    """Let a file go that was attached to a record as a whole; raises as :func:`attach`."""
    plan = _changeable(unit, object_name, record_id)
    row = _locked(unit, {key}).get(key)
    if row is None or row["record_id"] != record_id or row["field_id"] is not None or row["state"] != "attached":
        raise NotFoundError("There is no such file.")
    release_rows(unit, [key])
    _remember(unit, plan, record_id, "file_removed", [str(row["name"])])


def _remember(unit: Unit, plan: WritePlan, record_id: UUID, action: str, names: Iterable[str]) -> None:
    """Put what happened to files of a record as a whole into its history: no field of it changed."""
    if plan.object.history:
        unit.connection.execute(
            insert(history).values(
                unit_id=unit.id,
                object_id=plan.model.object_id,
                record_id=record_id,
                at=unit.now,
                actor_kind=str(unit.actor.kind),
                actor_id=unit.actor.user_id,
                action=action,
                source=unit.source,
                changes={},
                note=", ".join(names),
            )
        )


def _changeable(unit: Unit, object_name: str, record_id: UUID) -> WritePlan:
    """Lock a record that the actor may change and return its plan."""
    plan = unit.plan(object_name)
    if not unit.hold(object_name, [record_id]) or not unit.permitted(plan, [record_id], "read"):
        raise NotFoundError
    if not unit.permitted(plan, [record_id], "update"):
        raise AccessDeniedError("You may read this record, but not change it.")
    return plan


def attachment_of(row: RowMapping) -> Attachment:
    """Return what a record keeps of a file."""
    return Attachment(row["id"], row["name"], row["media_type"], row["size"])


def _locked(unit: Unit, ids: set[UUID]) -> dict[UUID, RowMapping]:
    """Return files by id, locked in order: of two units that attach one, the second finds it attached."""
    if not ids:
        return {}
    statement = select(file).where(in_keys(file.c.id, _IDS, unit.dialect)).order_by(file.c.id).with_for_update()
    rows = unit.connection.execute(statement, bind_keys(_IDS, sorted(ids), unit.dialect)).mappings()
    return {row["id"]: row for row in rows}


def _fits(unit: Unit, plan: WritePlan, draft: Draft, field: Field, row: RowMapping) -> bool:
    """Return whether a file was uploaded for this field by the actor, or belongs to the record's field already."""
    if row["object_id"] != plan.model.object_id or row["field_id"] != plan.model.field_ids[field.name]:
        return False
    if row["state"] == "staged":
        return _is_own(unit, row)
    return row["record_id"] == draft.id and row["state"] in ("attached", "released", "held")


def _is_own(unit: Unit, row: RowMapping) -> bool:
    return unit.actor.is_system or row["created_by"] == unit.actor.user_id
