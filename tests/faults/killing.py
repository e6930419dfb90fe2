"""Killing at random moments: processes with SIGKILL, connections in the server; and what their ends leave behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url, text, update

from formline.runtime.site import Site
from formline.runtime.tables import delivery, job, leader

#: Kills of one run of the suite, over all its tests and both databases.
KILLS = int(os.environ.get("FORMLINE_KILLS", "20"))
#: Seconds between two kills, by chance: long enough that something has begun again.
PAUSES = (0.05, 1.2)
#: Seconds after which a test gives up.
PATIENCE = 180.0 + 6 * KILLS
WATCHING = "watching"


def share(part: float) -> int:
    """Return how many kills one test on one database does: a part of all, at least one."""
    return max(1, round(KILLS * part))


def descendants(process: int) -> list[tuple[int, str]]:
    """Return the processes below a process, with their command lines."""
    found: list[tuple[int, str]] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found += [(child, command), *descendants(child)]
    return found


class Killer:
    """Kills one of its victims by chance, of the kind killed least so far, and keeps count by kind.

    ``victims()`` returns (kind, kill) of all that could be killed now.
    """

    def __init__(
        self,
        seed: int,
        victims: Callable[[], list[tuple[str, Callable[[], bool]]]],
        pauses: tuple[float, float] = PAUSES,
    ) -> None:
        self._pauses = pauses
        self._chance = random.Random(seed)  # noqa: S311 - work to do again, no secret
        self._victims = victims
        self.killed: dict[str, int] = {}

    def work(self, kills: int, after: Callable[[str], None]) -> None:
        """Kill so often, each at a random moment; ``after(kind)`` is called after each."""
        deadline = time.monotonic() + PATIENCE
        while sum(self.killed.values()) < kills:
            assert time.monotonic() < deadline, f"only {self.killed} could be killed"
            time.sleep(self._chance.uniform(*self._pauses))  # the random moment itself
            victims = self._victims()
            self._chance.shuffle(victims)
            kind, kill = min(victims, key=lambda one: self.killed.get(one[0], 0), default=("", lambda: False))
            if kill():
                self.killed[kind] = self.killed.get(kind, 0) + 1
                after(kind)


def kill(process: int) -> bool:
    """Kill a process; return whether it was there."""
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def watching(url: str) -> str:
    """Return the URL with which a test looks on: its own connections are spared."""
    found = make_url(url)
    if found.get_backend_name() != "postgresql":
        return url
    return found.update_query_dict({"application_name": WATCHING}).render_as_string(hide_password=False)


def terminate_backend(site: Site, chance: random.Random) -> bool:
    """End one connection to the site's database in the PostgreSQL server, any but those of :func:`watching`."""
    others = text(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name <> :watching"
    )
    with site.reading() as connection:
        backends = list(connection.execute(others, {"watching": WATCHING}).scalars())
        if not backends:
            return False
        end = text("SELECT pg_terminate_backend(:pid)")
        return bool(connection.execute(end, {"pid": chance.choice(backends)}).scalar())


def end_leases(site: Site) -> None:
    """Let the leases of the dead have ended and pauses be over, as waiting half a minute would."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with site.writing() as connection:
        connection.execute(update(leader).values(lease_until=past))
        for table in (job, delivery):
            connection.execute(update(table).where(table.c.state == "running").values(lease_until=past))
            tried = table.c.state.in_(("waiting", "failed")) if table is delivery else table.c.state == "waiting"
            connection.execute(update(table).where(tried).values(run_after=past))


@contextlib.contextmanager
def until(what: str, seconds: float = PATIENCE) -> Iterator[Callable[[], bool]]:
    """Yield ``waiting()``, true until a deadline that fails the test; each call pauses a little."""
    deadline = time.monotonic() + seconds

    def waiting() -> bool:
        assert time.monotonic() < deadline, f"{what} did not come to an end"
        time.sleep(0.05)
        return True

    yield waiting
