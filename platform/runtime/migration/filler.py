"""Fills the columns only the adjacent release has, for given rows of one table; which rows is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Column, Connection, MetaData, Table, bindparam, select, update

from formline.expressions.environment import Env
from formline.expressions.expression import Expression
from formline.expressions.problems import EvaluationError
from formline.fields.base import ValueProblem, name_of
from formline.fields.field import Field
from formline.runtime.migration.conversion import convert, parts_of, still_original
from formline.runtime.queries.binds import bind_keys, in_keys
from formline.runtime.releases import dialect_of
from formline.runtime.sealing import SealError, Vault, place_of

if TYPE_CHECKING:
    from formline.runtime.keyring import KeyRing
    from formline.runtime.release import ObjectModel

Record = Mapping[str, Any]
#: (record of the current release, record of the other one as far as it is known) -> values by the other's record keys.
#: The vault is there where a field is sealed in one of them.
Step = Callable[[Record, Record, Vault | None], Mapping[str, Any]]


class Filler:
    """One table. ``columns``: record key of the other release -> column that only it has and that can be computed."""

    def __init__(
        self,
        current: ObjectModel,
        other: ObjectModel,
        zone: tzinfo,
        *,
        converting: bool,
        keys: KeyRing | None = None,
    ) -> None:
        """Find the columns and how each is computed; ``converting``: with ``convert_from`` of the other release.

        ``keys`` seal and open fields that are sealed in one release and not in the other.
        """
        self.current = current
        self.other = other
        self._ring = keys
        known = {column.name for column in current.columns}
        own = [key for key in other.keys if other.by_key[key].name not in known]
        steps = _steps(current, other, set(own), zone, converting)
        self.columns: dict[str, Column[Any]] = {
            key: other.by_key[key] for key in own if any(name == _field_of(key) for name, _ in steps)
        }
        self._steps = [step for _, step in steps]
        by_column = {column.name: key for key, column in current.by_key.items()}
        self._shared = {key: by_column[c.name] for key, c in other.by_key.items() if c.name in by_column}

    def fill(self, connection: Connection, ids: Sequence[UUID]) -> int:
        """Lock the rows of ``ids``, compute and write; return how many there were."""
        dialect = dialect_of(connection)
        columns = [self._table.c[column.name] for column in (*self.current.columns, *self.columns.values())]
        wanted = select(*columns).where(in_keys(self._table.c["id"], "ids", dialect)).order_by(self._table.c["id"])
        rows = connection.execute(wanted.with_for_update(key_share=True), bind_keys("ids", ids, dialect)).all()
        if rows:
            vault = Vault(connection, self._ring) if self._seals and self._ring is not None else None
            connection.execute(self._write, [self._values(tuple(row), vault) for row in rows])
        return len(rows)

    @cached_property
    def _seals(self) -> bool:
        """Whether a value is opened or sealed on the way."""
        names = {_field_of(key) for key in self.columns}
        found = [self.other.object.fields[name] for name in names if name in self.other.object.fields]
        before = [self.current.object.fields[name] for one in found for name in sources(self.current, self.other, one)]
        return any(one.type.sealed for one in (*found, *before))

    def record(self, row: Sequence[Any], vault: Vault | None = None) -> dict[str, Any]:
        """Return a row (current columns, then :attr:`columns`) as the other release's record."""
        width = len(self.current.keys)
        old = dict(zip(self.current.keys, row[:width], strict=True))
        record = {key: old[name] for key, name in self._shared.items()}
        record.update(zip(self.columns, row[width:], strict=True))
        for step in self._steps:
            record.update(step(old, record, vault))
        return record

    def _values(self, row: Sequence[Any], vault: Vault | None) -> dict[str, Any]:
        record = self.record(row, vault)
        return {"row_id": record["id"], **{f"v{n}": record[key] for n, key in enumerate(self.columns)}}

    @cached_property
    def _table(self) -> Table:
        """The table with the columns of both releases."""
        columns = (*self.current.columns, *self.columns.values())
        return Table(self.current.table.name, MetaData(), *(Column(one.name, one.type) for one in columns))

    @cached_property
    def _write(self) -> Any:
        values = {
            column.name: bindparam(f"v{number}", type_=column.type)
            for number, column in enumerate(self.columns.values())
        }
        return update(self._table).where(self._table.c["id"] == bindparam("row_id")).values(values)


