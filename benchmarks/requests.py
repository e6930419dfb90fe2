"""Server CPU per request, platform against limit, in one run on the same machine and database kind.

``python -m benchmarks.requests [--rows N] [--database sqlite|postgresql] [--requests N]`` prints a Markdown table.
Both applications are called as WSGI in this process: what is measured is the time this process computes
(``time.process_time``), not what the database server or the network does.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import platform_site
from benchmarks.growing import grow
from benchmarks.limit import app as limit_app
from benchmarks.limit import tables as limit_tables
from formline.runtime.engines import open_engines
from formline.settings import Settings

POSTGRESQL = "postgresql://postgres@127.0.0.1:5432"
VALUES = {"name": "A new deal", "customer": "Company 7", "phase": "open", "priority": "high", "amount": "1250.50",
          "probability": 20, "closes_on": "2026-12-01", "email": "a@b.example", "quantity": 3}  # fmt: skip
#: Rows sent to the database; more are made of them there.
MOST_SENT = 100_000
#: People whose tokens take turns.
CALLERS = 20

Call = Callable[[], tuple[str, bytes]]


@dataclass(frozen=True)
class Case:
    """One kind of request: what it is called, its target ratio, and how each side is asked."""

    name: str
    target: float
    limit: Call
    platform: Call


def caller(app: Any, tokens: Sequence[str], cookie: str = "") -> Callable[..., tuple[str, bytes]]:
    """Return a function that sends one request to a WSGI application.

    The tokens take turns, from an address each: no account asks more often than its limit lets it.
    """
    callers = itertools.cycle((f"10.0.0.{number}", token) for number, token in enumerate(tokens, 1))

    def call(method: str, path: str, body: bytes = b"", query: str = "") -> tuple[str, bytes]:
        address, token = next(callers)
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost",
            "SERVER_PORT": "80", "HTTP_HOST": "localhost", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", "REMOTE_ADDR": address,
        }  # fmt: skip
        if cookie:
            environ["HTTP_COOKIE"] = cookie
        else:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        status: list[str] = []
        result = app(environ, lambda line, headers, error=None: status.append(line))
        answer = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        return status[0], answer

    return call


@contextmanager
def database(kind: str, name: str) -> Iterator[str]:
    """Yield the URL of a new database and remove it afterwards."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'bench.db'}"
        return
    with psycopg.connect(f"{POSTGRESQL}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
        try:
            yield f"{POSTGRESQL}/{name}"
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def milliseconds(calls: Sequence[Call], requests: int, rounds: int = 8) -> list[float]:
    """Return CPU milliseconds per request of each call: the best of rounds that take turns.

    Taking turns, a busy moment of the machine meets all of them. The first answer must be a success.
    """
    for call in calls:
        status, answer = call()
        if status[0] != "2":
            raise SystemExit(f"{status}: {answer[:500]!r}")
        for _ in range(30):
            call()
    best = [float("inf")] * len(calls)
    each = max(1, requests // rounds)
    for _ in range(rounds):
        for number, call in enumerate(calls):
            start = time.process_time()
            for _ in range(each):
                call()
            best[number] = min(best[number], (time.process_time() - start) / each * 1000)
    return best


def cases(limit: Callable[..., Any], platform: Callable[..., Any], pages: Callable[..., Any],
          limit_ids: list[UUID], ids: list[UUID]) -> list[Case]:  # fmt: skip
    """Return every kind of request on both sides."""
    body = json.dumps(VALUES).encode()
    change = iter(range(10**9))
    phase = 'where=phase%20==%20"open"&fields=name,customer,phase,amount,closes_on&sort=-created_at'

    def patch() -> bytes:
        return json.dumps({"amount": str(next(change))}).encode()

    return [
        Case("token-authenticated ping", 1.3, lambda: limit("GET", "/api/ping"),
             lambda: platform("GET", "/api/v1/me")),
        Case("API list, 20 rows x 6 fields", 1.5, lambda: limit("GET", "/api/deal"),
             lambda: platform("GET", "/api/v1/deal", query=phase)),
        Case("API get one", 1.5, lambda: limit("GET", f"/api/deal/{limit_ids[0]}"),
             lambda: platform("GET", f"/api/v1/deal/{ids[0]}")),
        Case("API create + audit", 2.0, lambda: limit("POST", "/api/deal", body),
             lambda: platform("POST", "/api/v1/deal", body)),
        Case("API update one field + audit", 2.0, lambda: limit("PATCH", f"/api/deal/{limit_ids[1]}", patch()),
             lambda: platform("PATCH", f"/api/v1/deal/{ids[1]}", patch())),
        Case("HTML list page", 2.0, lambda: limit("GET", "/deal"), lambda: pages("GET", "/o/deal")),
        Case("HTML edit page, 20 fields", 2.0, lambda: limit("GET", f"/deal/{limit_ids[2]}/edit"),
             lambda: pages("GET", f"/o/deal/{ids[2]}/edit")),
    ]  # fmt: skip


def sign_in(site: Any, login: str) -> str:
    """Return the cookie of a session of a user."""
    from formline.cli.options import user_id_of
    from formline.web.auth import accounts, passwords, sessions

    user_id = user_id_of(site, login)
    with site.writing() as connection:
        accounts.save_password(connection, user_id, login, passwords.hash_password(passwords.new_password()))
        made = sessions.create(connection, user_id, address="127.0.0.1", agent="benchmark", days=1, replaces=None)
    return f"formline={made.new_token}"


def run(kind: str, rows: int, requests: int) -> None:
    """Measure every case on one kind of database and print its table."""
    from formline.web import create_app

    with database(kind, "formline_bench_limit") as limit_url, database(kind, "formline_bench") as url:
        engines = open_engines(Settings(database_url=limit_url))
        sent = min(rows, MOST_SENT)
        limit_ids = limit_tables.fill(engines.write, sent)
        with engines.write.begin() as connection:
            grow(connection, limit_tables.deal, rows // sent - 1)
        limit = caller(limit_app.create_app(engines.read, engines.write), [limit_tables.TOKEN])
        with platform_site.site_at(url) as site:
            ids = platform_site.fill(site, sent)
            with site.writing(site.release) as connection:
                grow(connection, site.release.model("deal").table, rows // sent - 1)
            app = create_app(site)
            people = [f"u{number}" for number in range(CALLERS)]
            cookies = [sign_in(site, login) for login in people]
            platform = caller(app, [platform_site.token_for(site, login) for login in people])
            pages = caller(app, [""], cookies[0])
            print(f"\n| {kind}, {rows:,} rows: ms CPU per request | limit | platform | ratio | target |")
            print("|---|---|---|---|---|")
            for case in cases(limit, platform, pages, limit_ids, ids):
                one, other = milliseconds([case.limit, case.platform], requests)
                print(f"| {case.name} | {one:.2f} | {other:.2f} | {other / one:.2f} | {case.target} |", flush=True)
        engines.dispose()


def main() -> None:
    """Run on the databases asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    given = parser.parse_args()
    for kind in given.database or ("sqlite", "postgresql"):
        run(kind, given.rows, given.requests)


if __name__ == "__main__":
    main()
