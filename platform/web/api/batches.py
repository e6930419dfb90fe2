"""Several writes in one request, all or none; runs of the same operation go to the unit as one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from formline.errors import FieldError, ValidationError
from formline.runtime.unit import Change, Unit
from formline.web.api.reading import ParameterError

MOST = 500


@dataclass(frozen=True, slots=True)
class Operation:
    """One write: ``create`` with values, ``update`` with id, values and perhaps a version, ``delete`` with an id."""

    op: str
    id: UUID | None
    values: Mapping[str, Any]
    version: int | None


def read_operations(given: Mapping[str, Any]) -> list[Operation]:
    """Return the operations of a batch's body.

    Raises:
        ParameterError: not a list of operations, or too many.
    """
    operations = given.get("operations")
    if set(given) != {"operations"} or not isinstance(operations, list) or not 1 <= len(operations) <= MOST:
        raise ParameterError(f'The body is {{"operations": [...]}} with 1 to {MOST} operations.')
    return [_operation(index, each) for index, each in enumerate(operations)]


def _operation(index: int, given: Any) -> Operation:
    known = {"op", "id", "values", "version"}
    if not isinstance(given, dict) or given.get("op") not in ("create", "update", "delete") or set(given) - known:
        raise ParameterError(f"operations[{index}] has op (create, update or delete), id, values, version.")
    values, version = given.get("values", {}), given.get("version")
    fits = isinstance(values, dict) and (version is None or type(version) is int)
    if not fits or (given["op"] == "create") == ("id" in given):
        raise ParameterError(
            f"operations[{index}]: update and delete name an id, create does not; values is an object."
        )
    return Operation(given["op"], _id(index, given), values, version)


def _id(index: int, given: Mapping[str, Any]) -> UUID | None:
    if "id" not in given:
        return None
    try:
        return UUID(given["id"])
    except (ValueError, TypeError, AttributeError):
        raise ParameterError(f"operations[{index}].id is not an id.") from None


def run(unit: Unit, name: str, operations: Sequence[Operation]) -> dict[str, Any]:
    """Carry the operations out in their order and return one result for each."""
    results: list[dict[str, Any]] = []
    for op, group in groupby(operations, key=lambda operation: operation.op):
        members = list(group)
        try:
            results += _run(unit, name, op, members)
        except ValidationError as error:
            raise _shifted(error, len(results)) from error
    return {"results": results}


def _run(unit: Unit, name: str, op: str, members: Sequence[Operation]) -> list[dict[str, Any]]:
    if op == "create":
        return [{"id": key, "version": 1} for key in unit.create(name, [member.values for member in members])]
    ids = [member.id for member in members if member.id is not None]
    if op == "delete":
        receipt = unit.delete(name, ids)
        return [{"id": key, "deletion_id": receipt.deletion_id} for key in ids]
    changes = [Change(key, member.values, member.version) for key, member in zip(ids, members, strict=True)]
    return [changed(unit, name, key)[0] for key in unit.update(name, changes)]


def _shifted(error: ValidationError, by: int) -> ValidationError:
    """Return the error with rows counted over the whole batch."""
    return ValidationError(FieldError(e.field, e.code, e.message, e.row + by, e.level) for e in error.errors)


def changed(unit: Unit, name: str, key: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Return the answer for a record just changed: its id and its version now."""
    draft = unit.draft_of(key)
    # Where only rows below it were written, the record itself has no draft.
    record = draft.record if draft is not None else unit.hold(name, [key])[key]
    version = record["version"]
    return {"id": key, "version": version}, 200, {"ETag": f'"{version}"'}
