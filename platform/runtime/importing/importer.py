"""Runs an import: rows in batches, each batch one unit of the write pipeline; reading cells is mapping.py's.

A row becomes a whole record or none: a batch with bad rows is rolled back, the bad rows are counted out with their
reasons, and the rest is run again. Where an error belongs to no row in particular the batch is halved until it does.
The note of how far the import is commits with the rows themselves, so a killed import goes on exactly there.

A rehearsal does all the same and then rolls every batch back. What earlier batches would have made is remembered by
their keys and names only: rows that find it are counted, not checked further.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from formline.errors import AccessDeniedError, FieldError, FormlineError, ValidationError
from formline.fields.base import ValueProblem, name_of
from formline.runtime.access.rights import rights
from formline.runtime.collecting import collecting_rarely
from formline.runtime.importing.lookups import Lookups
from formline.runtime.importing.mapping import Column, CompiledMapping, parsed
from formline.runtime.importing.ordering import parents_first
from formline.runtime.importing.report import Alike, Report
from formline.runtime.importing.tables import Cell, Table
from formline.runtime.matching.guarding import REPORTED
from formline.runtime.queries import Query, fetch
from formline.runtime.unit import Change, Unit, run_unit

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

#: Rows per unit: small enough to let other writers in, large enough that the cost of a transaction is shared.
BATCH = 500

#: Called in the transaction of a batch, in its unit, with the report as it will be once that commits.
Checkpoint = Callable[[Unit, Report], None]
#: What is wrong with a cell that a person may explain once for all rows.
_UNKNOWN = frozenset({"lookup_missing", "lookup_ambiguous", "unknown_choice"})


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    values: dict[str, Any]
    errors: list[FieldError]


class _BadRows(Exception):
    """Rolls a batch back: these rows, by index, cannot be records."""

    def __init__(self, errors: Mapping[int, list[FieldError]]) -> None:
        super().__init__()
        self.errors = errors


class _RehearsedError(Exception):
    """Rolls a rehearsed batch back, with what it would have come to."""

    def __init__(self, report: Report) -> None:
        super().__init__()
        self.report = report


class Importer:
    """One import of one table by one actor."""

    def __init__(
        self,
        site: Site,
        actor: Actor,
        mapping: CompiledMapping,
        table: Table,
        checkpoint: Checkpoint,
        *,
        rehearse: bool = False,
        source: str = "import",
    ) -> None:
        """Check the right to import; the mapping is compiled for the table's headings, ``source`` as in ``run_unit``.

        Raises:
            AccessDeniedError: the actor may not import this object, or may not set its states.
        """
        self.site = site
        self.actor = actor
        self.checkpoint = checkpoint
        self.mapping = mapping
        self.table = table
        self.rehearse = rehearse
        self.source = source
        self.lookups = Lookups()
        #: Rehearsing: keys and names of records that earlier batches would have made.
        self._made_keys: set[tuple[Any, ...]] = set()
        self._made_names: set[str] = set()
        own = self.mapping.self_column()
        self._compared = {*self.mapping.key, own.find.by if own and own.find else ""}
        granted = rights(site.release, actor).object(self.mapping.object)
        if not granted.can("import") or (self.mapping.set_state and not granted.can("set_state")):
            raise AccessDeniedError(f"You may not import {self.mapping.object} records.")

    def run(self, report: Report) -> Report:
        """Import every row after ``report.done`` and return the report of the whole."""
        with collecting_rarely():
            return self._run(report)

    def _run(self, report: Report) -> Report:
        own = self.mapping.self_column()
        ordered = self._ordered(self._rows(0, len(self.table.rows)), own) if own else None
        while report.done < len(self.table.rows):
            start, stop = report.done, report.done + BATCH
            report = self._batch(self._rows(start, stop) if ordered is None else ordered[start:stop], report)
        return report

    # --- from cells to values ---------------------------------------------------------------------------------------

    def _rows(self, start: int, stop: int) -> list[_Row | None]:
        """Return rows of the file, read column by column; None where the mapping leaves a row out."""
        lines = self.table.rows[start:stop]
        wanted = self.mapping.wanted
        rows = [_Row(line, {}, []) if wanted(cells) else None for line, cells in lines]
        taken = [(row, cells) for row, (_line, cells) in zip(rows, lines, strict=True) if row is not None]
        for column in self.mapping.columns:
            self._read(column, taken)
        return rows

    def _read(self, column: Column, rows: Sequence[tuple[_Row, Mapping[str, Cell]]]) -> None:
        """Read one column. Only what is compared before writing is typed here; the write pipeline types the rest."""
        key, read, names = column.key, column.read, column.find is not None
        typed, compared = self._is_typed(column), column.key in self._compared
        for row, cells in rows:
            try:
                raw = read(cells)
                row.values[key] = str(raw) if names and raw is not None else raw
                if typed and not names:
                    value = parsed(column, raw)
                    row.values[key] = value if compared else raw
            except ValueProblem as problem:
                row.errors.append(FieldError(key, problem.code, problem.message))

    def _is_typed(self, column: Column) -> bool:
        """Whether a cell is typed at once: what is compared, and in a rehearsal choices, which may be explained."""
        return column.key in self._compared or (self.rehearse and column.field.type.name == "choice")

    def _ordered(self, rows: Sequence[_Row | None], own: Column) -> list[_Row | None]:
        by = own.find.by if own.find else ""
        present = [(index, row) for index, row in enumerate(rows) if row is not None]
        place = {str(row.values[by]): index for index, row in present if row.values.get(by) is not None}
        parent_of = {
            index: place[row.values[own.key]]
            for index, row in present
            if row.values.get(own.key) in place and place[row.values[own.key]] != index
        }
        order, circle = parents_first(range(len(rows)), parent_of)
        told = FieldError(own.key, "circle", "The rows that this one names lead back to it.")
        closed = [_Row(row.line, row.values, [told]) for index, row in present if index in circle]
        return [rows[index] for index in order] + closed

    # --- one batch --------------------------------------------------------------------------------------------------

    def _batch(self, rows: Sequence[_Row | None], before: Report) -> Report:
        """Import one batch: in one unit if it can be, else in as many as it takes to tell the bad rows."""
        bad = {index: list(row.errors) for index, row in enumerate(rows) if row is not None and row.errors}
        report = before
        parts = [(0, len(rows))]
        while parts:
            start, stop = parts.pop(0)
            try:
                report = self._unit(rows, range(start, stop), bad, report, before.done + stop)
            except _BadRows as found:
                bad.update(found.errors)
                parts.insert(0, (start, stop))
            except FormlineError as error:
                good = [index for index in range(start, stop) if rows[index] is not None and index not in bad]
                if not good:
                    raise
                middle = (start + stop) // 2
                if len(good) == 1:
                    bad[good[0]] = [FieldError("", error.code, error.message)]
                    parts.insert(0, (start, stop))
                else:
                    parts[:0] = [(start, middle), (middle, stop)]
        return report

    def _unit(
        self, rows: Sequence[_Row | None], span: range, bad: Mapping[int, list[FieldError]], before: Report, done: int
    ) -> Report:
        """Write the good rows of ``span`` in one unit and return the report once it is committed."""
        good = {index: row for index in span if (row := rows[index]) is not None and index not in bad}

        def work(unit: Unit) -> Report:
            report = before.copy()
            report.done = done
            for index in span:
                row = rows[index]
                if row is None:
                    report.skipped += 1
                elif index in bad:
                    self._refuse(report, row, bad[index])
            for group in _in_turn(good, self.mapping.key, self.mapping.self_column()):
                self._write(unit, good, group, report)
            if self.rehearse:
                unit.finish()
                raise _RehearsedError(report)
            self.checkpoint(unit, report)
            return report

        try:
            return run_unit(self.site, self.actor, work, source=self.source, confirm=True)
        except _RehearsedError as rehearsed:
            self.lookups = Lookups()
            self._remember(good)
            report = rehearsed.report
            run_unit(self.site, self.actor, lambda unit: self.checkpoint(unit, report), source="import")
            return report
        except BaseException:
            # Whatever was found may have been created by the unit that is gone now.
            self.lookups = Lookups()
            raise

    @staticmethod
    def _refuse(report: Report, row: _Row, errors: Sequence[FieldError]) -> None:
        report.refuse(row.line, errors)
        for error in errors:
            text = row.values.get(error.field)
            if error.code in _UNKNOWN and text is not None:
                report.miss(error.field, str(text))

    def _remember(self, rows: Mapping[int, _Row]) -> None:
        """Keep what later batches of a rehearsal will ask for."""
        own = self.mapping.self_column()
        for row in rows.values():
            if self.mapping.key:
                self._made_keys.add(_key(row.values, self.mapping.key))
            if own and own.find and row.values.get(own.find.by) is not None:
                self._made_names.add(str(row.values[own.find.by]))

    def _write(self, unit: Unit, rows: Mapping[int, _Row], group: Sequence[int], report: Report) -> None:
        resolved = self._resolved(unit, rows, group)
        values = {index: self.mapping.gathered(row) for index, row in resolved.items()}
        existing = self._existing(unit, values)
        creates: list[int] = []
        changes: dict[int, Change] = {}
        for index in group:
            key = _key(values[index], self.mapping.key)
            old = existing.get(key)
            if old is None and key in self._made_keys:
                report.updated += self.mapping.mode != "create"
                report.unchanged += self.mapping.mode == "create"
            elif old is None and self.mapping.mode != "update":
                creates.append(index)
            elif old is not None and self.mapping.mode != "create" and (new := self._different(index, values, old)):
                changes[index] = Change(old["id"], new, None)
            else:
                report.unchanged += 1
        self._attempt(creates, lambda: unit.create(self.mapping.object, [values[index] for index in creates]))
        self._tell_alike(unit, [rows[index].line for index in creates], report)
        self._attempt(list(changes), lambda: unit.update(self.mapping.object, list(changes.values())))
        self._tell_alike(unit, [rows[index].line for index in changes], report)
        report.created += len(creates)
        report.updated += len(changes)

    def _attempt(self, indexes: Sequence[int], write: Callable[[], object]) -> None:
        """Run one write; errors with a row in it become :class:`_BadRows`."""
        if not indexes:
            return
        try:
            write()
        except ValidationError as error:
            errors: dict[int, list[FieldError]] = {}
            for found in error.errors:
                errors.setdefault(indexes[found.row], []).append(found)
            raise _BadRows(errors) from error

    @staticmethod
    def _tell_alike(unit: Unit, lines: Sequence[int], report: Report) -> None:
        """Take what matching rules found of the rows just written; ``lines`` are theirs in the file."""
        for row, key, hits in unit.extras.pop(REPORTED, ()):
            for hit in hits:
                found = Alike(lines[row], str(key), hit.object, str(hit.id), hit.rule.name, hit.likeness)
                report.resembles(found)

    def _different(self, index: int, values: Mapping[int, Mapping[str, Any]], old: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of a row that differ from its record's."""
        found: dict[str, Any] = {}
        errors: list[FieldError] = []
        for column in self.mapping.columns:
            name = column.field.name
            value = values[index][name]
            try:
                if name in self.mapping.parted:
                    parts = column.field.type.parse_parts(column.field, value)
                    if any(_plain(each) != _plain(old.get(name_of(part, name))) for part, each in parts.items()):
                        found[name] = value
                    continue
                typed = value if column.find or column.key in self._compared else parsed(column, value)
            except ValueProblem as problem:
                errors.append(FieldError(column.key, problem.code, problem.message))
                continue
            if _plain(typed) != _plain(old.get(name)):
                found[name] = typed
        if errors:
            raise _BadRows({index: errors})
        return found

    def _resolved(self, unit: Unit, rows: Mapping[int, _Row], group: Sequence[int]) -> dict[int, dict[str, Any]]:
        """Return the values of the rows with record ids for the texts that name records."""
        values = {index: dict(rows[index].values) for index in group}
        bad: dict[int, list[FieldError]] = {}
        for column in (column for column in self.mapping.columns if column.find):
            texts = {index: row[column.key] for index, row in values.items() if row[column.key] is not None}
            self.lookups.resolve(unit, column, texts.values())
            for index, text in texts.items():
                found = self.lookups.found(column, text)
                if isinstance(found, FieldError) and self._would_be_there(column, text):
                    values[index][column.key] = None
                elif isinstance(found, FieldError):
                    bad.setdefault(index, []).append(found)
                else:
                    values[index][column.key] = found
        if bad:
            raise _BadRows(bad)
        return values

    def _would_be_there(self, column: Column, text: str) -> bool:
        return text in self._made_names and column.find is not None and column.find.object == self.mapping.object

    def _existing(self, unit: Unit, values: Mapping[int, Mapping[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
        """Return the records the rows' keys find, by key, with every field the mapping fills."""
        key = self.mapping.key
        if not key or not values:
            return {}
        asked = [row[key[0]] for row in values.values() if row.get(key[0]) is not None]
        query = Query(
            object=self.mapping.object,
            fields=tuple(dict.fromkeys(["id", *key, *(column.field.name for column in self.mapping.columns)])),
            where={"field": key[0], "op": "in", "value": asked},
            limit=len(asked) * 4,
        )
        rows = fetch(unit.connection, unit.release, unit.actor, query).rows if asked else []
        return {_key(row, key): row for row in rows}


def _key(values: Mapping[str, Any], key: Sequence[str]) -> tuple[Any, ...]:
    return tuple(values.get(name) for name in key)


def _in_turn(rows: Mapping[int, _Row], key: Sequence[str], own: Column | None) -> Iterator[list[int]]:
    """Yield the indexes of ``rows`` in groups to be written one after the other.

    No key stands twice in a group: a later row then finds the earlier one's record. No row names another of its own
    group: its parent is there by then.
    """
    waiting = list(rows)
    while waiting:
        seen: set[tuple[Any, ...]] = set()
        names: set[Any] = set()
        group: list[int] = []
        later: list[int] = []
        for index in waiting:
            values = rows[index].values
            found = _key(values, key)
            ready = (not key or found not in seen) and not (own and values.get(own.key) in names)
            seen.add(found)
            if own and own.find:
                names.add(values.get(own.find.by) or own)
            (group if ready else later).append(index)
        yield group
        waiting = later


def _plain(value: Any) -> Any:
    """Make values comparable: a set of ids or codes has no order, empty text is no value."""
    if isinstance(value, list | tuple):
        return frozenset(value)
    return None if value == "" else value
