"""Server CPU of a create and an update with ten rules, five formulas and two rollups, against the plain limit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from benchmarks import platform_site
from benchmarks.limit import app as limit_app
from benchmarks.limit import tables as limit_tables
from benchmarks.measurement import Measurement
from benchmarks.requests import CALLERS, VALUES, Call, caller, database, milliseconds, sign_in
from formline.runtime.access.actor import Actor
from formline.runtime.engines import open_engines
from formline.runtime.site import Site
from formline.runtime.unit import Unit, run_unit
from formline.settings import Settings

REQUESTS = 400
ROWS = 1_000
#: Deals of the account whose rollups follow each change.
BESIDE = 20


def measure() -> Iterator[Measurement]:
    """Yield the milliseconds of both sides and their ratio on both databases."""
    for kind in ("sqlite", "postgresql"):
        with database(kind, "formline_bench_limit") as limit_url, database(kind, "formline_bench_ruled") as url:
            engines = open_engines(Settings(database_url=limit_url))
            limit_ids = limit_tables.fill(engines.write, ROWS)
            limit = caller(limit_app.create_app(engines.read, engines.write), [limit_tables.TOKEN])
            with platform_site.site_at(url) as site:
                for what, calls in _cases(limit, limit_ids[0], site):
                    one, other = milliseconds(calls, REQUESTS)
                    yield Measurement(f"{kind}: {what}, the limit's plain one", one, "ms")
                    yield Measurement(f"{kind}: {what}, 10 rules, 5 formulas, 2 rollups", other, "ms")
                    yield Measurement(f"{kind}: {what}, ratio", other / one, "x", "<= 3")
            engines.dispose()


def _cases(limit: Callable[..., Any], limit_id: UUID, site: Site) -> Iterator[tuple[str, list[Call]]]:
    """Yield what is asked, and how the limit and the platform are asked."""
    from formline.web import create_app

    platform_site.fill(site, ROWS)
    account, deal = _account(site)
    people = [f"u{number}" for number in range(CALLERS)]
    for login in people:
        sign_in(site, login)  # a token is of use to who may sign in
    ours = caller(create_app(site), [platform_site.token_for(site, login) for login in people])
    body, ruled = json.dumps(VALUES).encode(), json.dumps({**VALUES, "account": account}).encode()
    amounts = iter(range(1, 10**9))

    def change() -> bytes:
        return json.dumps({"amount": str(next(amounts))}).encode()

    yield (
        "create",
        [lambda: limit("POST", "/api/deal", body), lambda: ours("POST", "/api/v1/ruled_deal", ruled)],
    )
    yield (
        "update of an amount",
        [
            lambda: limit("PATCH", f"/api/deal/{limit_id}", change()),
            lambda: ours("PATCH", f"/api/v1/ruled_deal/{deal}", change()),
        ],
    )


def _account(site: Site) -> tuple[str, str]:
    """Make an account with some deals; return it and one of them."""
    values = {key: value for key, value in VALUES.items() if key != "name"}

    def work(unit: Unit) -> tuple[str, str]:
        (account,) = unit.create("ruled_account", [{"name": "Company 7"}])
        rows = [{"name": f"Deal {number}", **values, "account": account} for number in range(BESIDE)]
        deals = unit.create("ruled_deal", rows)
        return str(account), str(deals[0])

    return run_unit(site, Actor.system(), work)
