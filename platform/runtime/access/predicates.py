"""The one condition under which an actor has a right on a row: scopes, plus shares, less restrictions; SQL only."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import ColumnElement, and_, false, func, not_, or_

from formline.catalog.sharing import RestrictionRule
from formline.runtime.access import shares
from formline.runtime.access.actor import Actor
from formline.runtime.access.rights import Rights, rights
from formline.runtime.access.scopes import any_scope
from formline.runtime.queries.bound import BoundRow
from formline.runtime.queries.source import SqlSource
from formline.runtime.queries.statement import Statement


def user_root(statement: Statement) -> BoundRow:
    """Return the root ``user`` of a statement, whose values come with the parameters."""
    return BoundRow(statement, "user", "user")


def predicate(source: SqlSource, actor: Actor, object: str, right: str = "read") -> ColumnElement[bool] | None:
    """Return when ``actor`` has ``right`` on the row of ``source``, a row of ``object``; None where on every row.

    User values are parameters of the statement, so the condition is the same for all actors with equal rights.
    """
    if source.object.name != object:
        raise ValueError(f"the source is a row of {source.object.name}, not of {object}")
    return Predicates(rights(source.statement.release, actor), actor.shared).condition(source, right)


def withheld(source: SqlSource, rule: RestrictionRule) -> ColumnElement[bool]:
    """Return that a restriction rule leaves the row to the user: it does not meet the rule, or the user keeps it."""
    left = not_(func.coalesce(rule.where.where(source), false()))
    return left if rule.people is None else or_(left, func.coalesce(rule.people.where(source), false()))


class Predicates:
    """Conditions for one set of rights. ``shared``: ids of objects of which records are shared with the actor."""

    def __init__(self, access: Rights, shared: frozenset[int]) -> None:
        """Keep the rights; two users with equal ones get equal statements."""
        self.access = access
        self.shared = shared

    def read(self, source: SqlSource) -> ColumnElement[bool] | None:
        """Return when the row may be read; this is the reader of a person's paths."""
        return self.condition(source, "read")

    def condition(self, source: SqlSource, right: str) -> ColumnElement[bool] | None:
        """Return when the right is given on the row; rights other than read need read, too."""
        if self.access.all:
            return None
        if "user" not in source.roots:
            source = replace(source, roots={**source.roots, "user": user_root(source.statement)})
        definition = source.definition()
        parts = [self._granted(definition, each) for each in dict.fromkeys((right, "read"))]
        parts += [withheld(definition, rule) for rule in self.access.object(source.object.name).restrictions(right)]
        conditions = [part for part in parts if part is not None]
        return and_(*conditions) if conditions else None

    def _granted(self, source: SqlSource, right: str) -> ColumnElement[bool] | None:
        on_parent = "read" if right == "read" else "update"
        scopes = self.access.object(source.object.name).scopes(right)
        condition = any_scope(source, scopes, lambda parent: self.condition(parent, on_parent))
        if condition is None or not scopes or right not in ("read", "update"):
            return condition  # a share widens a right that some role gives, it does not replace it
        if source.model.object_id not in self.shared:
            return condition
        return or_(condition, shares.shared(source, right))
