"""One process in which people claim the same customers at once with other processes; prints what came of it."""

from __future__ import annotations

import random
import sys
from collections import Counter
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from formline.errors import FormlineError, ValidationError
from formline.runtime.access.loading import load_actor
from formline.runtime.site import Site
from formline.runtime.unit import run_unit
from formline.workflow.pools import moving
from tests.fixtures.sites import settings_for
from tests.workflow.pools.firm import START


def claim_all(site: Site, seed: int, keys: list[UUID]) -> Counter[str]:
    """Let both sellers try to claim everything, in an order of chance; return outcomes by name."""
    chance = random.Random(seed)  # noqa: S311 - work to do again, no secret
    users = site.release.model("user")
    with site.reading() as connection:
        found = connection.execute(select(users.id).where(users.column("login").in_(["sam", "sue"]))).scalars()
        actors = [load_actor(connection, site.release, key) for key in sorted(found)]
    tries = [(actor, key) for actor in actors for key in keys]
    chance.shuffle(tries)
    outcomes: Counter[str] = Counter()
    pool = site.release.catalog.get("pool", "east")
    for actor, key in tries:
        try:
            run_unit(site, actor, lambda unit, key=key: moving.claim(unit, pool, [key]), now=START)  # type: ignore[misc]
            outcomes[str(actor.user["login"])] += 1
        except ValidationError as error:
            outcomes[error.errors[0].code] += 1
        except FormlineError as error:
            outcomes[error.code] += 1
    return outcomes


if __name__ == "__main__":
    url, folder, seed, *found = sys.argv[1:]
    opened = Site.open(settings_for(url, Path(folder)))
    for name, count in claim_all(opened, int(seed), [UUID(one) for one in found]).items():
        print(name, count)
    opened.close()
