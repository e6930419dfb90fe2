"""What a script may ask of the host: reads as who acts; writes are noted and carried out together at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.runtime.keys import uuid7
from formline.runtime.notifications import Notice, notify
from formline.runtime.queries import Query, fetch, get
from formline.runtime.scripts.records import row_of
from formline.runtime.unit import Change
from formline.runtime.unit.draft import Draft

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from formline.runtime.access.actor import Actor
    from formline.runtime.release import Release
    from formline.runtime.unit import Unit

MOST_FOUND = 500
#: Notices of one run.
MOST_TOLD = 20
_READS = ("find", "get")
_WRITES = ("create", "update", "delete", "transition", "notify")


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that a script asked for; ``version`` is the one it read, None where it did not read the record."""

    operation: str
    object: str
    id: UUID
    values: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    version: int | None = None


class Operations:
    """Answers one run. ``reading`` gives a connection for each read; ``writes`` says whether writes may be asked."""

    def __init__(
        self,
        release: Release,
        actor: Actor,
        reading: Callable[[], AbstractContextManager[Connection]],
        *,
        writes: bool = False,
    ) -> None:
        """Start with nothing noted."""
        self.release = release
        self.actor = actor
        self.intents: list[Intent] = []
        self._reading = reading
        self._allowed = (*_READS, *_WRITES) if writes else _READS
        self._versions: dict[tuple[str, UUID], int] = {}

    def answer(self, operation: str, arguments: Mapping[str, Any]) -> Any:
        """Answer one question; every error is one to show, none says more than who acts may know."""
        if operation not in self._allowed:
            message = f"{operation[:40]} is not for scripts that run inside a save."
            raise AccessDeniedError(message if operation in _WRITES else "There is no such operation.")
        if operation == "notify":
            return self._notify(arguments)
        name = _text(arguments, "object")
        if not self.release.catalog.has("object", name):
            raise NotFoundError(f"There is no object {name[:40]!r}.")
        return {"find": self._find, "get": self._get}.get(operation, self._note)(
            name, {**arguments, "operation": operation}
        )

    def seen(self, object_name: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record as the script gets it, and remember its version."""
        version = row.get("version")
        if isinstance(version, int):
            self._versions[object_name, row["id"]] = version
        return row_of(row)

    def _find(self, name: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        sort = _text(arguments, "sort")
        limit = arguments.get("limit")
        if not isinstance(limit, int) or not 0 < limit <= MOST_FOUND:
            raise AccessDeniedError(f"find() returns 1 to {MOST_FOUND} records.")
        query = Query(
            name,
            where=_where(arguments.get("where")),
            sort=tuple((part.strip().lstrip("-"), part.strip().startswith("-")) for part in sort.split(",") if part),
            limit=limit,
        )
        with self._reading() as connection:
            rows = fetch(connection, self.release, self.actor, query).rows
        return [{"object": name, "values": self.seen(name, row)} for row in rows]

    def _get(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any] | None:
        if arguments.get("id") is None:
            return None
        try:
            with self._reading() as connection:
                row = get(connection, self.release, self.actor, name, _key(arguments.get("id")))
        except NotFoundError:
            return None
        return {"object": name, "values": self.seen(name, row)}

    def _note(self, name: str, arguments: Mapping[str, Any]) -> str:
        operation = str(arguments["operation"])
        values = arguments.get("values") or {}
        if not isinstance(values, dict):
            raise AccessDeniedError("Values are a map of fields.")
        key = uuid7() if operation == "create" else _key(arguments.get("id"))
        version = self._versions.get((name, key))
        self.intents.append(Intent(operation, name, key, values, _text(arguments, "name"), version))
        return str(key)

    def _notify(self, arguments: Mapping[str, Any]) -> None:
        if sum(intent.operation == "notify" for intent in self.intents) >= MOST_TOLD:
            raise AccessDeniedError(f"A script tells at most {MOST_TOLD} people.")
        text = _text(arguments, "text")
        self.intents.append(Intent("notify", "user", _key(arguments.get("user")), {"text": text[:500]}))


def carry_out(unit: Unit, intents: list[Intent]) -> None:
    """Write what was noted, in order, with the unit's rights and rules.

    Raises:
        ValidationError, AccessDeniedError, ConflictError, NotFoundError: nothing of it is written then.
    """
    changed: set[UUID] = set()
    for intent in intents:
        # After the first change of a record its version is the unit's own.
        version = None if intent.id in changed else intent.version
        changed.add(intent.id)
        if intent.operation == "create":
            unit.save_drafts(intent.object, [Draft(0, intent.id, intent.values)], [])
            if unit.findings.has_errors():
                raise ValidationError(unit.findings.errors)
        elif intent.operation == "update":
            unit.update(intent.object, [Change(intent.id, intent.values, version)])
        elif intent.operation == "transition":
            unit.transition(intent.object, [intent.id], intent.name, intent.values)
        elif intent.operation == "delete":
            unit.delete(intent.object, [intent.id])
        else:
            notice = Notice("script", (intent.id,), title=str(intent.values["text"]))
            notify(unit.connection, [notice], actor_id=None, now=datetime.now(UTC))


def _text(arguments: Mapping[str, Any], name: str) -> str:
    found = arguments.get(name) or ""
    if not isinstance(found, str) or len(found) > 4096:
        raise AccessDeniedError(f"{name} is a text.")
    return found


def _key(found: Any) -> UUID:
    try:
        return UUID(found)
    except (ValueError, TypeError, AttributeError):
        raise NotFoundError from None


def _where(found: Any) -> Any:
    """Return a condition in words, or of a map: fields that equal values."""
    if isinstance(found, str):
        if len(found) > 4096:
            raise AccessDeniedError("where is too long.")
        return found or None
    if found is None:
        return None
    if not isinstance(found, dict):
        raise AccessDeniedError("where is a condition, or a map of fields and values.")
    tests = [{"field": name, "op": "eq", "value": value} for name, value in found.items()]
    return {"and": tests} if tests else None
