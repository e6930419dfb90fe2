"""The names a script can use: its record, what it may ask the host, and plain functions; nothing else is in reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, NoReturn

import re2

#: Lines of the log of one run, and characters of one line.
LINES, WIDTH = 200, 500
_PATTERN = 1000

#: Sends an operation with its arguments to the host and returns the answer.
Ask = Callable[[str, Mapping[str, Any]], Any]


class Failed(BaseException):
    """The script says that the write must not happen; not an ``Exception``, so that no script swallows it."""

    def __init__(self, message: str, field: str = "") -> None:
        """Keep both."""
        super().__init__(message)
        self.message = message
        self.field = field


class Denied(BaseException):
    """The host refused an operation: the run is over."""


class Record:
    """A record as a script sees it: fields by name; assigning is noted where the script may patch it."""

    __slots__ = ("_changes", "_object", "_values")

    def __init__(self, object_name: str, values: Mapping[str, Any], changes: dict[str, Any] | None = None) -> None:
        """Keep the values; ``changes`` collects assignments, None where none are allowed."""
        self._object = object_name
        self._values = dict(values)
        self._changes = changes

    def __repr__(self) -> str:
        """Return object and id."""
        return f"<{self._object} {self._values.get('id') or 'new'}>"

    def _read_(self, name: Any) -> Any:
        if name not in self._values:
            raise AttributeError(f"{self._object} has no field {str(name)[:80]} here.")
        return self._values[name]

    def _writer_(self) -> _Writer:
        if self._changes is None:
            raise TypeError("This record is read only: use update().")
        return _Writer(self)

    def take(self, name: Any, value: Any) -> None:
        """Note an assignment."""
        if type(name) is not str or name not in self._values or name == "id":
            raise AttributeError(f"{self._object} has no field {str(name)[:80]} to assign.")
        self._values[name] = value
        if self._changes is not None:
            self._changes[name] = value


class _Writer:
    """Takes the assignments that RestrictedPython lets through."""

    __slots__ = ("_record",)
    _record: Record

    def __init__(self, record: Record) -> None:
        object.__setattr__(self, "_record", record)

    def __setattr__(self, name: str, value: Any) -> None:
        self._record.take(name, value)

    def __setitem__(self, name: Any, value: Any) -> None:
        self._record.take(name, value)


class Log:
    """Lines that a script writes, limited."""

    def __init__(self) -> None:
        """Start empty."""
        self.lines: list[str] = []

    def write(self, *parts: Any) -> None:
        """Add a line; those after the two hundredth are dropped."""
        if len(self.lines) < LINES:
            text = " ".join(map(str, parts))
            self.lines.append(text[:WIDTH].encode("utf-8", "replace").decode())


class _Print:
    """What RestrictedPython makes of ``print``: it writes to the log."""

    log: Log

    def __init__(self, _get: Any = None) -> None:
        """Take what RestrictedPython hands over."""

    def _call_print(self, *parts: Any, **_: Any) -> None:
        self.log.write(*parts)


def fail(message: Any, field: Any = "") -> NoReturn:
    """Refuse the write with a message, at a field where one is named."""
    raise Failed(str(message)[:WIDTH], str(field)[:100])


def _round(value: Any, places: int = 0) -> Decimal | int:
    """Round half up, as the expression language does."""
    if abs(places) > 12:
        raise ValueError("Round to 12 places at most.")
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return rounded if places > 0 else int(rounded)


def decimal(value: Any) -> Decimal:
    """Return a decimal of a number or its text."""
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{str(value)[:80]!r} is no number.") from None


def add_months(day: date, months: int) -> date:
    """Return the same day some months later, or the last of that month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + month // 11, (month + 1) % 12 + 1, 1)
    return day.replace(year=year, month=month + 1, day=min(day.day, (following - timedelta(days=1)).day))


def _pattern(pattern: Any) -> Any:
    if len(pattern) > _PATTERN:
        raise ValueError("The pattern is too long.")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(f"The pattern cannot be read: {str(error)[:200]}") from None


def matches(text: str, pattern: str) -> bool:
    """Return whether the whole text matches a pattern of RE2."""
    return _pattern(pattern).fullmatch(text) is not None


def groups(text: str, pattern: str) -> tuple[str | None, ...] | None:
    """Return the groups of the first place that matches, None where there is none."""
    found = _pattern(pattern).search(text)
    return None if found is None else (found.group(0), *found.groups())


_ERRORS = (
    Exception, ArithmeticError, AttributeError, IndexError, KeyError, LookupError, TypeError, ValueError,
    ZeroDivisionError,
)  # fmt: skip
_PLAIN = (
    abs, all, any, bool, chr, dict, divmod, enumerate, filter, frozenset, int, isinstance, len, list, map, max, min,
    ord, range, repr, reversed, set, sorted, str, sum, tuple, zip,
)  # fmt: skip


def builtins() -> dict[str, Any]:
    """Return the only builtins of a script."""
    own = {"round": _round, "decimal": decimal, "date": date, "datetime": datetime, "timedelta": timedelta}
    own |= {"add_months": add_months, "matches": matches, "groups": groups, "fail": fail}
    own |= {"parse_date": date.fromisoformat, "parse_time": datetime.fromisoformat}
    return {each.__name__: each for each in (*_ERRORS, *_PLAIN)} | own


def printer(log: Log) -> type[_Print]:
    """Return the class that RestrictedPython makes of ``print``."""
    return type("Printer", (_Print,), {"log": log})


def operations(ask: Ask) -> dict[str, Any]:
    """Return the functions that ask the host; the host decides on each."""

    def record_of(found: Any) -> Any:
        return None if found is None else Record(found["object"], found["values"])

    def find(object: str, where: str = "", sort: str = "", limit: int = 100) -> list[Any]:
        found = ask("find", {"object": object, "where": where, "sort": sort, "limit": limit})
        return [record_of(each) for each in found]

    def get(object: str, id: Any) -> Any:
        return record_of(ask("get", {"object": object, "id": id}))

    def create(object: str, values: Any = None, **more: Any) -> str:
        return str(ask("create", {"object": object, "values": {**(values or {}), **more}}))

    def update(record: Any, values: Any = None, **more: Any) -> None:
        ask("update", {**_named(record), "values": {**(values or {}), **more}})

    def delete(record: Any) -> None:
        ask("delete", _named(record))

    def transition(record: Any, name: str, values: Any = None, **more: Any) -> None:
        ask("transition", {**_named(record), "name": name, "values": {**(values or {}), **more}})

    def notify(user: Any, text: Any) -> None:
        key = user._values.get("id") if type(user) is Record else user
        ask("notify", {"user": key, "text": str(text)[:WIDTH]})

    made = (find, get, create, update, delete, transition, notify)
    return {function.__name__: function for function in made}


def _named(record: Any) -> dict[str, Any]:
    if type(record) is not Record:
        raise TypeError("Name a record: record, or what get() and find() return.")
    return {"object": record._object, "id": record._values.get("id")}