def _field_of(key: str) -> str:
    return key.partition(".")[0]


def _steps(
    current: ObjectModel, other: ObjectModel, own: set[str], zone: tzinfo, converting: bool
) -> list[tuple[str, Step]]:
    """Return how each field with keys in ``own`` is computed, formulas last and after what they read."""
    names = {_field_of(key) for key in own}
    steps: list[tuple[str, Step]] = []
    for name, field in other.object.fields.items():
        if name in names and field.expression is None and field.rollup is None:
            step = _conversion(
                current, other, field, zone, converting=converting and name in own, keeping=not converting
            )
            if step is not None:
                steps.append((name, step))
    for field in other.object.formulas:
        if field.name in names and field.expression is not None:
            steps.append((field.name, _formula(field, field.expression, zone)))
    return steps


def _formula(field: Field, expression: Expression, zone: tzinfo) -> Step:
    return lambda _old, record, _vault: parts_of(field, _evaluated(field, expression, record, zone), None, {})


def _conversion(
    current: ObjectModel, other: ObjectModel, field: Field, zone: tzinfo, *, converting: bool, keeping: bool
) -> Step | None:
    """Return the conversion from the fields whose place ``field`` takes; None where nothing is there to convert.

    ``keeping``: the other release is an earlier one, so its column may hold what the value was before a conversion.
    """
    expression = _convert_from(current, field) if converting else None
    if expression is not None:
        return lambda old, _record, _vault: parts_of(field, _evaluated(field, expression, old, zone), None, {})
    before = [current.object.fields[name] for name in sources(current, other, field)]
    if not before:
        return None

    sealed = field.type.sealed or any(one.type.sealed for one in before)
    comes_back = keeping and len(before) == 1 and not sealed
    kept = {name_of(part.name, field.name) for part in field.parts} if comes_back else set()

    def step(old: Record, record: Record, vault: Vault | None) -> Mapping[str, Any]:
        if kept and still_original(field, record, before[0], old):
            return {key: record.get(key) for key in kept}
        source = next((one for one in before if old.get(one.name) is not None), before[0])
        found = old.get(source.name)
        if found is not None and source.type.sealed:
            found = _vault(vault).open(found, place_of(current, source.name, old["id"]))
        value, _ = convert(source, field, found)
        if value is not None and field.type.sealed:
            value = _vault(vault).seal(value, place_of(other, field.name, old["id"]))
        return parts_of(field, value, source, old)

    return step


def _vault(vault: Vault | None) -> Vault:
    if vault is None:
        raise SealError("There are no keys to open or seal values with.", hint="set the site's secret key")
    return vault


def _evaluated(field: Field, expression: Expression, record: Record, zone: tzinfo) -> Any:
    """Return the value as the field keeps it, null where there is none."""
    try:
        value = expression.python(Env(record, zone=zone))
        return None if value is None else field.type.parse(field, value)
    except (EvaluationError, ValueProblem):
        return None


def sources(current: ObjectModel, other: ObjectModel, field: Field) -> list[str]:
    """Return stored fields of ``current``: the same one by id, then those merged into it."""
    same = current.field_names.get(other.field_ids[field.name])
    merged = [
        name
        for name in field.was
        if name != same and name in current.object.fields and current.field_ids[name] not in other.field_names
    ]
    names = ([same] if same else []) + merged
    return [name for name in names if current.object.fields[name].parts]


def _convert_from(current: ObjectModel, field: Field) -> Expression | None:
    """Return the declared conversion, compiled over the fields of the release the values come from."""
    declared = field.params.get("convert_from")
    return None if declared is None else current.object.catalog.compiler.compile(declared, object=current.object.name)
