"""Whose turn it is: people take turns per row of a rule, one chooser at a time, so that no turn is lost or taken twice.

Whoever waited longest is next; somebody new comes before all who had a turn. Who is passed over keeps their place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from formline.runtime.tables import assignment_round, assignment_turn

_round, _turn = assignment_round.c, assignment_turn.c


class Round:
    """The turns of one row inside one transaction; locked from the first question until the transaction ends."""

    def __init__(self, connection: Connection, rule: str, row: str) -> None:
        """Wait for other choosers, then read where the round stands."""
        self.connection, self.rule, self.row = connection, rule, row
        dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
        start = dialect.insert(assignment_round).values(rule=rule, row=row, turn=0)
        connection.execute(start.on_conflict_do_nothing())
        mine = (_round.rule == rule) & (_round.row == row)
        self.last: int = connection.execute(select(_round.turn).where(mine).with_for_update()).scalar_one()
        had = select(_turn.user_id, _turn.turn).where(_turn.rule == rule, _turn.row == row)
        self.turns: dict[UUID, int] = {found.user_id: found.turn for found in connection.execute(had)}
        self._known = set(self.turns)
        self._moved: set[UUID] = set()

    def order(self, people: Collection[UUID]) -> Sequence[UUID]:
        """Return people in the order of their turns; new ones by age of their record."""
        return sorted(people, key=lambda one: (self.turns.get(one, 0), one))

    def take(self, person: UUID) -> None:
        """Note that somebody had their turn."""
        self.last += 1
        self.turns[person] = self.last
        self._moved.add(person)

    def save(self) -> None:
        """Write the turns that were taken."""
        if not self._moved:
            return
        mine = (_round.rule == self.rule) & (_round.row == self.row)
        self.connection.execute(update(assignment_round).where(mine).values(turn=self.last))
        new = [
            {"rule": self.rule, "row": self.row, "user_id": one, "turn": self.turns[one]}
            for one in sorted(self._moved - self._known)
        ]
        if new:
            self.connection.execute(insert(assignment_turn), new)
        for one in sorted(self._moved & self._known):
            same = (_turn.rule == self.rule) & (_turn.row == self.row) & (_turn.user_id == one)
            self.connection.execute(update(assignment_turn).where(same).values(turn=self.turns[one]))
        self._known |= self._moved
        self._moved.clear()
