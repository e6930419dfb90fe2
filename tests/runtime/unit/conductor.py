"""Plays several units statement by statement in an order drawn from a seed, on PostgreSQL.

A unit that waits for another's lock is left alone until it goes on; so every order that the locks allow can come up.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text

from formline.errors import FormlineError
from formline.runtime.site import Site

_PATIENCE = 20.0  # seconds for one play; reached only when something is wrong
_LOOK = 0.001  # seconds between two looks at what a unit does


@dataclass
class Player:
    """One unit in its own thread."""

    work: Callable[[], Any]
    thread: threading.Thread = field(init=False)
    arrived: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)
    done: bool = False
    pid: int = 0
    error: BaseException | None = None

    def run(self) -> None:
        """Do the work, keeping what it raises."""
        try:
            self.work()
        except BaseException as error:
            self.error = error
        self.done = True
        self.arrived.set()


class Conductor:
    """Lets one player execute one statement at a time."""

    def __init__(self, site: Site, seed: int) -> None:
        """Draw the order from ``seed``."""
        self.site = site
        self.random = random.Random(seed)  # noqa: S311 - an order to play again, no secret
        self.players: dict[int, Player] = {}

    def play(self, works: Sequence[Callable[[], Any]]) -> list[BaseException | None]:
        """Run all works interleaved; return what each raised. Errors that people are never shown are raised here."""
        players = [Player(work) for work in works]
        event.listen(self.site.engines.write, "before_cursor_execute", self._before)
        try:
            for player in players:
                player.thread = threading.Thread(target=player.run, daemon=True)
                player.thread.start()
                self.players[player.thread.ident or 0] = player
            self._conduct(players)
        finally:
            event.remove(self.site.engines.write, "before_cursor_execute", self._before)
        for player in players:
            if player.error is not None and not isinstance(player.error, FormlineError):
                raise player.error
        return [player.error for player in players]

    def _before(self, connection: Any, *_: Any) -> None:
        player = self.players.get(threading.get_ident())
        if player is not None:
            player.pid = connection.connection.driver_connection.info.backend_pid
            player.arrived.set()
            assert player.go.wait(_PATIENCE)
            player.go.clear()

    def _conduct(self, players: Sequence[Player]) -> None:
        until = time.monotonic() + _PATIENCE
        with self.site.engines.read.connect() as looker:
            while not all(player.done for player in players):
                assert time.monotonic() < until, "the units wait for each other"
                ready = [player for player in players if player.arrived.is_set() and not player.done]
                if not ready:
                    time.sleep(_LOOK)
                    continue
                chosen = self.random.choice(ready)
                chosen.arrived.clear()
                chosen.go.set()
                while not chosen.arrived.wait(_LOOK) and not self._waits(looker, chosen):
                    assert time.monotonic() < until, "a statement does not end"

    @staticmethod
    def _waits(looker: Any, player: Player) -> bool:
        asked = text("SELECT count(*) FROM pg_locks WHERE pid = :pid AND NOT granted")
        return bool(looker.execute(asked, {"pid": player.pid}).scalar_one())
