"""Which fields each block looks at: by them a return knows which finished steps a change concerns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.expressions.compiler import ROOTS
from formline.expressions.problems import ExpressionError
from formline.workflow.approvals.building import kind_of, selectors

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

#: What conditions of an approval may start with, besides fields.
ROOTS_HERE = ROOTS | {"submitter", "candidate"}
_PATHS = ("field", "managers_of", "department_head_of", "chosen_by")


def reads_of(catalog: Catalog, object_name: str, data: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """Return the record's fields that each block's conditions and selectors read or that it shows, by its name."""
    found: dict[str, frozenset[str]] = {}
    for item in _items(data["steps"]):
        sources = list(_sources(item))
        names = {name for source in sources for name in _fields(catalog, object_name, source)}
        names |= {path.split(".")[0] for path in _paths(item)}
        if _asks_script(item):  # which fields that reads, nobody knows
            names |= set(catalog.object(object_name).fields)
        found[str(item[kind_of(item)])] = frozenset(names & set(catalog.object(object_name).fields))
    return MappingProxyType(found)


def expressions_of(data: Mapping[str, Any]) -> Iterator[Any]:
    """Yield every expression over the record: conditions, items, selectors that search; those with ``item`` are not."""
    if data.get("when"):
        yield data["when"]
    for item in _items(data["steps"]):
        yield from (one for one in _sources(item) if not str(one).startswith("distinct(") and "item" not in str(one))


def paths_of(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield every path of the record that steps name without an expression, and the fields that are guarded."""
    guards = data["guards"]
    yield from guards.get("update", ()) if isinstance(guards, Mapping) else ()
    yield from data.get("requires") or ()
    for item in _items(data["steps"]):
        yield from (path for path in _paths(item) if " " not in path)


def _asks_script(item: Mapping[str, Any]) -> bool:
    chosen = [one for key in ("approvers", "to") for one in selectors(item.get(key))]
    return any("script" in one for one in chosen)


def _items(steps: Any) -> Iterator[Mapping[str, Any]]:
    for item in steps or ():
        yield item
        for key in ("branches", "cases"):
            for branch in (item.get(key) or {}).values():
                yield from _items(branch.get("steps"))
        yield from _items((item.get("else") or {}).get("steps"))
        yield from _items(item.get("steps"))


def _sources(item: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the expressions of one block, those of its branches' conditions with it."""
    if item.get("when"):
        yield item["when"]
    for key in ("branches", "cases"):
        yield from (one["when"] for one in (item.get(key) or {}).values() if one.get("when"))
    if "over" in item:
        yield item["over"]
    for selector in [*selectors(item.get("approvers")), *selectors(item.get("to"))]:
        if "find" in selector:
            yield {key: selector[key] for key in ("find", "where", "sort", "value") if key in selector}
        elif "where" in selector:
            yield selector["where"]
        if isinstance(selector.get("until"), str):
            yield selector["until"]


def _paths(item: Mapping[str, Any]) -> Iterator[str]:
    shown = item.get("show")
    yield from [shown] if isinstance(shown, str) else shown or ()
    for selector in [*selectors(item.get("approvers")), *selectors(item.get("to"))]:
        yield from (str(selector[word]) for word in _PATHS if word in selector)


def _fields(catalog: Catalog, object_name: str, source: Any) -> Iterator[str]:
    """Yield the fields of the record that an expression reads; one that is not sound reads nothing."""
    try:
        made = catalog.compiler.compile(source, object=object_name, roots=ROOTS_HERE)
    except ExpressionError:
        return  # the check reports it
    for path in made.dependencies:
        yield path[1] if path[0] == "this" and len(path) > 1 else path[0]
