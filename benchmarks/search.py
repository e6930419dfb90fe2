"""The global search over a million records with two searched fields each: rare and common words, one character, none.

``FORMLINE_BENCH_ROWS`` sets how many records, ``FORMLINE_BENCH_POSTGRESQL`` the server (empty: SQLite only).
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import insert, text
from sqlalchemy.engine import make_url

from benchmarks.measurement import Measurement
from formline.runtime.access import load_actor
from formline.runtime.candidates import candidate_of_texts
from formline.runtime.keys import uuid7s
from formline.runtime.migration.apply import Author, apply
from formline.runtime.migration.plan import plan
from formline.runtime.preparing import prepare
from formline.runtime.search import index
from formline.runtime.search.finding import find
from formline.runtime.site import Site
from formline.runtime.unit.plan import plan_of
from formline.settings import Settings

ROWS = int(os.environ.get("FORMLINE_BENCH_ROWS", "1000000"))
POSTGRESQL = os.environ.get("FORMLINE_BENCH_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")
DATABASE = "formline_bench_search"
TARGET = "p95 <= 100 ms"
USERS = 200
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEFINITIONS = """
kind: object
name: user
title: name
fields:
  name: {type: text}
  department: {type: department}
  roles: {type: multi_choice, choice_list: roles}
  active: {type: boolean}
---
kind: object
name: department
title: name
fields: {name: {type: text}}
---
kind: object
name: client
title: name
fields:
  name: {type: text}
  phone: {type: phone}
---
kind: role
name: clerk
label: Clerk
objects: {client: {read: own}}
---
kind: role
name: chief
label: Chief
objects: {client: {read: all}}
"""
PLACES = ["深圳", "上海", "北京", "广州", "杭州", "苏州", "成都", "武汉", "南京", "天津"]
SIGNS = "华宏远瑞恒盛达信泰康源丰通联创新科凯胜嘉德龙海天富金利安正和兴东方中美亚欧佳奥博宇航星辰光明晨曦"
TRADES = ["科技", "贸易", "电子", "机械", "食品", "医药", "物流", "建筑", "化工", "纺织"]
#: What is asked: label and words; ``{name}`` is the middle of a name that exists.
ASKED = {
    "a name": "{name}",
    "the end of a number": "{digits}",
    "a place and a trade": "深圳 电子",
    "what half of all have": "有限公司",
    "one character": "华",
    "nothing has it": "鑫鑫鑫",
    "pinyin initials": "szhy",
}


def measure() -> Iterator[Measurement]:
    """Yield the searches' 95th percentiles on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        if not os.environ.get("FORMLINE_BENCH_SKIP_SQLITE"):
            yield from _measured(f"sqlite:///{folder}/bench.db", Path(folder), "SQLite")
        if POSTGRESQL:
            url = make_url(POSTGRESQL).set(database=DATABASE)
            server = make_url(POSTGRESQL).set(drivername="postgresql").render_as_string(hide_password=False)
            with psycopg.connect(server, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
                connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8'")
                try:
                    yield from _measured(url.render_as_string(hide_password=False), Path(folder), "PostgreSQL")
                finally:
                    connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _measured(url: str, folder: Path, label: str) -> Iterator[Measurement]:
    settings = Settings(database_url=url, data_dir=folder, secret_key=uuid4().hex)
    prepare(settings)
    site = Site.open(settings)
    try:
        apply(site, plan(site, candidate_of_texts(settings, [DEFINITIONS])), "bench", Author("bench"))
        site.refresh()
        start = time.perf_counter()
        people, samples = _fill(site)
        yield Measurement(f"{label}: {ROWS:,} records written and indexed", time.perf_counter() - start, "s")
        with site.reading() as connection:
            for role, user_id in people.items():
                actor = load_actor(connection, site.release, user_id)
                for name, words in ASKED.items():
                    times, found = [], 0
                    for number in range(30):
                        asked = words.format(**samples[number % len(samples)])
                        start = time.perf_counter()
                        hits = find(connection, site.release, actor, asked, ["client"])
                        times.append((time.perf_counter() - start) * 1000)
                        found += sum(map(len, hits.hits.values()))
                    p95 = statistics.quantiles(times, n=20)[18]
                    yield Measurement(f"{label}: {role}, {name} ({found / 30:.1f} found)", p95, "ms", TARGET)
    finally:
        site.close()


def _fill(site: Site) -> tuple[dict[str, object], list[dict[str, str]]]:
    """Write people, clients and their documents; return two people by role, and names and digits that exist."""
    random.seed(7)
    release = site.release
    user, client = release.model("user").table, release.model("client").table
    people = uuid7s(USERS)
    by_key = release.model("user").by_key
    with site.writing() as connection:
        rows = [{"id": key, "name": f"u{n}", "roles": ["chief" if n == 0 else "clerk"]} for n, key in enumerate(people)]
        stamps = {"created_at": NOW, "updated_at": NOW, "version": 1}
        connection.execute(insert(user), [_stored(by_key, row | stamps) for row in rows])
    what = index.indexed(release, plan_of(release, "client", release.dialect))
    by_key = release.model("client").by_key
    samples: list[dict[str, str]] = []
    for start in range(0, ROWS, 10_000):
        records = []
        for key in uuid7s(min(10_000, ROWS - start)):
            sign = "".join(random.choices(SIGNS, k=4))
            end = "有限公司" if random.random() < 0.5 else "厂"
            name = f"{random.choice(PLACES)}{sign}{random.choice(TRADES)}{end}"
            phone = f"13{random.randrange(10**9):09}"
            records.append({"id": key, "name": name, "phone": phone, "owner": random.choice(people), **stamps})
            if len(samples) < 10 and random.random() < 0.01:
                samples.append({"name": sign, "digits": phone[-7:]})
        with site.writing() as connection:
            connection.execute(insert(client), [_stored(by_key, record) for record in records])
            documents = [one for record in records for one in what.documents(record["id"], record)]
            index.add(connection, release, documents)
    if site.dialect == "postgresql":
        with site.engines.write.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return {"who sees all": people[0], "who sees 0.5 %": people[1]}, samples


def _stored(by_key: object, record: dict[str, object]) -> dict[str, object]:
    return {by_key[key].key: value for key, value in record.items()}  # type: ignore[index]
