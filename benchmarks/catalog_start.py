"""1,000 objects of 30 fields: starting from the stored source, checking everything, checking one added field."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks.measurement import Measurement
from formline.catalog.catalog import Catalog
from formline.catalog.check import check
from formline.catalog.diff import diff
from formline.catalog.security import security_diff
from formline.metadata.checks import check_merged, check_text
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import Document
from formline.metadata.positions import Positions
from tests.fixtures.catalogs import ORGANISATION

OBJECTS = 1000
PLAIN = ("text", "integer", "decimal", "money", "date", "boolean")


def definition(number: int) -> dict[str, Any]:
    """Return an object with 30 fields: plain ones, a lookup, a formula, a rollup, a choice, a mirror."""
    fields: dict[str, Any] = {"name": {"type": "text", "required": True}}
    fields |= {f"f{n}": {"type": PLAIN[n % len(PLAIN)], "label": f"Field {n}"} for n in range(24)}
    before = (number - 1) % OBJECTS
    fields |= {
        "link": {"type": "lookup", "to": f"o{(number + 1) % OBJECTS}", "reverse": f"rows{number}"},
        "calculated": {"type": "formula", "returns": "decimal", "expression": "f1 + f2 * 2"},
        "total": {"type": "rollup", "of": f"rows{before}.f2", "aggregate": "sum"},
        "kind": {"type": "choice", "choices": {"a": {"label": "A"}, "b": {"label": "B"}}},
        "shown": {"type": "mirror", "of": "link.f3"},
    }
    rules = {"few": {"when": "f4 != null", "check": "f1 > 3", "message": "Not {f1}."}}
    return {"kind": "object", "name": f"o{number}", "fields": fields, "rules": rules}


def large_catalog() -> Catalog:
    """Return the catalog of the benchmark."""
    documents = [one for text in ORGANISATION.values() for one in check_text(text, "organisation.yaml").documents]
    for number in range(OBJECTS):
        data = definition(number)
        documents.append(Document("object", data["name"], None, data, Positions("large.yaml", [1, 1]), "large.yaml"))
    rights = {f"o{number}": {"read": "own", "update": "own"} for number in range(OBJECTS)}
    role = {"kind": "role", "name": "clerk", "objects": rights}
    documents.append(Document("role", "clerk", None, role, Positions("role.yaml", [1, 1]), "role.yaml"))
    return Catalog.build(check_merged(merge([Layer("large", tuple(documents))])))


def with_one_more_field(catalog: Catalog) -> Catalog:
    """Return the catalog with one field added to one object."""
    old = catalog.definitions["object", "o5"]
    data = {**old.data, "fields": {**old.data["fields"], "extra": {"type": "date"}}}
    return Catalog({**catalog.definitions, ("object", "o5"): replace(old, data=data)})


def measure() -> Iterator[Measurement]:
    """Report seconds of each step, made once as a process does."""
    catalog = large_catalog()
    stored = catalog.to_json()
    yield _seconds(
        "1,000 objects: catalog from the stored source, with its hash", lambda: Catalog.from_json(stored).hash, "2"
    )
    started = Catalog.from_json(stored)
    yield _seconds("1,000 objects: the first object built", lambda: _force(started, "o500"))
    yield _seconds(
        "1,000 objects: every object built", lambda: [_force(started, name) for name in started.names("object")]
    )
    yield _seconds("1,000 objects: everything checked", lambda: check(catalog))
    changed = with_one_more_field(catalog)
    yield _seconds("1,000 objects: one added field checked", lambda: check(changed, catalog), "1, with plan and apply")
    yield _seconds("1,000 objects: compared", lambda: (diff(catalog, changed), security_diff(catalog, changed)))


def _force(catalog: Catalog, name: str) -> object:
    found = catalog.object(name)
    parts = [field.parts for field in found.fields.values()]
    return parts, found.formulas, found.rollups, found.rules, found.children, found.feeds


def _seconds(case: str, call: Callable[[], object], target: str = "") -> Measurement:
    start = time.perf_counter()
    call()
    return Measurement(case, time.perf_counter() - start, "s", target)
