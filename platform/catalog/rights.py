"""Roles as built from definitions; who may do what with which record is decided by the runtime."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog.model import FieldRight, ObjectRights, Role
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

#: The words a scope may be besides an expression.
SCOPES = (
    "none",
    "own",
    "own_and_reports",
    "own_and_team",
    "team",
    "department",
    "department_and_below",
    "company",
    "account",
    "account_and_below",
    "all",
)
LEVELS = ("hidden", "masked", "read", "edit")
SCOPED = ("read", "update", "delete", "export", "transfer")
PLAIN = ("create", "import", "import_history", "set_state")


def build_role(catalog: Catalog, definition: Definition) -> Role:
    """Make a role."""
    data = definition.data
    listed: Mapping[str, Any] = data.get("objects") or {}
    objects = {name: object_rights(catalog, name, one or {}) for name, one in listed.items()}
    if others := data.get("other_objects"):
        missing = [name for name in catalog.names("object") if name not in objects]
        objects |= {name: object_rights(catalog, name, others) for name in missing}
    return Role(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        tuple(data.get("includes") or ()),
        MappingProxyType(objects),
        tuple(data.get("apps") or ()),
        frozenset(data.get("admin") or ()),
        str(data.get("audience") or "internal"),
        grants=frozenset([given] if isinstance(given := data.get("grants") or (), str) else given),
        excludes=frozenset(data.get("excludes") or ()),
    )


def object_rights(catalog: Catalog, name: str, data: Mapping[str, Any]) -> ObjectRights:
    """Make the rights on one object; what is not named is not allowed."""
    fields = {field: _field_right(catalog, name, right) for field, right in (data.get("fields") or {}).items()}
    scopes = {word: scope_of(catalog, name, data.get(word, False)) for word in SCOPED}
    plain = {word: _allowed(data.get(word, False)) for word in PLAIN}
    return ObjectRights(
        name,
        create=plain["create"],
        import_=plain["import"],
        import_history=plain["import_history"],
        set_state=plain["set_state"],
        actions=tuple(data.get("actions") or ()),
        fields=MappingProxyType(fields),
        **scopes,
    )


def scope_of(catalog: Catalog, object_name: str, value: Any) -> str | Expression:
    """Return a scope: true is ``all``, false ``none``, a known word itself, else an expression over the record."""
    if isinstance(value, bool):
        return "all" if value else "none"
    if value in SCOPES:
        return str(value)
    return catalog.compiler.compile(value, object=object_name, expects=BOOLEAN)


def _allowed(value: Any) -> bool:
    return value if isinstance(value, bool) else value not in (None, "none", "false")


def _field_right(catalog: Catalog, object_name: str, value: Any) -> FieldRight:
    if isinstance(value, str):
        return FieldRight(value)
    access = "edit" if "edit" in value else "read"
    scope = scope_of(catalog, object_name, value.get(access, False))
    otherwise = str(value.get("otherwise") or ("read" if access == "edit" and value.get("read") is True else "hidden"))
    return FieldRight(access, scope, otherwise, bool(value.get("match")))
