"""Statements built once per (object, shape, rights) and run with values; nothing here decides what a person may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Executable

from formline.runtime.access.actor import Actor
from formline.runtime.driver import DriverQuery
from formline.runtime.queries.cache import Recent
from formline.runtime.queries.statement import Bind, Statement
from formline.runtime.release import Release

#: Prepared statements kept per release and process.
MOST_STATEMENTS = 5_000


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A built statement with the binds of its user and clock; ``statement`` collected them."""

    executable: Executable
    statement: Statement
    query: DriverQuery = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Have it compiled when it is first run."""
        object.__setattr__(self, "query", DriverQuery(self.executable))

    @property
    def binds(self) -> Mapping[str, Bind]:
        """The parameters whose values come from roots."""
        return self.statement.binds

    def run(
        self,
        connection: Connection,
        actor: Actor,
        values: Mapping[str, Any],
        roots: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> list[Sequence[Any]]:
        """Run it for an actor; ``values`` are its further parameters, ``roots`` records known by value."""
        parameters = self.parameters(actor, roots)
        parameters.update(values)
        return self.query.rows(connection, parameters)

    def parameters(self, actor: Actor, roots: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
        """Return the values of all binds for an actor, now."""
        if not self.statement.binds:
            return {}
        return self.statement.parameters({**actor_roots(self.statement.release, actor), **(roots or {})})


def actor_roots(release: Release, actor: Actor) -> dict[str, Mapping[str, Any]]:
    """Return the roots every statement may ask for: the user, the sets around them, the clock."""
    now = datetime.now(UTC)
    clock = {"now": now, "today": now.astimezone(release.zone).date()}
    return {"user": {"id": actor.user_id, **actor.user}, "reach": actor.reach.values(), "clock": clock}


def statements(release: Release) -> Recent[Any, Any]:
    """Return the release's cache of prepared things; keys name shape and rights."""
    return release.memo("prepared", lambda: Recent(MOST_STATEMENTS))
