"""The platform's own stores of copies, each with the statement that empties it for some records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table, case, delete, insert, or_, select, update

from formline.errors import ConflictError
from formline.runtime import tables
from formline.runtime.audit.sealing import digest
from formline.runtime.copies.registry import Erasing, Store, register

ENDED = ("done", "failed", "cancelled", "discarded")


def erase_history(erasing: Erasing) -> int:
    """Empty the changes; who did what when stays, and rows under a seal keep what they were sealed as."""
    table = tables.history
    rows = erasing.connection.execute(select(table).where(erasing.of_records(table))).mappings().all()
    sealed = [
        {
            "table_name": "history",
            "row_id": row["id"],
            "digest": digest("history", dict(row)),
            "at": erasing.now,
            "actor_id": erasing.actor_id,
        }
        for row in rows
        if row["seal"] is not None and (row["changes"] is not None or row["note"] is not None)
    ]
    kept = select(tables.sealed_erasure.c.row_id).where(tables.sealed_erasure.c.table_name == "history")
    known = set(erasing.connection.execute(kept).scalars()) if sealed else set()
    new = [row for row in sealed if row["row_id"] not in known]
    if new:
        erasing.connection.execute(insert(tables.sealed_erasure), new)
    # The note of a transition is its name; any other may be the name of a file.
    note = case((table.c.action == "transition", table.c.note))
    erasing.connection.execute(update(table).where(erasing.of_records(table)).values(changes=None, note=note))
    return len(rows)


def erase_approvals(erasing: Erasing) -> int:
    """Empty proposals, snapshots and logs of approvals that ended.

    Raises:
        ConflictError: an approval is running; it must be decided or withdrawn first.
    """
    table, log = tables.approval, tables.approval_event
    rows = erasing.connection.execute(select(table.c.id, table.c.ended_at).where(erasing.of_records(table))).all()
    if any(row.ended_at is None for row in rows):
        raise ConflictError("An approval of the record is running: decide or withdraw it first.", code="in_approval")
    ids = [row.id for row in rows]
    emptied: dict[str, Any] = {"proposal": {}, "snapshot": {}, "submitted": {}, "failure": None}
    erasing.connection.execute(update(table).where(table.c.id.in_(ids)).values(**emptied))
    erasing.connection.execute(update(log).where(log.c.approval_id.in_(ids)).values(data={}))
    return len(ids)


def erase_merges(erasing: Erasing) -> int:
    """Empty what merges would need to be undone: the values that the records had before."""
    merge, merged = tables.merge, tables.merged
    of_merged = select(merged.c.merge_id).where(merged.c.record_id.in_(erasing.keys))
    concerned = or_(merge.c.survivor_id.in_(erasing.keys), merge.c.id.in_(of_merged))
    return int(erasing.connection.execute(update(merge).where(concerned).values(journal={})).rowcount)


def erase_files(erasing: Erasing) -> int:
    """Let go of the files at once: their names here, their bytes after the commit."""
    table = tables.file
    rows = erasing.connection.execute(select(table.c.storage_key).where(erasing.of_records(table))).scalars().all()
    erasing.blobs += rows
    erasing.connection.execute(delete(table).where(erasing.of_records(table)))
    return len(rows)


def erase_transfers(erasing: Erasing) -> int:
    """Remove the files of imports and exports of the object, and the samples of imports."""
    count = 0
    for table, columns in ((tables.import_, ("file", "refused_file")), (tables.export, ("file",))):
        found = select(*(table.c[name] for name in columns)).where(erasing.of_objects(table))
        for row in erasing.connection.execute(found):
            erasing.blobs += [key for key in row if key]
            count += 1
        emptied: dict[str, Any] = dict.fromkeys(columns)
        if table is tables.import_:
            emptied["samples"] = None
            emptied["mapping"] = None  # it holds words of cells and what people said they mean
        erasing.connection.execute(update(table).where(erasing.of_objects(table)).values(**emptied))
    return count


def erase_jobs(erasing: Erasing) -> int:
    """Empty what ended jobs were given and gave back: it may be of any record. A failed one cannot be tried again."""
    table = tables.job
    state = case((table.c.state == "failed", "discarded"), else_=table.c.state)
    emptied: dict[str, Any] = {"args": {}, "result": None, "error": None, "message": None, "state": state}
    return int(erasing.connection.execute(update(table).where(table.c.state.in_(ENDED)).values(**emptied)).rowcount)


def erase_received(erasing: Erasing) -> int:
    """Empty what ended messages of other systems said: it may be of any record."""
    table = tables.received
    ended = update(table).where(table.c.state.in_(ENDED))
    return int(erasing.connection.execute(ended.values(body=None, report=None, error=None)).rowcount)


def erase_submissions(erasing: Erasing) -> int:
    """Remove what people outside sent that became one of the records or resembles one, and all that was put away."""
    table = tables.submission
    keys = {str(key) for key in erasing.keys}
    waiting = select(table.c.id, table.c.hits, table.c.files).where(table.c.state == "held")
    like = [row for row in erasing.connection.execute(waiting) if keys & {str(hit[1]) for hit in row.hits or ()}]
    files = [UUID(key) for row in like for key, _whole in row.files or ()]
    stored = select(tables.file.c.storage_key).where(tables.file.c.id.in_(files))
    erasing.blobs += erasing.connection.execute(stored).scalars().all()
    erasing.connection.execute(delete(tables.file).where(tables.file.c.id.in_(files)))
    gone = or_(
        table.c.id.in_([row.id for row in like]), table.c.record_id.in_(erasing.keys), table.c.state == "discarded"
    )
    return int(erasing.connection.execute(delete(table).where(gone)).rowcount)


def erase_deliveries(erasing: Erasing) -> int:
    """Empty the words of failures, which may quote values."""
    table = tables.delivery
    return int(erasing.connection.execute(update(table).where(table.c.error.is_not(None)).values(error=None)).rowcount)


def erase_script_runs(erasing: Erasing) -> int:
    """Empty what scripts logged and how they failed: a script may log any record it read."""
    table = tables.script_run
    return int(erasing.connection.execute(update(table).values(log=[], error=None)).rowcount)


def erase_automation_runs(erasing: Erasing) -> int:
    """End what waits for the records, and empty the words of failures and what buttons were given."""
    table = tables.automation_run
    waiting = update(table).where(erasing.of_records(table), table.c.state == "waiting")
    erasing.connection.execute(waiting.values(state="stopped", wake_at=None))
    emptied: dict[str, Any] = {"error": None, "rest": None}
    return int(erasing.connection.execute(update(table).where(erasing.of_records(table)).values(**emptied)).rowcount)


def erase_drafts(erasing: Erasing) -> int:
    """Remove unsaved input for the records."""
    table = tables.draft
    forms = [table.c.form.contains(str(key)) for key in erasing.keys]
    return sum(erasing.connection.execute(delete(table).where(form)).rowcount for form in forms)


def erase_accounts(erasing: Erasing) -> int:
    """Where people themselves are erased: end every way in, and forget what they signed in with."""
    people = list(erasing.records.get("user", ()))
    if not people:
        return 0
    account, connection = tables.account, erasing.connection
    for table in (tables.session, tables.token, tables.identity):
        connection.execute(delete(table).where(table.c.user_id.in_(people)))
    for key in people:
        emptied: dict[str, Any] = {
            "login": f"erased-{key}",
            "password_hash": None,
            "totp_secret": None,
            "recovery_codes": None,
            "preferences": None,
            "active": False,
            "epoch": account.c.epoch + 1,
        }
        connection.execute(update(account).where(account.c.user_id == key).values(**emptied))
    return len(people)


def _removing(table: Table) -> Any:
    def erase(erasing: Erasing) -> int:
        return int(erasing.connection.execute(delete(table).where(erasing.of_records(table))).rowcount)

    return erase


def _emptying(table: Table, **values: Any) -> Any:
    def erase(erasing: Erasing) -> int:
        statement = update(table).where(erasing.of_records(table)).values(**values)
        return int(erasing.connection.execute(statement).rowcount)

    return erase


def _all_of(table: Table) -> Any:
    def erase(erasing: Erasing) -> int:
        return int(erasing.connection.execute(delete(table)).rowcount)

    return erase


STORES: tuple[Store, ...] = (
    Store(
        "history", ("formline_history",), "old and new values of every change", "as long as the record", erase_history
    ),
    Store(
        "search",
        ("formline_search_document",),
        "words of the searched fields",
        "as long as the record",
        _removing(tables.search_document),
    ),
    Store(
        "deletions",
        ("formline_deletion",),
        "what a lookup held that was emptied",
        "as long as it can be restored",
        _emptying(tables.deletion, old_value=None),
    ),
    Store("files", ("formline_file",), "attached files and pictures", "as long as the record", erase_files),
    Store(
        "shares",
        ("formline_share",),
        "reasons people gave",
        "as long as the share",
        _emptying(tables.share, reason=None),
    ),
    Store(
        "approvals",
        ("formline_approval",),
        "proposed and submitted values, the log",
        "as long as the record",
        erase_approvals,
    ),
    Store(
        "merges", ("formline_merge",), "values that merged records had before", "as long as the record", erase_merges
    ),
    Store(
        "notices",
        ("formline_notification",),
        "texts of messages to people",
        "90 days after reading",
        _removing(tables.notification),
    ),
    Store(
        "clocks",
        ("formline_clock",),
        "why actions of service levels failed",
        "as long as the record",
        _emptying(tables.clock, failure=None),
    ),
    Store("runs of scripts", ("formline_script_run",), "what scripts logged", "90 days", erase_script_runs),
    Store(
        "received messages",
        ("formline_received",),
        "what other systems sent, and what could not be made of it",
        "30 days",
        erase_received,
    ),
    Store(
        "submissions",
        ("formline_submission",),
        "what people outside sent by forms and mails, while a person has to look at it",
        "30 days; that a mail came, one year",
        erase_submissions,
    ),
    Store(
        "runs of automations",
        ("formline_automation_run",),
        "words of failures, what buttons were given",
        "90 days",
        erase_automation_runs,
    ),
    Store("drafts", ("formline_draft",), "input that was not saved", "30 days", erase_drafts),
    Store(
        "imports and exports",
        ("formline_import", "formline_export"),
        "files that came in and went out",
        "30 days",
        erase_transfers,
    ),
    Store(
        "jobs",
        ("formline_job",),
        "what jobs were given, such as mails and bulk changes",
        "as long as the job is listed",
        erase_jobs,
    ),
    Store(
        "deliveries", ("formline_delivery",), "words of failures", "as long as the delivery is listed", erase_deliveries
    ),
    Store(
        "answers",
        ("formline_idempotency",),
        "answers of the API, to be given again",
        "one day",
        _all_of(tables.idempotency),
    ),
    Store(
        "accounts",
        ("formline_account", "formline_session", "formline_token", "formline_identity"),
        "sign-in names, devices, ways in",
        "as long as the person",
        erase_accounts,
    ),
)

_loaded: Mapping[str, Store] = {}


def load() -> None:
    """Register the stores, once."""
    global _loaded
    if not _loaded:
        _loaded = {store.name: register(store) for store in STORES}
