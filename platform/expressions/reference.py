"""The reference of the language as text: words with a grammar of their own, and the page of all functions."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import kwlist

from formline.expressions.functions import FUNCTIONS
from formline.expressions.functions.registry import Function
from formline.expressions.types import Type
from formline.metadata.names import RESERVED_ROOTS, SYSTEM_FIELDS

#: Words that are no plain functions: how they are written, and what they give.
WORDS: dict[str, tuple[str, str]] = {
    "today": ("today()", "Today's date."),
    "now": ("now()", "The moment."),
    "days": ("d + days(3)", "So many days, to add to a date or a moment, or to take from it."),
    "weeks": ("d + weeks(2)", "So many weeks."),
    "months": ("d + months(1)", "So many months, for dates; the day is the same, or the month's last."),
    "years": ("d + years(1)", "So many years, for dates."),
    "hours": ("m - hours(8)", "So many hours, for moments."),
    "minutes": ("m + minutes(30)", "So many minutes, for moments."),
    "date_of": ("date_of(created_at)", "The day of a moment in the site's time zone."),
    "hour": ("hour(created_at)", "The hour of a moment, 0 to 23, in the site's time zone."),
    "coalesce": ("coalesce(a, b, 0)", "The first value that is not null."),
    "is_empty": ("is_empty(name)", "Whether it is null, the empty text, no choice, or has no rows."),
    "between": ("between(x, low, high)", "The same as `low <= x <= high`: false when one of them is null."),
    "changed": ("changed(stage)", "Whether saving changes this field of the record; true for a value at creation."),
    "has_role": ('has_role(user, "sales")', "Whether a person has a role."),
    "within": ("within(region, user.regions)", "Whether a record is, or lies below, one of others in its tree."),
    "convert": ('convert(amount, "EUR")', "An amount in a currency; without a rate, saving is refused."),
    "concat": ('concat(name, " ", n)', "Values joined to a text; null counts as empty."),
    "sum": ("sum(lines.amount)", "Sum over rows, 0 without rows; also `sum(lines, price * quantity, done)`."),
    "avg": ("avg(lines.amount)", "Average of the values that are not null; null without any."),
    "min": ("min(lines.amount)", "Smallest value over rows; of several values: `min(a, b)`."),
    "max": ("max(lines.amount)", "Largest value over rows; of several values: `max(a, b)`."),
    "count": ("count(lines, done)", "How many rows, values, or choices of a multiple choice."),
    "any": ("any(lines, discount > 20)", "Whether a row meets the condition."),
    "all": ("all(lines, done)", "Whether all rows meet the condition; true without rows."),
    "first": ("first(lines.product)", "Value of the oldest row."),
    "last": ("last(lines.product)", "Value of the newest row."),
    "list": ("list(lines.name)", "Texts of all rows, joined by commas."),
    "distinct": ("distinct(lines.product.manager)", "Different values: for people selectors, for_each and count."),
}

_OPERATORS = frozenset({"add", "subtract", "multiply", "divide", "modulo", "negate", "join"})

_HEAD = """# Expressions

Generated from the registry by `docs/reference/generate.py`; do not edit.

One language for formulas, rules, conditions, filters and rights. It runs on the server, in both databases and in the
browser, with the same result.

- **Names**: a bare name is a field. `customer.owner.department` goes through lookups; `lines` is the other side of a
  lookup and goes into aggregates. In a `where` about other rows, bare names are their fields and `this` is the record.
  `old` is the record before the change, `user` the acting person, `setting.name` a setting of a package.
- **Values**: `"text"`, `12.50`, `true`, `false`, `null`, `date(2026, 12, 31)`, `[a, b]` after `in`.
- **Operators**: `+ - * / %`, `== != < <= > >=`, `in`, `not in`, `and`, `or`, `not`, `x if condition else y`.
- **Null**: a calculation with null gives null. A condition is true or false: `==` takes null for a value like any
  other, `<` with null is false. A date, text or lookup alone is a condition: whether it is there.
- **Numbers**: exact, 6 decimal places, rounded half away from zero after each operation, below 1,000,000,000,000. A
  larger one is an error at save; in lists and filters it is empty. Division by zero gives null.
- **Text**: compared by code point; length counts characters as people see code points.
- **Money**: its amount in the company's currency; `convert` gives another. `price.amount` is the amount as it was
  entered, `price.currency` its currency, null where that is the company's.
- A condition names records by their code: `company == "SZ"`.

## Roots

| begins with | means | known in |
|---|---|---|
| nothing | a field of the record; in a `where` about other rows, a field of those rows | everywhere |
| `this` | the record itself | everywhere; needed in a `where` about other rows |
| `old` | the record before the change; all null for a new one | where a record is saved: rules, conditions, formulas |
| `user` | the acting person: fields, lookups, `roles` | everywhere |
| `setting` | a setting of a package | everywhere |
| `input` | a cell of the row being imported, by heading, as text | mappings, and nothing else there |
"""


_RESERVED = """A field, or the other side of a lookup, has none of these names:

- what expressions begin with: {roots};
- fields that every record has: {system};
- words that the language keeps for itself, whether it uses them or not: {keywords}.

A function's name is free: `count` alone is a field, `count(lines)` the function.
"""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


def page() -> str:
    """Return the whole page."""
    words = [f"| `{shape}` | {summary} |" for shape, summary in WORDS.values()]
    functions = [row for name in sorted(FUNCTIONS) if name not in _OPERATORS for row in _rows(FUNCTIONS[name])]
    return "\n".join([
        _HEAD,
        "## Reserved names\n",
        _RESERVED.format(
            roots=_listed(RESERVED_ROOTS), system=_listed(SYSTEM_FIELDS), keywords=_listed(word for word in kwlist)
        ),
        "## Words\n",
        "| written | gives |",
        "|---|---|",
        *words,
        "",
        "## Functions\n",
        "| function | takes | gives | meaning | example |",
        "|---|---|---|---|---|",
        *functions,
        "",
    ])  # fmt: skip


def _rows(functions: Iterable[Function]) -> Iterable[str]:
    for function in functions:
        if function.name not in WORDS:
            takes = ", ".join(_kind(each) for each in function.parameters) + (", ..." if function.variadic else "")
            gives = _kind(function.result) if function.result else "the same"
            yield f"| {function.name} | {takes} | {gives} | {function.summary} | `{function.example}` |"


def _kind(type_: Type) -> str:
    return "condition" if type_.kind.value == "boolean" else type_.kind.value
