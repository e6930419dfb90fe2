"""Record scopes as SQL conditions over one row and the acting user's values; who has which is decided elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, false, null, or_

from formline.expressions.expression import Expression
from formline.expressions.storage_types import Key
from formline.runtime.access import shares
from formline.runtime.access.levels import Scope
from formline.runtime.queries.source import SqlSource, exists_in, source_of

#: On these objects the record itself is what a scope compares: `own` on user is the user's own record.
_SELF: Final[Mapping[str, str]] = {"user": "owner", "department": "department", "company": "company"}

#: What must be allowed on the parent for a right on a record that the parent controls.
Restrict = Callable[[SqlSource], ColumnElement[bool] | None]


def any_scope(
    source: SqlSource, scopes: tuple[Scope, ...], parent: Restrict | None = None
) -> ColumnElement[bool] | None:
    """Return that one of ``scopes`` holds for the row; None where that is every row.

    ``parent`` gives the condition on the parent's row, for the scope ``parent``.
    """
    if "all" in scopes:
        return None
    conditions = [_condition(source, scope, parent) for scope in scopes]
    if any(condition is None for condition in conditions):
        return None
    found = [condition for condition in conditions if condition is not None]
    return or_(*found) if found else false()


def _condition(source: SqlSource, scope: Scope, parent: Restrict | None) -> ColumnElement[bool] | None:
    if isinstance(scope, Expression):
        return scope.where(source)
    if scope == "parent":
        return _by_parent(source, parent)
    return _NAMED[scope](source)


def stamp(source: SqlSource, name: str) -> ColumnElement[Any]:
    """Return the row's owner, department or company, null where it has none; of such an object itself, the id."""
    if _SELF.get(source.object.name) == name:
        return source.key
    return source.column((name,)) if name in source.object.fields else null().cast(Key())


def _own(source: SqlSource) -> ColumnElement[bool]:
    return stamp(source, "owner") == source.statement.value("user", "id", Key())


def _own_and_reports(source: SqlSource) -> ColumnElement[bool]:
    return source.statement.among(stamp(source, "owner"), "reach", "reports")


def _team(source: SqlSource) -> ColumnElement[bool]:
    return or_(_own(source), shares.in_team(source))


def _department(source: SqlSource) -> ColumnElement[bool]:
    return stamp(source, "department") == source.statement.value("user", "department", Key())


def _department_and_below(source: SqlSource) -> ColumnElement[bool]:
    return source.statement.among(stamp(source, "department"), "reach", "departments")


def _company(source: SqlSource) -> ColumnElement[bool]:
    return stamp(source, "company") == source.statement.value("user", "company", Key())


def _account(source: SqlSource) -> ColumnElement[bool]:
    return _of_account(source, "account")


def _account_and_below(source: SqlSource) -> ColumnElement[bool]:
    return _of_account(source, "accounts")


def _of_account(source: SqlSource, key: str) -> ColumnElement[bool]:
    target = account_object(source)
    if target is None:
        return false()
    if source.object.name == target:
        return source.statement.among(source.key, "reach", key)
    fields = [f.name for f in source.object.declared if target in f.to and f.stored]
    return or_(*(source.statement.among(source.column((name,)), "reach", key) for name in fields), false())


def account_object(source: SqlSource) -> str | None:
    """Return the object that external people belong to, as the applications for them declare it."""
    apps = source.statement.release.catalog.all("app").values()
    return next((app.account for app in apps if app.audience == "external" and app.account), None)


def _by_parent(source: SqlSource, restrict: Restrict | None) -> ColumnElement[bool] | None:
    field = source.object.parent
    if field is None or restrict is None:
        return false()
    target = source_of(source.statement, source.object.fields[field].to[0], roots=source.roots).aliased()
    condition = restrict(target)
    if condition is None:
        return None
    return exists_in(target, (target.key == source.column((field,))) & target.alive() & condition)


_NAMED: Final[Mapping[str, Callable[[SqlSource], ColumnElement[bool]]]] = {
    "own": _own,
    "own_and_reports": _own_and_reports,
    "team": _team,
    "own_and_team": _team,
    "department": _department,
    "department_and_below": _department_and_below,
    "company": _company,
    "account": _account,
    "account_and_below": _account_and_below,
}
