"""What records are called, for links to them: one statement however many objects they are of."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, literal, select, union_all

from formline.expressions.storage_types import Words
from formline.runtime.access.actor import Actor
from formline.runtime.access.masking import mask
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.queries.prepared import Prepared, statements
from formline.runtime.queries.reading import Reading, reading
from formline.runtime.queries.source import SqlSource
from formline.runtime.queries.statement import Statement
from formline.runtime.release import Release

Targets = Mapping[str, Collection[UUID]]


def titles(
    connection: Connection, release: Release, actor: Actor, targets: Targets, *, parents: Targets | None = None
) -> dict[UUID, str]:
    """Return the titles of the records the actor may read, by id; absent, deleted and unreadable ones are left out.

    ``targets``: object name to ids. ``parents``: records of which the actor reads a child; theirs are given whether
    or not the actor may read them, and nothing else of them is.
    """
    view = reading(release, actor)
    wanted = [(name, False) for name, ids in targets.items() if ids and view.access.object(name).can("read")]
    wanted += [(name, True) for name, ids in (parents or {}).items() if ids]
    if not wanted:
        return {}
    shape = tuple(sorted(wanted))
    prepared: Prepared = statements(release).get(("titles", shape, view.key), lambda: _prepare(view, shape))
    values: dict[str, Any] = {}
    for number, (name, is_parent) in enumerate(shape):
        ids = (parents or {})[name] if is_parent else targets[name]
        values.update(bind_keys(f"ids_{number}", ids, release.dialect))
    written = [_writer(view, *each) for each in shape]
    found: dict[UUID, str] = {}
    for number, key, text in prepared.run(connection, actor, values):
        title = written[number](key, text)
        if title is not None:
            found[key] = title
    return found


def _writer(view: Reading, name: str, is_parent: bool) -> Callable[[UUID, str | None], str | None]:
    """Return what writes a title as the actor may see it: masked or, where the field is hidden, none at all."""
    described = view.access.catalog.object(name)
    if described.title == "id":
        return lambda key, _text: str(key)
    level = view.access.object(name).field(described.title)
    if is_parent or level in ("read", "edit"):
        return lambda _key, text: text or ""
    if level == "masked":
        return lambda _key, text: mask(described.fields[described.title], text) or ""
    return lambda _key, _text: None


def _prepare(view: Reading, shape: tuple[tuple[str, bool], ...]) -> Prepared:
    statement = Statement(view.release)
    selects = [_select(view, statement, number, *each) for number, each in enumerate(shape)]
    executable = selects[0] if len(selects) == 1 else union_all(*selects)
    return Prepared(executable, statement)


def _select(view: Reading, statement: Statement, number: int, name: str, is_parent: bool) -> Select[Any]:
    source = view.source(name, statement).definition()
    found = select(literal(number).label("number"), source.key.label("id"), title_text(source).label("title"))
    found = found.where(in_keys(source.key, f"ids_{number}", source.dialect), source.alive())
    condition = None if is_parent else view.predicates.read(source)
    if condition is not None:
        found = found.where(condition)
    return found.select_from(source.source())


def title_text(source: SqlSource) -> ColumnElement[Any]:
    """Return the title's column as text; the id, which is no text, as an empty one."""
    name = source.object.title
    if name == "id":
        return literal("", Words())
    column = source.column((name,))
    return column if isinstance(column.type, Words) else cast(column, Text())
