"""Identity: ids are for life, physical names are never given out twice, whatever the order of changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.catalog.catalog import Catalog
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import load_text
from formline.runtime.migration.identity import Ledger, match
from formline.runtime.physical import PhysicalMap
from tests.runtime.migration.definitions import BASE, with_fields

#: (what happens, to which of the fields there are)
CHANGES = st.lists(st.tuples(st.sampled_from(["add", "rename", "remove", "retype"]), st.integers(0, 5)), max_size=12)


def catalog(*texts: str) -> Catalog:
    documents = [document for text in (*BASE, *texts) for document in load_text(text, "test.yaml").documents]
    return Catalog.build(merge([Layer("test", tuple(documents))]))


@given(CHANGES)
def test_ids_are_for_life_and_columns_are_never_shared(changes: list[tuple[str, int]]) -> None:
    ledger = Ledger()
    fields: dict[str, str] = {"a": "text"}
    current = catalog(with_fields("thing", a="{type: text}"))
    places = match(None, current, ledger).physical
    given_out = dict.fromkeys(columns(places), "a")
    for number, (action, which) in enumerate(changes):
        before = dict(places["thing"].fields)
        name = sorted(fields)[which % len(fields)] if fields else ""
        was = ""
        if action == "add" or not name:
            name = f"f{number % 3}" if f"f{number % 3}" not in fields else f"g{number}"
            fields[name] = "text"
        elif action == "remove":
            del fields[name]
        elif action == "retype":
            fields[name] = "integer" if fields[name] == "text" else "text"
        else:
            was, name = name, f"n{number}"
            fields[name] = fields.pop(was)
        texts = {
            key: f"{{type: {kind}{f', was: {was}' if key == name and was else ''}}}" for key, kind in fields.items()
        }
        following = catalog(with_fields("thing", **texts))
        found = match((current, places), following, ledger).physical
        now = found["thing"].fields
        for key in fields:
            heir = was if key == name and was else key
            if heir in before and not (key == name and action == "add"):
                assert now[key].id == before[heir].id
        fresh = columns(found) - columns(places)
        assert not fresh & set(given_out)
        given_out.update(dict.fromkeys(fresh, name))
        assert len(columns(found)) == sum(len(one.columns) for one in now.values())
        current, places = following, found


def columns(places: PhysicalMap) -> set[str]:
    return {column for one in places["thing"].fields.values() for column in one.columns.values()}


@pytest.mark.parametrize("name", ["formline_live", "sqlite_master", "pg_class", "deleted_at", "deletion_id"])
def test_names_the_platform_or_the_database_uses_are_left_to_them(name: str) -> None:
    places = match(None, catalog(with_fields("thing", **{name: "{type: text}"}), with_fields(name)), Ledger()).physical
    assert places[name].table != name or name.startswith("delet")
    assert "deleted_at" not in columns(places)
    assert "deletion_id" not in columns(places)
