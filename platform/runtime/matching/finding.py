"""Which stored records are the same as given ones: two statements, however many are asked about, without rights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Connection, select

from formline.runtime.matching.patterns import Pattern, patterns_of
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.tables import match_key

if TYPE_CHECKING:
    from formline.catalog.matching import MatchingRule
    from formline.runtime.release import Release

Record = Mapping[str, Any]
#: Records as a running unit has them, by object and id; None: deleted.
Written = Mapping[str, Mapping[UUID, Record | None]]
#: A record that shares its keys with more than so many others is compared with these alone.
MOST_CANDIDATES = 200
#: Keys one statement asks for: SQLite takes 32,766 values.
_CHUNK = 5000
_keys = match_key.c


@dataclass(frozen=True, slots=True)
class Hit:
    """A record found, why, and how alike it is in percent."""

    object: str
    id: UUID
    rule: MatchingRule
    way: str
    likeness: int


@dataclass(slots=True)
class Probe:
    """A record asked about: in which ways, with which values; ``found`` grows while it is looked for."""

    id: UUID | None
    wanted: list[tuple[Pattern, tuple[str, ...]]]
    keys: set[int]


def probe_of(
    release: Release, name: str, record: Record, old: Record | None = None, rules: Collection[str] | None = None
) -> Probe | None:
    """Return what to look for; None where nothing is to compare, or nothing compared has changed since ``old``."""
    wanted: list[tuple[Pattern, tuple[str, ...]]] = []
    keys: set[int] = set()
    for pattern in patterns_of(release, name):
        if rules is not None and pattern.rule.name not in rules:
            continue
        values = pattern.values(record)
        if values is not None and (old is None or pattern.values(old) != values):
            wanted.append((pattern, values))
            keys |= pattern.keys(values)
    return Probe(record.get("id"), wanted, keys) if wanted else None


def find(
    connection: Connection,
    release: Release,
    probes: Sequence[Probe],
    written: Written,
) -> list[list[Hit]]:
    """Return the hits of each probe, the most alike first.

    What is ``written`` counts instead of what is stored.
    """
    candidates = _candidates(connection, probes)
    stored = _records(connection, release, candidates, written)
    by_key: dict[int, list[tuple[str, UUID]]] = defaultdict(list)
    for key, place in candidates:
        name = release.object_named(place[0])
        if name is not None and place[1] not in written.get(name, {}):
            by_key[key].append((name, place[1]))
    for name, rows in written.items():
        for record_id, row in rows.items():
            for pattern in patterns_of(release, name) if row is not None else ():
                for key in pattern.keys(pattern.values(row or {})):
                    by_key[key].append((name, record_id))
    return [_hits(release, probe, by_key, stored, written) for probe in probes]


def _candidates(connection: Connection, probes: Sequence[Probe]) -> list[tuple[int, tuple[int, UUID]]]:
    wanted = sorted({key for probe in probes for key in probe.keys})
    found: list[tuple[int, tuple[int, UUID]]] = []
    for start in range(0, len(wanted), _CHUNK):
        part = wanted[start : start + _CHUNK]
        statement = (
            select(_keys.key, _keys.object_id, _keys.record_id).where(_keys.key.in_(part)).order_by(_keys.record_id)
        )
        found += [(row[0], (row[1], row[2])) for row in connection.execute(statement)]
    return found


def _records(
    connection: Connection,
    release: Release,
    candidates: Sequence[tuple[int, tuple[int, UUID]]],
    written: Written,
) -> dict[str, dict[UUID, Record]]:
    """Load what of the candidates is compared, one statement per object."""
    ids: dict[str, set[UUID]] = defaultdict(set)
    for _key, (object_id, record_id) in candidates:
        name = release.object_named(object_id)
        if name is not None and record_id not in written.get(name, {}):
            ids[name].add(record_id)
    return {name: load(connection, release, name, wanted) for name, wanted in ids.items()}


def load(connection: Connection, release: Release, name: str, ids: Collection[UUID]) -> dict[UUID, Record]:
    """Return live records with everything that rules compare or ask of them."""
    model = release.model(name)
    statement = select(*model.columns).where(in_keys(model.id, "ids", release.dialect), model.deleted_at.is_(None))
    rows = connection.execute(statement, bind_keys("ids", sorted(ids), release.dialect))
    records = (dict(zip(model.keys, row, strict=True)) for row in rows)
    return {record["id"]: record for record in records}


def _hits(
    release: Release,
    probe: Probe,
    by_key: Mapping[int, Sequence[tuple[str, UUID]]],
    stored: Mapping[str, Mapping[UUID, Record]],
    written: Written,
) -> list[Hit]:
    best: dict[tuple[str, UUID], Hit] = {}
    for pattern, values in probe.wanted:
        near = dict.fromkeys(place for key in sorted(pattern.keys(values)) for place in by_key.get(key, ()))
        for name, record_id in list(near)[:MOST_CANDIDATES]:
            record = written.get(name, {}).get(record_id) or stored.get(name, {}).get(record_id)
            if record is None or record_id == probe.id:
                continue
            likeness = _compare(release, pattern, values, name, record)
            known = best.get((name, record_id))
            if likeness is not None and (known is None or likeness > known.likeness):
                best[name, record_id] = Hit(name, record_id, pattern.rule, pattern.way.name, likeness)
    return sorted(best.values(), key=lambda hit: (-hit.likeness, str(hit.id)))


def _compare(release: Release, ours: Pattern, values: Sequence[str], name: str, record: Record) -> int | None:
    for theirs in patterns_of(release, name):
        # Two records of another object are compared by that object's own rules, not through this one.
        if theirs.rule is ours.rule and theirs.way is ours.way and (ours.own or theirs.own):
            other = theirs.values(record)
            return None if other is None else ours.likeness(values, other)
    return None
