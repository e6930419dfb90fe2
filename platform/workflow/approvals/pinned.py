"""Running instances stay on their version: a plan says which go on as they are, and stops where they could not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, func, select

from formline.catalog.catalog import Catalog
from formline.errors import Level, Problem
from formline.expressions.problems import ExpressionError
from formline.runtime.migration import referrers
from formline.runtime.release import Release
from formline.runtime.tables import approval, approval_version
from formline.workflow.approvals.reading import ROOTS_HERE, expressions_of, paths_of


@referrers.provide
def running(connection: Connection, old: Release, new: Release) -> Iterator[Problem]:
    """Yield an error per version that running instances need and that the plan breaks; a warning where it changes."""
    c = approval.c
    counted = select(c.version, c.name, func.count().label("number")).where(c.ended_at.is_(None))
    rows = connection.execute(counted.group_by(c.version, c.name).order_by(c.name)).all()
    for row in rows:
        data = connection.execute(
            select(approval_version.c.data).where(approval_version.c.hash == row.version)
        ).scalar_one()
        where = f"approval/{row.name}"
        for reason in broken(new.catalog, data):
            message = f"{row.number} running approvals could not go on: {reason}."
            yield Problem("running-approvals", message, "end them first, or keep what they need", None, where)
        if _changes(old, new, row.name):
            message = f"{row.number} running approvals go on with the version they began with."
            yield Problem("approvals-stay", message, "", None, where, Level.WARNING)


def _changes(old: Release, new: Release, name: str) -> bool:
    if not new.catalog.has("approval", name):
        return True
    if not old.catalog.has("approval", name):
        return False
    return bool(old.catalog.source("approval", name).data != new.catalog.source("approval", name).data)


def broken(catalog: Catalog, data: Mapping[str, Any]) -> list[str]:
    """Return what a version reads or guards that a catalog does not have."""
    name = str(data["object"])
    if not catalog.has("object", name):
        return [f"there is no {name} any more"]
    fields = catalog.object(name).fields
    found: list[str] = []
    for path in paths_of(data):
        first = path.split(".")[0]
        if first not in fields and first not in ("submitter", "item") and catalog.object(name).child(first) is None:
            found.append(f"{name} has no {first} any more")
    for source in expressions_of(data):
        try:
            catalog.compiler.compile(source, object=name, roots=ROOTS_HERE)
        except ExpressionError as error:
            found += [one.message.rstrip(".") for one in error.problems]
    guards = data["guards"]
    if isinstance(guards, Mapping) and "transition" in guards:
        machines = [catalog.source("state_machine", one).data for one in catalog.names("state_machine")]
        ways = {way for one in machines if one["object"] == name for way in one.get("transitions") or ()}
        if guards["transition"] not in ways:
            found.append(f"there is no transition {guards['transition']} any more")
    return list(dict.fromkeys(found))
