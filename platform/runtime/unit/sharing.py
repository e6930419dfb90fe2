"""Shares that follow from sharing rules: at the end of a unit they are made right for every row it touched.

What a rule reads of other records (a lookup's target, a manager, a group's name) does not touch the rows it shares:
then a job goes over all of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import RowMapping, delete, insert, select

from formline.catalog.catalog import Catalog
from formline.catalog.formulas import expression_of, fields_on
from formline.catalog.sharing import SharingRule
from formline.runtime import jobs, tables
from formline.runtime.access import shares
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.unit.evaluation import over_rows
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: The job that goes over all records of a rule; ``args``: ``{"rule": name}``.
JOB = "sharing_rule"
#: The job that runs the scripts of a rule; ``args``: ``{"rule": name}``, with ``ids`` for these records alone.
SCRIPT_JOB = "sharing_rule_script"
#: Which object and field hold the names that definitions give to principals.
NAMES: Mapping[str, tuple[str, str]] = {
    "user": ("user", "login"),
    "group": ("group", "name"),
    "department": ("department", "name"),
    "department_below": ("department", "name"),
}
_share = tables.share.c
_Key = tuple[UUID, str, str, str]  # record, kind, principal, cause
#: (record, script) -> people.
Chosen = Mapping[tuple[UUID, str], Sequence[UUID]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a rule wants of a share; through the record's team it ends with the person's part in it."""

    rule: SharingRule
    in_team: bool = False
    until: datetime | None = None

    def agrees(self, stored: RowMapping) -> bool:
        """Return whether a stored share needs no change; its own end stays what it was when the rule first held."""
        same_end = not self.in_team or stored["expires_at"] == self.end(stored["created_at"])
        return stored["level"] == self.rule.access and same_end

    def end(self, since: datetime) -> datetime | None:
        """Return when a share that began ``since`` ends."""
        own = None if self.rule.lasts is None else since + self.rule.lasts
        return min((one for one in (own, self.until) if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Watch:
    """Rules by the object they share, and by what they read elsewhere: object -> (field, or "" for any; rule)."""

    own: Mapping[str, tuple[SharingRule, ...]]
    elsewhere: Mapping[str, tuple[tuple[str, str], ...]]


def watch_of(release: Release) -> Watch:
    """Return what to watch, worked out once per release."""
    return release.memo("sharing rules", lambda: _watch(release.catalog))


def _watch(catalog: Catalog) -> Watch:
    own: dict[str, list[SharingRule]] = defaultdict(list)
    elsewhere: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for rule in catalog.all("sharing_rule").values():
        own[rule.object].append(rule)
        for object_name, field in _read_elsewhere(catalog, rule):
            elsewhere[object_name].add((field, rule.name))
    return Watch(
        {name: tuple(rules) for name, rules in own.items()}, {name: tuple(sorted(e)) for name, e in elsewhere.items()}
    )


def _read_elsewhere(catalog: Catalog, rule: SharingRule) -> Iterable[tuple[str, str]]:
    """Yield (object, field) of other records that decide about a rule's shares."""
    for recipient in rule.to:
        if recipient.kind in NAMES:
            yield NAMES[recipient.kind]
            yield NAMES[recipient.kind][0], "active"
    expressions = [rule.where, *(recipient.person for recipient in rule.to)]
    paths = [path for one in expressions if one is not None for path in one.dependencies]
    seen: set[tuple[str, str]] = set()
    waiting = [(rule.object, path) for path in paths]
    while waiting:
        start, path = waiting.pop()
        if path[0].startswith("@"):
            yield path[0][1:], ""
        for number, (owner, name, field) in enumerate(fields_on(catalog, start, path)):
            if (owner, name) in seen:
                continue
            seen.add((owner, name))
            if owner != rule.object or number:
                yield owner, name
            if field is None:  # the other side of a lookup: its rows come and go
                link = catalog.object(owner).child(name)
                if link is not None:
                    yield link.object, link.field
            elif field.mirror:
                waiting.append((owner, tuple(field.mirror)))
            elif field.type.name == "formula":
                waiting += [(owner, below) for below in expression_of(catalog, field).dependencies]


def keep(unit: Unit) -> None:
    """Bring the shares of the rows this unit wrote up to date, and have a job look where it wrote what rules read."""
    watch = watch_of(unit.release)
    touched: dict[str, list[UUID]] = defaultdict(list)
    owned: dict[str, list[UUID]] = defaultdict(list)
    again: set[str] = set()
    for name, key, row in unit.ledger:
        if row.before is not None and row.now is not None and row.now.get("owner") and not row.before.get("owner"):
            owned[name].append(key)
        if name in watch.own and row.now is not None:
            touched[name].append(key)
        if name in watch.elsewhere:
            again |= {rule for field, rule in watch.elsewhere[name] if _differs(row.before, row.now, field)}
    for name in sorted(touched):
        for start in range(0, len(touched[name]), 500):
            part = sorted(touched[name])[start : start + 500]
            sync(unit, unit.plan(name), watch.own[name], part)
            for rule_ in watch.own[name]:
                if rule_.scripts:
                    enqueue_scripts(unit.connection, rule_.name, part)
    for name in owned:
        _leave_queues(unit, unit.plan(name), owned[name])
    for rule in sorted(again):
        enqueue(unit.connection, rule)


def _leave_queues(unit: Unit, plan: WritePlan, ids: Sequence[UUID]) -> None:
    """Take records that have an owner again out of the queues they waited in."""
    waits = (_share.object_id == plan.model.object_id, _share.cause == shares.QUEUE)
    leaving = delete(tables.share).where(*waits, in_keys(_share.record_id, IDS, unit.dialect))
    unit.connection.execute(leaving, bind_keys(IDS, ids, unit.dialect))


def _differs(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, field: str) -> bool:
    return before is None or now is None or not field or before.get(field) != now.get(field)


def enqueue(connection: Any, rule: str) -> None:
    """Have all records of a rule looked at; one job waits however often it is asked for."""
    jobs.enqueue(connection, JOB, {"rule": rule}, unique_key=f"{JOB}:{rule}")


def enqueue_scripts(connection: Any, rule: str, ids: Sequence[UUID] = ()) -> None:
    """Have the scripts of a rule look at some records, or at all."""
    if ids:
        jobs.enqueue(connection, SCRIPT_JOB, {"rule": rule, "ids": [str(one) for one in ids]})
    else:
        jobs.enqueue(connection, SCRIPT_JOB, {"rule": rule}, unique_key=f"{SCRIPT_JOB}:{rule}")


def sync(
    unit: Unit, plan: WritePlan, rules: Sequence[SharingRule], ids: Sequence[UUID], chosen: Chosen | None = None
) -> None:
    """Make the shares of ``rules`` on locked live rows what the rules say; shares that stay keep when they end.

    ``chosen``: whom scripts chose for these rows. Without it the shares that they gave stay as long as the rule holds.
    """
    of_object = _share.object_id == plan.model.object_id
    causes = [cause for rule in rules for cause in (rule.cause, rule.script_cause)]
    concerned = (of_object, in_keys(_share.record_id, IDS, unit.dialect), _share.cause.in_(causes))
    binds = bind_keys(IDS, ids, unit.dialect)
    rows = unit.connection.execute(select(tables.share).where(*concerned), binds).mappings()
    stored = {(row["record_id"], row["principal_kind"], row["principal"], row["cause"]): row for row in rows}
    wanted = _wanted(unit, plan, rules, ids)
    for rule in rules:
        _add_chosen(unit, plan, rule, ids, wanted, stored if chosen is None else _keys_of(rule, ids, chosen))
    same = {key for key, row in stored.items() if key in wanted and wanted[key].agrees(row)}
    moved = {key[0] for key in (stored.keys() ^ wanted.keys()) | (stored.keys() - same)}
    if not moved:
        return
    unit.connection.execute(delete(tables.share).where(*concerned), bind_keys(IDS, sorted(moved), unit.dialect))
    before = {key: dict(row) for key, row in stored.items()}
    values = [_row(unit, plan, key, wanted[key], before.get(key)) for key in sorted(wanted) if key[0] in moved]
    if values:
        shares.tell(unit.connection, plan.model.object_id, {row["principal"] for row in values})
        unit.connection.execute(insert(tables.share), values)


def _keys_of(rule: SharingRule, ids: Sequence[UUID], chosen: Chosen) -> list[_Key]:
    return [
        (key, "user", str(one), rule.script_cause)
        for key in ids
        for name in rule.scripts
        for one in chosen.get((key, name), ())
    ]


def _add_chosen(
    unit: Unit,
    plan: WritePlan,
    rule: SharingRule,
    ids: Sequence[UUID],
    wanted: dict[_Key, _Wanted],
    keys: Iterable[_Key],
) -> None:
    """Want the shares of a rule's scripts, on rows of which its condition holds and for people there are."""
    mine = [key for key in keys if key[3] == rule.script_cause and rule.scripts]
    if not mine:
        return
    holding = set(ids)
    if rule.where is not None:
        holding = {key for key, (holds,) in over_rows(unit, plan, [rule.where], ids).items() if holds}
    users = unit.plan("user").model
    people = sorted({UUID(key[2]) for key in mine})
    there = select(users.id).where(in_keys(users.id, IDS, unit.dialect), users.deleted_at.is_(None))
    known = {str(one) for one in unit.connection.execute(there, bind_keys(IDS, people, unit.dialect)).scalars()}
    wanted.update({key: _Wanted(rule) for key in mine if key[0] in holding and key[2] in known})


def _row(unit: Unit, plan: WritePlan, key: _Key, wanted: _Wanted, stored: Mapping[str, Any] | None) -> dict[str, Any]:
    since = unit.now if stored is None else stored["created_at"]
    ends = wanted.end(since) if stored is None or wanted.in_team else stored["expires_at"]
    return {
        "object_id": plan.model.object_id,
        "record_id": key[0],
        "principal_kind": key[1],
        "principal": key[2],
        "cause": key[3],
        "level": wanted.rule.access,
        "created_at": since,
        "expires_at": ends,
    }


def _wanted(unit: Unit, plan: WritePlan, rules: Sequence[SharingRule], ids: Sequence[UUID]) -> dict[_Key, _Wanted]:
    """Return the shares the rules want on rows."""
    conditions = [rule.where for rule in rules if rule.where is not None]
    people = [recipient.person for rule in rules for recipient in rule.to if recipient.person is not None]
    expressions = [*conditions, *people]
    values: Mapping[UUID, tuple[Any, ...]]
    values = over_rows(unit, plan, expressions, ids) if expressions else dict.fromkeys(ids, ())
    places = {id(expression): number for number, expression in enumerate(expressions)}
    found: dict[_Key, _Wanted] = {}
    named, teams = _principals(unit, rules), _teams(unit, plan, rules, ids)
    for key, answers in values.items():
        for rule in rules:
            if rule.where is not None and not answers[places[id(rule.where)]]:
                continue
            for to in rule.to:
                if to.kind == "script":
                    continue
                if to.kind == "team":
                    for person, until in teams.get((key, to.name), ()):
                        found.setdefault((key, "user", person, rule.cause), _Wanted(rule, True, until))
                    continue
                if to.person is not None:
                    kind, principal = "user", answers[places[id(to.person)]]
                else:
                    kind, principal = to.kind, named.get((to.kind, to.name))
                if principal is not None:
                    found[key, kind, str(principal), rule.cause] = _Wanted(rule)
    return found


def _teams(
    unit: Unit, plan: WritePlan, rules: Sequence[SharingRule], ids: Sequence[UUID]
) -> dict[tuple[UUID, str], list[tuple[str, datetime | None]]]:
    """Return who has the parts that rules name in the teams of records, and until when: (record, part) -> people."""
    parts = sorted({to.name for rule in rules for to in rule.to if to.kind == "team"})
    if not parts:
        return {}
    members = select(_share.record_id, _share.team_role, _share.principal, _share.expires_at).where(
        _share.object_id == plan.model.object_id,
        in_keys(_share.record_id, IDS, unit.dialect),
        _share.cause == shares.TEAM,
        _share.principal_kind == "user",
        _share.team_role.in_(parts),
    )
    found: dict[tuple[UUID, str], list[tuple[str, datetime | None]]] = defaultdict(list)
    for key, part, person, until in unit.connection.execute(members, bind_keys(IDS, ids, unit.dialect)):
        found[key, part].append((person, until))
    return found


def team_changed(unit: Unit, plan: WritePlan, record_id: UUID) -> None:
    """Bring the shares up to date that rules give to the team of a record held by the unit."""
    rules = [rule for rule in watch_of(unit.release).own.get(plan.name, ()) if any(to.kind == "team" for to in rule.to)]
    if rules:
        sync(unit, plan, rules, [record_id])


def _principals(unit: Unit, rules: Sequence[SharingRule]) -> dict[tuple[str, str], Any]:
    """Return ids of the people, groups and departments that rules name; a role's name is its principal."""
    found: dict[tuple[str, str], Any] = {}
    wanted: dict[str, set[str]] = defaultdict(set)
    for rule in rules:
        for to in rule.to:
            if to.kind == "role":
                found["role", to.name] = to.name
            elif to.kind in NAMES:
                wanted[to.kind].add(to.name)
    for kind, names in sorted(wanted.items()):
        object_name, field = NAMES[kind]
        if not unit.release.catalog.has("object", object_name):
            continue
        model = unit.plan(object_name).model
        statement = select(model.id, model.column(field)).where(
            model.column(field).in_(sorted(names)), model.deleted_at.is_(None)
        )
        for key, name in unit.connection.execute(statement):
            found[kind, name] = key
    return found


def published(connection: Any, old: Release | None, new: Release) -> None:
    """Follow a new release, in the transaction of its switch: shares of rules that are gone end, others are looked at.

    A rule whose object, or what it reads, did not change keeps its shares as they are.
    """
    rules: Mapping[str, SharingRule] = new.catalog.all("sharing_rule")
    before = {} if old is None else old.catalog.definitions
    gone = {name for kind, name in before if kind == "sharing_rule"} - set(rules)
    if gone:
        causes = [f"{shares.RULE}{name}{end}" for name in sorted(gone) for end in ("", ":script")]
        connection.execute(delete(tables.share).where(_share.cause.in_(causes)))
    same = partial(_same, before, new.catalog.definitions)
    for name, rule in rules.items():
        read = {owner for owner, _ in _read_elsewhere(new.catalog, rule)} | {rule.object}
        scripts = all(same(("script", each)) for each in rule.scripts)
        if not (same(("sharing_rule", name)) and scripts and all(same(("object", each)) for each in read)):
            enqueue(connection, name)


def _same(before: Mapping[Any, Any], after: Mapping[Any, Any], key: tuple[str, str]) -> bool:
    return key in before and key in after and before[key].data == after[key].data
