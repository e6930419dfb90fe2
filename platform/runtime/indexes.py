"""Which indexes an object's table has, decided from its definitions; creating and dropping them lives in migration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from formline.catalog.model import Unique
from formline.expressions.expression import Expression
from formline.fields.base import name_of

if TYPE_CHECKING:
    from formline.fields.field import Field
    from formline.runtime.release import ObjectModel

MOST_INDEXES = 32
#: System references nobody lists children by; an index on them would cost every write.
_UNLISTED = frozenset({"company", "created_by", "updated_by"})


@dataclass(frozen=True, slots=True)
class IndexSpec:
    """An index by content: equal ``name`` means equal index. ``columns`` are physical, ``unique`` what it guards.

    Unique indexes hold live records only, and rows with a null in any of the columns never collide.
    """

    name: str
    columns: tuple[str, ...]
    unique: Unique | None = None

    @property
    def where(self) -> Expression | None:
        """The condition of a unique index besides being live."""
        return self.unique.where if self.unique else None


def indexes_of(model: ObjectModel) -> tuple[IndexSpec, ...]:
    """Return the wanted indexes, most important first, at most :data:`MOST_INDEXES`."""
    wanted = dict.fromkeys(_wanted(model))
    plain = [spec.columns for spec in wanted if spec.unique is None]
    kept = [spec for spec in wanted if spec.unique is not None or not _is_prefix(spec.columns, plain)]
    return tuple(kept[:MOST_INDEXES])


def _is_prefix(columns: tuple[str, ...], others: Iterable[tuple[str, ...]]) -> bool:
    return any(len(other) > len(columns) and other[: len(columns)] == columns for other in others)


def _wanted(model: ObjectModel) -> Iterator[IndexSpec]:
    described = model.object
    for unique in described.unique:
        if unique.during is None and (columns := _columns(model, unique.fields)):
            yield _spec(model, columns, unique)
    for field in described.fields.values():
        if _is_reference(field) and field.name not in _UNLISTED:
            yield from _plain(model, (field.name,))
    for declared in described.indexes:
        yield from _plain(model, declared.fields)
    if described.title != "id":
        title = (*_sort_key(model, described.title), "id")
        yield from _plain(model, title)
    for view in described.list_views:
        sort = [key for path, _ in view.sort for key in _sort_key(model, path)]
        if sort and len(sort) == len(view.sort):
            yield from _plain(model, (*sort, "id"))
            for stamp in _stamps(model):
                yield from _plain(model, (stamp, *sort, "id"))


def _stamps(model: ObjectModel) -> tuple[str, ...]:
    """Return the stamps by which people see some of the records: lists gather what few they may see by these."""
    roles = model.object.catalog.all("role").values()
    scopes = {role.objects[model.object.name].read for role in roles if model.object.name in role.objects}
    return ("owner", "department") if scopes & {"department", "department_and_below"} else ("owner",)


def _is_reference(field: Field) -> bool:
    return field.type.reference and bool(field.parts) and field.name != "id"


def _sort_key(model: ObjectModel, path: str) -> tuple[str, ...]:
    """Return the record key a field is sorted by: its stored sort key, its base amount, or itself; () if none."""
    found = next((part for part in ("sort", "base") if name_of(part, path) in model.by_key), "")
    key = name_of(found, path)
    return (key,) if key in model.by_key else ()


def _columns(model: ObjectModel, keys: Iterable[str]) -> tuple[str, ...]:
    """Return physical names of record keys; () where one has no column."""
    keys = list(dict.fromkeys(keys))
    return tuple(str(model.by_key[key].name) for key in keys) if all(key in model.by_key for key in keys) else ()


def _plain(model: ObjectModel, keys: Iterable[str]) -> Iterator[IndexSpec]:
    if columns := _columns(model, keys):
        yield _spec(model, columns, None)


def _spec(model: ObjectModel, columns: tuple[str, ...], unique: Unique | None) -> IndexSpec:
    where = unique.where.source if unique and unique.where else ""
    digest = hashlib.sha256("\0".join((*columns, where)).encode()).hexdigest()[:12]
    return IndexSpec(f"{'uq' if unique else 'ix'}_{model.object_id}_{digest}", columns, unique)
