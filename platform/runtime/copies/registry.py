"""The registry of stores that copy values of records: what each holds, for how long, how big it is, how it is emptied.

A test fails where a table with texts is neither here nor in ``WITHOUT_COPIES``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from formline.runtime.release import Release
from formline.runtime.tables import METADATA


@dataclass
class Erasing:
    """One erasure: the records to forget, by object; what the stores find to remove outside the database."""

    connection: Connection
    release: Release
    records: Mapping[str, Collection[UUID]]
    actor_id: UUID | None
    now: datetime
    #: Keys of the file store whose bytes go after the commit.
    blobs: list[str] = field(default_factory=list)

    def of_records(self, table: Table) -> ColumnElement[bool]:
        """Return that a row of ``table`` is about one of the records."""
        pairs = (
            and_(table.c.object_id == self.release.physical[name].id, table.c.record_id.in_(list(keys)))
            for name, keys in self.records.items()
        )
        return or_(*pairs)

    def of_objects(self, table: Table) -> ColumnElement[bool]:
        """Return that a row of ``table`` is about one of the records' objects."""
        return table.c.object_id.in_([self.release.physical[name].id for name in self.records])

    @property
    def keys(self) -> list[UUID]:
        """The ids of all the records."""
        return [key for keys in self.records.values() for key in keys]


@dataclass(frozen=True, slots=True)
class Store:
    """One place with copies. ``erase`` empties it for some records and returns how many rows it touched."""

    name: str
    tables: tuple[str, ...]
    holds: str
    kept: str
    erase: Callable[[Erasing], int]


_stores: dict[str, Store] = {}


def register(store: Store) -> Store:
    """Add a store; a name may be taken once."""
    if store.name in _stores:
        raise ValueError(f"The store {store.name} is registered twice.")
    _stores[store.name] = store
    return store


def stores() -> tuple[Store, ...]:
    """Return all stores, in the order of registration."""
    from formline.runtime.copies import own_stores

    own_stores.load()
    return tuple(_stores.values())


def sizes(connection: Connection) -> dict[str, int]:
    """Return how many rows each store has."""
    return {
        store.name: sum(
            int(connection.execute(select(func.count()).select_from(METADATA.tables[name])).scalar_one())
            for name in store.tables
        )
        for store in stores()
    }


def has_texts(table: Table) -> bool:
    """Return whether a table could hold a value of a record."""
    kinds = {"JSON", "Text", "LargeBinary", "Words"}
    return any(type(column.type).__name__ in kinds for column in table.columns)


#: Tables with texts that never are values of records, and why.
WITHOUT_COPIES: Mapping[str, str] = {
    "formline_approval_event": "emptied with the approval it belongs to",
    "formline_approval_task": "names of steps and decisions",
    "formline_approval_timer": "names of steps",
    "formline_approval_version": "definitions",
    "formline_assignment_log": "names of rules, ids of people and why they were passed over",
    "formline_assignment_round": "names of rules",
    "formline_assignment_turn": "names of rules",
    "formline_checklist_tick": "names of machines, states and items",
    "formline_column": "names of tables and columns",
    "formline_conversion": "ids of records",
    "formline_dashboard_layout": "names of widgets",
    "formline_epoch": "names of counters",
    "formline_field": "names of fields",
    "formline_field_key": "keys, sealed",
    "formline_integration": "addresses and secrets of other systems, sealed",
    "formline_leader": "names of duties",
    "formline_lease": "hosts and roles of processes",
    "formline_live": "the phase of a release",
    "formline_login_attempt": "evidence of sign-ins, kept 180 days and then removed",
    "formline_mail_address": "keyed hashes of addresses whose mails came back",
    "formline_object": "names of objects",
    "formline_outbox": "ids of records and fields",
    "formline_pool_entry": "names of pools",
    "formline_pool_log": "names of pools",
    "formline_pool_person": "names of pools",
    "formline_public_link": "hashes of links and names of storefronts",
    "formline_rate": "names of counters",
    "formline_release": "definitions and counts",
    "formline_saved_view": "conditions that people typed, which are theirs",
    "formline_schedule": "names of regular work",
    "formline_seal": "hashes",
    "formline_sealed_erasure": "hashes",
    "formline_security_event": "evidence of what was done with rights, kept by law",
    "formline_sent": "ids of records and fields; what is said of them is read when it is sent",
    "formline_sequence": "what numbers restart with",
    "formline_setting": "settings",
    "formline_site_file": "definitions",
}
