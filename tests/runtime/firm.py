"""A small firm for tests of rights and queries: definitions, tables on either database, rows written without rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert

from formline.catalog.catalog import Catalog
from formline.fields.sorting import sort_key
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import load_text
from formline.runtime import tables
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.engines import Engines, open_engines
from formline.runtime.keyring import KeyRing
from formline.runtime.keys import uuid7
from formline.runtime.migration.identity import Ledger, match
from formline.runtime.release import Release
from formline.settings import Settings

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)

DEFINITIONS = """
kind: object
name: user
title: name
default_access: read
tree: manager
fields:
  name: {type: text, required: true}
  login: {type: text, unique: true}
  mobile: {type: phone, sensitive: true}
  department: {type: department}
  manager: {type: lookup, to: user, reverse: reports}
  company: {type: lookup, to: company}
  account: {type: lookup, to: customer}
  roles: {type: multi_choice, choice_list: roles}
  regions: {type: many_to_many, to: region}
  lines: {type: multi_choice, choices: {steel: {label: Steel}, wood: {label: Wood}, glass: {label: Glass}}}
  active: {type: boolean, default: true}
---
kind: object
name: department
title: name
default_access: read
tree: parent
fields:
  name: {type: text, required: true}
  parent: {type: lookup, to: department, reverse: departments}
---
kind: object
name: company
title: name
default_access: read
fields:
  name: {type: text, required: true}
  currency: {type: choice, choices: {CNY: {label: Yuan}, EUR: {label: Euro}, USD: {label: Dollar}}}
---
kind: object
name: exchange_rate
fields:
  currency: {type: text}
  target: {type: text}
  valid_from: {type: date}
  rate: {type: decimal, scale: 6}
---
kind: object
name: region
title: name
default_access: read
tree: parent
fields:
  name: {type: text, required: true}
  parent: {type: lookup, to: region, reverse: regions}
---
kind: object
name: customer
title: name
tree: parent
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: {a: {label: A}, b: {label: B}, c: {label: C}}}
  phone: {type: phone}
  email: {type: email}
  revenue: {type: decimal, scale: 2}
  turnover: {type: money, rate_date: since}
  secret: {type: text, sensitive: true}
  rank: {type: integer}
  since: {type: date}
  region: {type: lookup, to: region}
  line: {type: choice, choices: {steel: {label: Steel}, wood: {label: Wood}, glass: {label: Glass}}}
  parent: {type: lookup, to: customer, reverse: subsidiaries}
  tags: {type: many_to_many, to: region}
  blocked: {type: boolean}
---
kind: object
name: contact
title: name
fields:
  name: {type: text, required: true}
  mobile: {type: phone}
  customer: {type: lookup, to: customer, reverse: contacts}
  level: {type: mirror, of: customer.level}
  customer_secret: {type: mirror, of: customer.secret}
---
kind: object
name: line
title: name
default_access: controlled_by_parent
fields:
  name: {type: text, required: true}
  amount: {type: decimal, scale: 2}
  customer: {type: parent, to: customer, reverse: lines}
---
kind: app
name: portal
label: Portal
audience: external
account: customer
items: [customer]
---
kind: list_view
name: customers_by_rank
object: customer
label: By rank
columns: [name, rank]
sort: [rank]
"""

ALL_ROLE = """
kind: role
name: everything
label: Everything
objects:
  customer: {create: true, read: all, update: all, delete: all, export: all, transfer: all, fields: {secret: edit}}
  contact: {create: true, read: all, update: all, delete: all}
  user: {create: true, read: all, update: all, delete: all, fields: {mobile: edit}}
admin: [manage_users, manage_access, manage_definitions, manage_integrations, read_audit, manage_data]
"""


class Firm:
    """A release of the definitions above with ``roles`` on one database, and quick ways to fill and ask it."""

    def __init__(self, url: str, *roles: str, create: bool = True) -> None:
        self.url, self.roles = url, roles
        texts = [DEFINITIONS, ALL_ROLE, *roles]
        loaded = load_text("\n---\n".join(texts), "firm.yaml")
        assert not loaded.problems, loaded.problems
        catalog = Catalog.build(merge([Layer("firm", loaded.documents)]))
        self.engines: Engines = open_engines(Settings(database_url=url, secret_key="k" * 40, read_budget_ms=30_000))
        physical = match(None, catalog, Ledger()).physical
        self.release = Release(
            1,
            catalog,
            physical,
            dialect="sqlite" if self.engines.dialect == "sqlite" else "postgresql",
            zone=ZoneInfo("Asia/Shanghai"),
            keys=KeyRing(b"k" * 40),
        )
        for name in catalog.objects:
            self.release.model(name)
        if create:
            with self.engines.transaction() as connection:
                tables.METADATA.create_all(connection)
                self.release.model("user").table.metadata.create_all(connection)
        self.connection = self.engines.read.connect()

    def close(self) -> None:
        """Leave the database."""
        self.connection.close()
        self.engines.dispose()

    def add(self, object: str, **values: Any) -> UUID:
        """Write one record as it is and return its id."""
        return self.add_all(object, [values])[0]

    def add_all(self, object: str, rows: Iterable[Mapping[str, Any]]) -> list[UUID]:
        """Write records as they are, many-to-many fields included, and return their ids."""
        model = self.release.model(object)
        ids: list[UUID] = []
        found: list[dict[str, Any]] = []
        pairs: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            record = {"id": uuid7(), "created_at": NOW, "updated_at": NOW, "version": 1, **row}
            ids.append(record["id"])
            for name in set(record) & set(model.join_tables):
                near, far, *_ = model.join_tables[name].c
                for number, target in enumerate(record.pop(name)):
                    pair = {near.name: record["id"], far.name: target}
                    pair |= {"position": number} if "position" in model.join_tables[name].c else {}
                    pairs.setdefault(name, []).append(pair)
            title = record.get(model.object.title)
            if f"{model.object.title}.sort" in model.by_key and title:
                record[f"{model.object.title}.sort"] = sort_key(title)
            physical = {"deleted_at": record.pop("deleted_at", None)}
            physical |= {model.by_key[key].name: record.get(key) for key in model.keys}
            found.append(physical)
        with self.engines.transaction() as connection:
            if found:
                connection.execute(insert(model.table), found)
            for name, each in pairs.items():
                connection.execute(insert(model.join_tables[name]), each)
        return ids

    def clear(self) -> None:
        """Remove all records and shares."""
        with self.engines.transaction() as connection:
            for name in self.release.catalog.objects:
                model = self.release.model(name)
                for table in (model.table, *model.join_tables.values()):
                    connection.execute(delete(table))
            connection.execute(delete(tables.share))

    def user(self, *roles: str, **values: Any) -> Actor:
        """Add a user and return them as an actor."""
        return self.actor(self.add("user", **{"name": "Somebody", "active": True, "roles": roles, **values}))

    def actor(self, user_id: UUID) -> Actor:
        """Return a user as an actor, as of now."""
        return load_actor(self.connection, self.release, user_id, epochs=(0, next(_EPOCHS)))


def _count() -> Iterable[int]:
    number = 0
    while True:
        number += 1
        yield number


_EPOCHS = iter(_count())
