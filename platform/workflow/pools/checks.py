"""Checks of pools: whom they name, what their conditions read, and that their times count from dates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from formline.catalog.checker import Checker
from formline.catalog.objects import Object
from formline.catalog.selectors import SelectorError, among
from formline.catalog.sharing import selectors_of
from formline.errors import FormlineError
from formline.expressions.types import Kind
from formline.metadata.positions import Path

#: Selectors that say who somebody is, whatever the record.
_ALLOWED = ("user", "role", "group", "queue", "department")


def check_pool(checker: Checker) -> None:
    """Check a pool."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    if "owner" not in object_.fields or object_.append_only:
        message = f"Records of {object_.name} have no owner who could claim them."
        checker.error("pool-object", message, ("object",), "name an object whose records people own")
        return
    for key in ("members", "administrators"):
        _check_people(checker, key)
    for key in ("where", "exempt"):
        checker.condition(data.get(key), (key,), object_.name, stored=True)
    checker.condition(
        (data.get("limits") or {}).get("not_counted"), ("limits", "not_counted"), object_.name, stored=True
    )
    for key in ("columns", "masked"):
        checker.fields(object_, data.get(key), (key,))
    for name, rule in (data.get("recycle") or {}).items():
        _check_rule(checker, object_, rule, ("recycle", name))


def _check_people(checker: Checker, key: str) -> None:
    value = checker.data.get(key)
    for index, part in enumerate(selectors_of(value)):
        path: Path = (key, index) if isinstance(value, list) else (key,)
        if "role" in part and not checker.known("role", part["role"], (*path, "role")):
            continue
        if not any(word in part for word in _ALLOWED):
            message = "Who belongs to a pool does not depend on a record."
            checker.error("selector-kind", message, path, f"name people by one of {', '.join(_ALLOWED)}")
            continue
        try:
            among(checker.catalog, "user", [part])
        except SelectorError as error:
            checker.error("selector-kind", error.message, path)
        except FormlineError:
            message = "The condition reads something that candidate has not."
            checker.error("selector-kind", message, (*path, "where"), "write candidate before each field")


def _check_rule(checker: Checker, object_: Object, rule: Mapping[str, Any], path: Path) -> None:
    checker.condition(rule.get("when"), (*path, "when"), object_.name, stored=True)
    if ("all" in rule) == ("after" in rule):
        message = "A rule has one time, or several under all."
        checker.error("recycle-time", message, path, "write after: 30d, or all: [{after: 30d}, ...]")
    if "all" in rule and "since" in rule:
        message = "Under all, each time says itself what it counts from."
        checker.error("recycle-time", message, (*path, "since"), "write since beside each after", key=True)
    for place, part in [(path, rule), *(((*path, "all", index), one) for index, one in enumerate(rule.get("all", ())))]:
        since = part.get("since")
        found = None if since is None else checker.expression(since, (*place, "since"), object_.name, stored=True)
        if found is not None and (found.type.kind not in (Kind.DATE, Kind.DATETIME) or found.type.many):
            message = f'"{since}" is {found.type}, not a date.'
            checker.error("recycle-time", message, (*place, "since"), "name a date, or a date and time")
