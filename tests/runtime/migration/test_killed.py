"""An apply that is killed at any step leaves a site that works, and can be finished or given up."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from formline.errors import NotFoundError, StalePlanError
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration import apply as applying
from formline.runtime.migration import carry
from formline.runtime.migration.doctor import doctor
from formline.runtime.migration.plan import plan
from formline.runtime.releases import unfinished
from formline.runtime.site import Site
from formline.runtime.unit import Change, Unit, run_unit
from tests.fixtures.sites import publish, published_at, settings_for
from tests.runtime.migration.definitions import BASE, with_fields
from tests.runtime.migration.processes import context
from tests.runtime.migration.rows import add, rows

ROWS = 30
LINE = with_fields("line", order="{type: parent, to: sale, reverse: lines}", amount="{type: integer}")
BEFORE = [
    *BASE,
    with_fields("sale", name="{type: text}", size="{type: text}", gone="{type: text}"),
    LINE,
]
AFTER = [
    *BASE,
    with_fields(
        "sale",
        title="{type: text, was: name}",
        size="{type: decimal, scale: 2}",
        double="{type: formula, returns: decimal, scale: 2, expression: size * 2}",
        total="{type: rollup, of: lines.amount, aggregate: sum}",
        code="{type: text, unique: true}",
    ),
    LINE,
    with_fields("brand", name="{type: text}"),
]
#: More than the events of the longest apply: the test ends at the first number the apply survives.
MOST_EVENTS = 60


def prepared(folder: Path) -> Callable[[str], None]:
    def fill(url: str) -> None:
        site = published_at(url, BEFORE, folder)
        sales = add(site, "sale", *({"name": f"n{n}", "size": str(n), "gone": "x"} for n in range(ROWS)))
        add(site, "line", *({"order": sale, "amount": 2} for sale in sales))
        site.close()

    return fill


def apply_and_die(url: str, folder: Path, deadly: int) -> None:
    """Apply, and end the process as kill -9 does at event number ``deadly``: before a step, or before it is noted."""
    events = 0

    def happened() -> None:
        nonlocal events
        if events == deadly:
            os._exit(9)
        events += 1

    noting = carry.Carrier._note

    def note(self: carry.Carrier, connection: Any, **values: Any) -> None:
        happened()
        noting(self, connection, **values)

    carry.Carrier._note = note  # type: ignore[method-assign]
    carry.BATCH = 10  # type: ignore[attr-defined]
    site = Site.open(settings_for(url, folder))
    made = plan(site, candidate_of_texts(site.settings, AFTER))
    applying.apply(site, made, "killed", applying.Author("test"), progress=lambda *_: happened())
    os._exit(0)


def run_until_killed(url: str, folder: Path, deadly: int) -> int | None:
    process = context().Process(target=apply_and_die, args=(url, folder, deadly))
    process.start()
    process.join(timeout=60)
    assert process.exitcode in (0, 9)
    return process.exitcode


@pytest.mark.timeout(300)
def test_an_apply_killed_anywhere_can_be_used_meanwhile_and_resumed(
    database_copy: Callable[[str, Callable[[str], None]], str], tmp_path: Path, database: str
) -> None:
    for deadly in range(0, MOST_EVENTS, stride(database)):
        url = database_copy("killed", prepared(tmp_path))
        finished = run_until_killed(url, tmp_path, deadly) == 0
        site = Site.open(settings_for(url, tmp_path))
        use(site)
        if interrupted(site):
            with pytest.raises(StalePlanError, match=r"unfinished|made for"):
                publish_again(site)
            applying.resume(site)
        verify(site)
        site.close()
        if finished:
            return
    pytest.fail("the apply has more events than this test tries")


def stride(database: str) -> int:
    """Every event on SQLite; on PostgreSQL, where copies of databases are slow, every third unless asked for all."""
    return 3 if database == "postgresql" and not os.environ.get("FORMLINE_TEST_LONG") else 1


def interrupted(site: Site) -> bool:
    """Whether the killed apply left something to do; not so between its last write and its end."""
    with site.reading() as connection:
        return unfinished(connection) is not None


def publish_again(site: Site) -> None:
    """Try another apply, as somebody else would."""
    made = plan(site, candidate_of_texts(site.settings, BEFORE))
    assert "apply-unfinished" in [problem.code for problem in made.warnings + made.blockers]
    object.__setattr__(made, "blockers", ())
    applying.apply(site, made, "other", applying.Author("other"))


def use(site: Site) -> None:
    """Write as a unit does under whatever release is live: change row 0, add a row and a line."""
    release = site.refresh()
    sale, name = ("sale", "name") if "name" in release.catalog.object("sale").fields else ("sale", "title")
    size: Any = "100" if name == "name" else Decimal(100)
    first = rows(site, sale, "id")[0][0]

    def work(unit: Unit) -> None:
        unit.update("sale", [Change(first, {"size": size})])
        (new,) = unit.create("sale", [{name: "new", "size": size}])
        unit.create("line", [{"order": new, "amount": 5}, {"order": first, "amount": 5}])

    run_unit(site, Actor.system(), work)


def verify(site: Site) -> None:
    found = rows(site, "sale", "title", "size", "double", "total")
    assert found[0] == ("n0", Decimal(100), Decimal(200), 7)
    assert found[1:ROWS] == [(f"n{n}", Decimal(n), Decimal(2 * n), 2) for n in range(1, ROWS)]
    assert found[ROWS:] == [("new", Decimal(100), Decimal(200), 5)]
    assert doctor(site) == []
    with pytest.raises(NotFoundError):
        applying.resume(site)


def test_an_apply_given_up_leaves_the_old_release(
    database_copy: Callable[[str, Callable[[str], None]], str], tmp_path: Path
) -> None:
    url = database_copy("killed", prepared(tmp_path))
    assert run_until_killed(url, tmp_path, 8) == 9
    site = Site.open(settings_for(url, tmp_path))
    assert applying.abandon(site) == 2
    assert len(rows(site, "sale", "name", "size", "gone")) == ROWS
    assert doctor(site) == []
    publish(site, AFTER)
    assert rows(site, "sale", "size", "double", "total")[1] == (Decimal(1), Decimal(2), 2)
    assert doctor(site) == []
    site.close()


def test_two_applies_at_once_are_refused(
    database_copy: Callable[[str, Callable[[str], None]], str], tmp_path: Path
) -> None:
    url = database_copy("killed", prepared(tmp_path))
    site = Site.open(settings_for(url, tmp_path))
    other = Site.open(settings_for(url, tmp_path))

    rival = plan(other, candidate_of_texts(site.settings, BASE))

    def interrupt(number: int, _total: int, _step: Any) -> None:
        if number == 0:
            with pytest.raises(StalePlanError, match="Another apply is running"):
                applying.apply(other, rival, "second", applying.Author("other"))

    made = plan(site, candidate_of_texts(site.settings, AFTER))
    applying.apply(site, made, "first", applying.Author("test"), progress=interrupt)
    with pytest.raises(StalePlanError, match="made for release 1"):
        applying.apply(other, rival, "stale", applying.Author("other"))
    site.close()
    other.close()
