"""The part of the write pipeline that knows what is the same: refuses or warns before writing, keeps keys after it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, insert, text

from formline.errors import Level
from formline.runtime.matching.finding import Hit, Probe, find, probe_of
from formline.runtime.matching.patterns import Pattern, patterns_of
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.tables import match_key

if TYPE_CHECKING:
    from formline.catalog.matching import Action, MatchingRule
    from formline.runtime.release import Release
    from formline.runtime.unit.draft import Draft, Record
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

BLOCKED = "duplicate_record"
#: Under this name the unit of an import keeps (row, id, hits) that its report tells of.
REPORTED = "records alike"
POSSIBLE = "possible_duplicate"
#: Under this name a unit keeps what was found, for callers that tell people with rights of it.
HITS = "matching hits"
#: Writers of the same keys take turns by so many locks: PostgreSQL has room for a few thousand in all transactions.
_TURNS = 512
_LOCK = "formline match"


def check(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Note a finding for each row that is the same as another, in this batch, this unit or stored."""
    if unit.source == "system" or not patterns_of(unit.release, plan.name):
        return
    asked: list[tuple[Draft, Probe]] = []
    for draft in drafts:
        probe = probe_of(unit.release, plan.name, draft.record, draft.old, _acting(unit, plan, draft))
        if probe is not None:
            asked.append((draft, probe))
    if not asked:
        return
    _wait_for_turn(unit, plan, asked)
    found = find(unit.connection, unit.release, [probe for _, probe in asked], _written(unit, plan, drafts))
    place = {draft.id: draft.row for draft in drafts}
    for (draft, _), hits in zip(asked, found, strict=True):
        # Of two rows of one batch the later one is the duplicate.
        before = [hit for hit in hits if place.get(hit.id, -1) < draft.row]
        if before:
            _report(unit, plan, draft, before)
            if unit.source == "import":
                unit.extras.setdefault(REPORTED, []).append((draft.row, draft.id, before))


def _action(unit: Unit, rule: MatchingRule, plan: WritePlan, draft: Draft) -> Action:
    """Return what a rule does about a row; records that are only compared with are never refused by it."""
    found = rule.action(new=draft.is_new, importing=unit.source == "import")
    return "warn" if found == "block" and rule.object != plan.name else found


def _acting(unit: Unit, plan: WritePlan, draft: Draft) -> set[str]:
    """Return the rules that do something about this row."""
    patterns = patterns_of(unit.release, plan.name)
    return {each.rule.name for each in patterns if _action(unit, each.rule, plan, draft) != "ignore"}


def _wait_for_turn(unit: Unit, plan: WritePlan, asked: Iterable[tuple[Draft, Probe]]) -> None:
    """Let units that write the same values take turns where one of them must be refused; SQLite has one writer."""
    if unit.dialect != "postgresql":
        return
    turns = {
        key % _TURNS
        for draft, probe in asked
        for pattern, values in probe.wanted
        if _action(unit, pattern.rule, plan, draft) == "block"
        for key in pattern.keys(values)
    }
    if turns:
        statement = text(
            "SELECT pg_advisory_xact_lock(hashtext(:name), k) "
            "FROM (SELECT unnest(CAST(:turns AS integer[])) AS k ORDER BY 1) AS turns"
        )
        unit.connection.execute(statement, {"name": f"{_LOCK} {unit.site.id}", "turns": sorted(turns)})


def _written(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> dict[str, dict[UUID, Record | None]]:
    """Return the records of compared objects that this unit has written, and this batch as it will be."""
    found: dict[str, dict[UUID, Record | None]] = {}
    for name in unit.ledger.objects():
        if patterns_of(unit.release, name):
            found[name] = {key: row.now for key, row in unit.ledger.rows(name).items()}
    found.setdefault(plan.name, {}).update({draft.id: draft.record for draft in drafts})
    return found


def _report(unit: Unit, plan: WritePlan, draft: Draft, hits: Sequence[Hit]) -> None:
    """Note the worst that the rules say; the message names no record, the actor may not be allowed to see it."""
    unit.extras.setdefault(HITS, []).extend(hits)
    actions = {_action(unit, hit.rule, plan, draft) for hit in hits}
    way = next(way for way in hits[0].rule.ways if way.name == hits[0].way)
    field = way.parts[0].field if hits[0].rule.object == plan.name else ""
    others = {unit.plan(hit.object).object.label for hit in hits}
    if "block" in actions:
        message = f"There is already such a {', '.join(sorted(others))}."
        unit.findings.add(draft, field, BLOCKED, message)
    else:
        message = f"There may already be such a {', '.join(sorted(others))}."
        unit.findings.add(draft, field, POSSIBLE, message, Level.WARNING)


def keep(unit: Unit) -> None:
    """Bring the keys of everything the unit wrote up to date; two statements, however many rows."""
    gone: list[UUID] = []
    made: list[dict[str, Any]] = []
    for name, key, row in unit.ledger:
        patterns = patterns_of(unit.release, name)
        if not patterns:
            continue
        before, now = keys_of(patterns, row.before), keys_of(patterns, row.now)
        if before != now:
            if before:
                gone.append(key)
            made += rows_of(unit.release, name, key, now)
    if gone:
        remove(unit, gone)
    if made:
        unit.connection.execute(insert(match_key), made)


def remove(unit: Unit, ids: Sequence[UUID]) -> None:
    """Forget the keys of records."""
    statement = delete(match_key).where(in_keys(match_key.c.record_id, "ids", unit.dialect))
    unit.connection.execute(statement, bind_keys("ids", ids, unit.dialect))


def keys_of(patterns: Sequence[Pattern], record: Record | None) -> set[int]:
    """Return the keys of a record, none for one that is not there."""
    if record is None:
        return set()
    return {key for pattern in patterns for key in pattern.keys(pattern.values(record))}


def rows_of(release: Release, name: str, record_id: UUID, keys: Iterable[int]) -> list[dict[str, Any]]:
    """Return the rows of the table of keys."""
    object_id = release.model(name).object_id
    return [{"object_id": object_id, "record_id": record_id, "key": key} for key in sorted(keys)]
