"""People selectors as conditions: "is the user one of them, for this record?", in the expression language itself.

So the answer is the same wherever it is asked, for one record or fifty, and needs no list of people. Lists of people,
as approvals want them, are made elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from formline.errors import FormlineError
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

_CANDIDATE = re.compile(r"\bcandidate\b")
#: Kinds of selector that can be asked about one user; the others choose people and need to be resolved.
ASKABLE = ("user", "role", "group", "queue", "field", "department", "managers_of", "department_head_of")


class SelectorError(FormlineError):
    """A selector that cannot be asked about one user."""

    code = "selector"
    status = 422


def among(catalog: Catalog, object_name: str, selectors: Sequence[Mapping[str, Any]]) -> Expression | None:
    """Return the condition "the user is among these people" over a record; None for no selectors.

    Raises:
        SelectorError: a kind that is not in :data:`ASKABLE`. ExpressionError: a path that does not lead to people.
    """
    if not selectors:
        return None
    source = " or ".join(f"({_source(catalog, object_name, selector)})" for selector in selectors)
    return catalog.compiler.compile(source, object=object_name, expects=BOOLEAN)


def _source(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    kind = next((word for word in ASKABLE if word in selector), None)
    if kind is None:
        raise SelectorError(f"Whether somebody is meant can be asked of {', '.join(ASKABLE)} only.")
    who = _WAYS[kind](catalog, object_name, selector)
    where = selector.get("where")
    # The person tested here is the user.
    return f"({who}) and ({_CANDIDATE.sub('user', str(where))})" if where else who


def _user(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    return f"user.login == {_text(selector['user'])}"


def _role(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    return f"has_role(user, {_text(selector['role'])})"


def _group(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    if not catalog.has("object", "group"):
        raise SelectorError("There is no object group, so nobody is in one.")
    return f"any(user.groups, name == {_text(selector.get('group') or selector.get('queue'))} and active)"


def _field(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    path = str(selector["field"])
    end = catalog.compiler.path_end(object_name, tuple(path.split(".")))
    many = end is not None and end.type.name == "many_to_many"
    return f"user in {path}" if many else f"{path} == user"


def _department(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    name = _text(selector["department"])
    return f"within(user.department, {name})" if selector.get("below") else f"user.department == {name}"


def _managers(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    levels = int(selector.get("levels", 1))
    paths = [f"{selector['managers_of']}{'.manager' * level}" for level in range(1, levels + 1)]
    return " or ".join(f"{path} == user" for path in paths)


def _head(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> str:
    return f"{selector['department_head_of']}.department.head == user"


_WAYS = {
    "user": _user,
    "role": _role,
    "group": _group,
    "queue": _group,
    "field": _field,
    "department": _department,
    "managers_of": _managers,
    "department_head_of": _head,
}


def _text(value: Any) -> str:
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
