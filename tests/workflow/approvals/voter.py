"""One process in which everybody decides on everything at once with other processes; prints what came of it."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from formline.errors import FormlineError
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.runtime.tables import approval_task
from formline.workflow.approvals import shell
from tests.fixtures.sites import settings_for

#: What people may be told when others were faster.
FASTER = {"approval_decided", "approval_not_running", "approval_task_gone", "approval_not_yours"}


def vote(site: Site, seed: int, keys: list[UUID]) -> Counter[str]:
    """Decide on every open task of the instances until nothing is open; return outcomes by name."""
    chance = random.Random(seed)  # noqa: S311 - work to do again, no secret
    outcomes: Counter[str] = Counter()
    while True:
        wanted = select(approval_task).where(approval_task.c.approval_id.in_(keys), approval_task.c.state == "open")
        with site.reading() as connection:
            tasks = list(connection.execute(wanted))
        if not tasks:
            return outcomes
        row = chance.choice(tasks)
        with site.reading() as connection:
            actor = load_actor(connection, site.release, row.person_id)
        choice = chance.choice(["approve", "approve", "approve", "approve", "approve", "reject"])
        try:
            shell.decide(site, actor, row.approval_id, row.ballot, choice)
            outcomes["decided"] += 1
        except FormlineError as error:
            outcomes[error.code] += 1


if __name__ == "__main__":
    url, folder, seed, *found = sys.argv[1:]
    opened = Site.open(settings_for(url, Path(folder)))
    for name, count in vote(opened, int(seed), [UUID(one) for one in found]).items():
        print(name, count)
    opened.close()
