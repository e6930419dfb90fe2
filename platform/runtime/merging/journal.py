"""What a merge changed, as JSON that brings back exactly the same values; see :func:`Journal.to_json` for its shape."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID


@dataclass(slots=True)
class Changed:
    """Stored values of one record before the merge by key, and its version after it."""

    object: str
    id: UUID
    before: dict[str, Any]
    version: int = 0


@dataclass(slots=True)
class Journal:
    """Everything a merge did besides deleting."""

    changed: dict[tuple[str, UUID], Changed] = field(default_factory=dict)
    #: (object, many-to-many field, record, target) of pairs that were added and that went.
    added: list[tuple[str, str, UUID, UUID]] = field(default_factory=list)
    removed: list[tuple[str, str, UUID, UUID]] = field(default_factory=list)
    #: File -> the record it belonged to.
    files: dict[UUID, UUID] = field(default_factory=dict)
    #: Records merged earlier -> where they led.
    redirects: dict[UUID, UUID] = field(default_factory=dict)

    def note(self, change: Changed) -> None:
        """Note a change; of a record that was changed before, what it was then counts."""
        known = self.changed.get((change.object, change.id))
        if known is not None:
            change.before |= known.before
        self.changed[change.object, change.id] = change

    def to_json(self) -> dict[str, Any]:
        """Return ``{changed: [[object, id, version, {key: value}]], added, removed, files, redirects}``."""
        return {
            "changed": [
                [one.object, str(one.id), one.version, {key: encode(value) for key, value in one.before.items()}]
                for one in self.changed.values()
            ],
            "added": [[name, field, str(near), str(far)] for name, field, near, far in self.added],
            "removed": [[name, field, str(near), str(far)] for name, field, near, far in self.removed],
            "files": {str(key): str(value) for key, value in self.files.items()},
            "redirects": {str(key): str(value) for key, value in self.redirects.items()},
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Journal:
        """Return what :meth:`to_json` wrote."""
        changed = {
            (name, UUID(key)): Changed(name, UUID(key), {each: decode(old) for each, old in before.items()}, version)
            for name, key, version, before in data["changed"]
        }
        added = [(name, link, UUID(near), UUID(far)) for name, link, near, far in data["added"]]
        removed = [(name, link, UUID(near), UUID(far)) for name, link, near, far in data["removed"]]
        files = {UUID(key): UUID(value) for key, value in data["files"].items()}
        redirects = {UUID(key): UUID(value) for key, value in data["redirects"].items()}
        return Journal(changed, added, removed, files, redirects)


def encode(value: Any) -> Any:
    """Return a stored value as JSON: plain ones as they are, others as ``[type, text]``."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return ["decimal", str(value)]
        case UUID():
            return ["uuid", str(value)]
        case datetime() | date() | time():
            return [type(value).__name__, value.isoformat()]
        case bytes():
            return ["bytes", base64.b64encode(value).decode()]
        case tuple() | frozenset():
            return ["tuple" if isinstance(value, tuple) else "set", [encode(each) for each in value]]
        case _:
            return ["json", value]


_DECODERS: dict[str, Any] = {
    "decimal": Decimal,
    "uuid": UUID,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": base64.b64decode,
    "tuple": lambda found: tuple(map(decode, found)),
    "set": lambda found: frozenset(map(decode, found)),
    "json": lambda found: found,
}


def decode(value: Any) -> Any:
    """Return the value that :func:`encode` wrote."""
    return _DECODERS[value[0]](value[1]) if isinstance(value, list) else value
