"""From a row of cells to the raw value of one field, as a mapping's column says; nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from formline.expressions.environment import Env
from formline.fields.base import ValueProblem
from formline.runtime.importing.tables import Cell

if TYPE_CHECKING:
    from formline.expressions.expression import Expression

Row = Mapping[str, Cell]
#: Gives the raw value of a field for a row; raises ValueProblem where the cell means no such value.
Reader = Callable[[Row], Any]

#: Date tokens of ``format`` and the pattern each reads.
_PATTERNS = {"YYYY": r"\d{4}", "YY": r"\d{2}"} | dict.fromkeys(
    ("MM", "M", "DD", "D", "hh", "h", "mm", "m", "ss", "s"), r"\d{1,2}"
)
_TOKEN = re.compile("|".join(_PATTERNS))
_PLACE = re.compile(r"\{([^{}]+)\}")


def reader(
    column: Mapping[str, Any], expression: Expression | None, names: Mapping[str, str], *, decimal_comma: bool = False
) -> Reader:
    """Compile one column of a mapping; ``expression`` is its compiled ``expression``, over ``input`` by ``names``."""
    read = _origin(column, expression, names)
    steps: list[Callable[[Any], Any]] = [_empty(frozenset(column.get("empty", ())))]
    if "values" in column or "otherwise" in column:
        steps.append(_values(column))
    if "format" in column:
        steps.append(_dates(column["format"]))
    if decimal_comma:
        steps.append(_decimal_comma)
    if "multiply" in column:
        steps.append(_multiplied(Decimal(str(column["multiply"]))))
    if "separator" in column:
        steps.append(_separated(column["separator"]))
    if "default" in column:
        steps.append(lambda value: column["default"] if value is None else value)

    first = steps[0]
    if len(steps) == 1:  # most columns
        return lambda row: first(read(row))

    def value_of(row: Row) -> Any:
        value = read(row)
        for step in steps:
            value = step(value)
        return value

    return value_of


def input_names(headings: tuple[str, ...]) -> dict[str, str]:
    """Return, by the name an expression uses (``input.Deal_stage``), the heading it stands for."""
    return {re.sub(r"\W", "_", heading): heading for heading in headings if heading}


def input_env(row: Row, names: Mapping[str, str]) -> Env:
    """Return the environment of an expression over a row: texts by name, empty cells as null."""
    texts = {name: _text(row.get(heading)) for name, heading in names.items()}
    return Env({}, now=datetime.now(UTC), roots={"input": texts})


def headings_of(column: Mapping[str, Any]) -> list[str]:
    """Return the headings a column reads by name, to be checked against the file's."""
    return [column["from"]] if "from" in column else _PLACE.findall(column.get("template", ""))


def _text(cell: Cell) -> str | None:
    text = str(cell).strip() if cell is not None else ""
    return text or None


def _origin(column: Mapping[str, Any], expression: Expression | None, names: Mapping[str, str]) -> Reader:
    if "from" in column:
        heading = column["from"]
        return lambda row: row[heading]
    if "value" in column:
        return lambda row: column["value"]
    if "template" in column:
        template = column["template"]
        return lambda row: _PLACE.sub(lambda place: _text(row[place[1]]) or "", template)
    if expression is None:
        raise ValueError("a column has from, value, template or expression")
    evaluate = expression.python
    return lambda row: evaluate(input_env(row, names))


def _empty(words: frozenset[str]) -> Callable[[Any], Any]:
    def step(value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
            return None if value == "" or value in words else value
        return value

    return step


def _values(column: Mapping[str, Any]) -> Callable[[Any], Any]:
    table: Mapping[str, Any] = column.get("values", {})
    missing = object()

    def step(value: Any) -> Any:
        found = table.get("" if value is None else str(value), missing)
        if found is not missing:
            return found
        return column["otherwise"] if "otherwise" in column and value is not None else value

    return step


def _dates(form: str) -> Callable[[Any], Any]:
    """Read dates written as ``form``, in Y M D h m s; a time has no zone here and is taken in the site's."""
    groups: list[str] = []
    pattern = ""
    end = 0
    for token in _TOKEN.finditer(form):
        groups.append("Y4" if token[0] == "YYYY" else token[0][0])
        pattern += re.escape(form[end : token.start()]) + f"({_PATTERNS[token[0]]})"
        end = token.end()
    compiled = re.compile(pattern + re.escape(form[end:]))

    def step(value: Any) -> Any:
        if value is None or isinstance(value, date):
            return value
        match = compiled.fullmatch(str(value))
        try:
            if match is None:
                raise ValueError
            parts = {name: int(text) for name, text in zip(groups, match.groups(), strict=True)}
            year = parts["Y4"] if "Y4" in parts else 2000 + parts["Y"]
            if "h" in parts:
                return datetime(
                    year, parts["M"], parts["D"], parts["h"], parts.get("m", 0), parts.get("s", 0)
                ).isoformat()
            return date(year, parts["M"], parts["D"])
        except (ValueError, KeyError):
            raise ValueProblem("date_format", f"{value!r} is not a date written as {form}.") from None

    return step


def _decimal_comma(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"-?[\d.]*,?\d*", value):
        return value.replace(".", "").replace(",", ".")
    return value


def _multiplied(factor: Decimal) -> Callable[[Any], Any]:
    def step(value: Any) -> Any:
        if value is None:
            return None
        try:
            return Decimal(str(value).replace(",", "")) * factor
        except InvalidOperation:
            raise ValueProblem("number", f"{value!r} is not a number.") from None

    return step


def _separated(separator: str) -> Callable[[Any], Any]:
    def step(value: Any) -> Any:
        return [part.strip() for part in str(value).split(separator) if part.strip()] if value is not None else None

    return step
