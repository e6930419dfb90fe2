"""One reader's view of one release: rights, conditions and sources that lists, titles and totals share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from formline.expressions.expression import Expression
from formline.runtime.access.actor import Actor
from formline.runtime.access.predicates import Predicates, user_root
from formline.runtime.access.rights import Rights, rights
from formline.runtime.queries.conditions import written_expression
from formline.runtime.queries.source import SqlSource, source_of
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class Reading:
    """One reader's view of one release: what the builders below share."""

    release: Release
    actor: Actor
    access: Rights
    predicates: Predicates

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal for actors whose statements are the same."""
        return (self.access, self.actor.shared)

    def source(self, object: str, statement: Statement | None = None) -> SqlSource:
        """Return a source of an object, limited to what the actor may read, of a new statement or a given one."""
        statement = statement or Statement(self.release)
        reader = None if self.access.all else self.predicates.read
        return source_of(statement, object, roots={"user": user_root(statement)}, reader=reader)

    def expression(self, object: str, text: str) -> Expression:
        """Compile an expression a person wrote; every field on its paths must be theirs to read.

        Raises:
            ExpressionError: it makes no sense. QueryError: a field they may not read. BudgetError: too much.
        """
        return written_expression(self.release, self.access, object, text)


def reading(release: Release, actor: Actor) -> Reading:
    """Return the actor's view; cheap."""
    access = rights(release, actor)
    return Reading(release, actor, access, Predicates(access, actor.shared))
