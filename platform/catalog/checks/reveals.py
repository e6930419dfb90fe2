"""Warns where a role may read a computed value but not what it is computed from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from formline.catalog import formulas
from formline.catalog.model import FieldRight, ObjectRights, Role
from formline.errors import Level, Problem
from formline.expressions.scope import Path
from formline.fields.field import Field

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog

Source = tuple[str, str]


def check_reveals(catalog: Catalog, keys: Collection[tuple[str, str]] | None = None) -> Iterator[Problem]:
    """Yield a warning per computed field and source; it names the roles that read the field and not the source.

    ``keys``: only objects among these definitions.
    """
    roles = catalog.all("role")
    for object_name in catalog.names("object"):
        if keys is not None and ("object", object_name) not in keys:
            continue
        object_ = catalog.object(object_name)
        for field in object_.declared:
            if field.type.name not in ("formula", "rollup", "mirror"):
                continue
            readers = [role for role in roles.values() if readable(catalog, role, object_.name, field.name)]
            yield from _warn(catalog, readers, field)


def _warn(catalog: Catalog, readers: Collection[Role], field: Field) -> Iterator[Problem]:
    allowed = set(field.params.get("reveals") or ())
    for object_name, name in sorted(sources_of(catalog, field)):
        if allowed & {name, f"{object_name}.{name}", *_paths_to(field, name)}:
            continue
        blind = [f'"{role.name}"' for role in readers if not readable(catalog, role, object_name, name)]
        if not blind:
            continue
        definition = catalog.definitions["object", field.object]
        path = ("fields", field.name)
        who = "role" if len(blind) == 1 else "roles"
        seen = f"{field.object}.{field.name}"
        yield Problem(
            "reveals-source",
            f"The {who} {', '.join(blind)} may read {seen}, but not its source {object_name}.{name}.",
            f"hide the result from the {who}, or write reveals: [{_shortest(field, object_name, name)}]",
            definition.positions.key(path),
            f"object/{field.object}.fields.{field.name}",
            Level.WARNING,
        )


def _paths_to(field: Field, name: str) -> Iterator[str]:
    """Yield the written path of a mirror or rollup that ends in a name."""
    written = str(field.params.get("of") or "")
    if written.rpartition(".")[2] == name:
        yield written


def _shortest(field: Field, object_name: str, name: str) -> str:
    return next(_paths_to(field, name), name if object_name == field.object else f"{object_name}.{name}")


def sources_of(catalog: Catalog, field: Field) -> frozenset[Source]:
    """Return the fields, not computed ones, that a computed field is made of, through other computed ones."""
    found: set[Source] = set()
    _collect(catalog, field, found, set())
    return frozenset(found)


def _collect(catalog: Catalog, field: Field, found: set[Source], seen: set[Source]) -> None:
    if (field.object, field.name) in seen:
        return
    seen.add((field.object, field.name))
    if field.type.name == "mirror" and field.source is not None:
        _leaf(catalog, field.source, found, seen)
    elif field.type.name == "rollup" and field.rollup is not None:
        spec = field.rollup
        child = catalog.object(spec.child)
        if spec.of:
            _leaf(catalog, child.fields[spec.of], found, seen)
    elif field.type.name == "formula":
        for path in formulas.expression_of(catalog, field).dependencies:
            end = _end(catalog, field.object, path)
            if end is not None:
                _leaf(catalog, end, found, seen)


def _leaf(catalog: Catalog, field: Field, found: set[Source], seen: set[Source]) -> None:
    if field.type.name in ("formula", "rollup", "mirror"):
        _collect(catalog, field, found, seen)
    elif not field.system and not field.type.reference:
        found.add((field.object, field.name))


def _end(catalog: Catalog, object_name: str, path: Path) -> Field | None:
    """Return the field at the end of a dependency."""
    steps = list(formulas.fields_on(catalog, object_name, path))
    return steps[-1][2] if steps else None


def readable(catalog: Catalog, role: Role, object_name: str, name: str) -> bool:
    """Whether a role may read a field in clear on some record."""
    return any(right.access in ("read", "edit") for right in field_rights(catalog, role, object_name, name))


def field_rights(catalog: Catalog, role: Role, object_name: str, name: str) -> list[FieldRight]:
    """Return what gives a role a level of a field; the best one counts.

    A role's own word about the field stands before the included ones, and any word before ``default_access``.
    """
    object_ = catalog.object(object_name)
    field = object_.fields[name]
    given = _given(catalog, role, field, set())
    if field.sensitive or any(name in rights.fields for rights in listed(catalog, role, object_name)):
        return given
    above = object_.fields[object_.parent].to[0] if object_.parent else ""
    if role.audience == "internal" and object_.default_access in ("read", "read_write"):
        given.append(_level(field, object_.default_access == "read_write"))
    elif object_.default_access == "controlled_by_parent" and above and may_read(catalog, role, above):
        given.append(_level(field, any(rights.update != "none" for rights in listed(catalog, role, above))))
    return given


def _given(catalog: Catalog, role: Role, field: Field, seen: set[str]) -> list[FieldRight]:
    seen.add(role.name)
    own = role.objects.get(field.object)
    if own is not None and field.name in own.fields:
        return [own.fields[field.name]]
    found = []
    if own is not None and own.read != "none" and not field.sensitive:
        found.append(_level(field, own.create or own.update != "none"))
    known: Mapping[str, Role] = catalog.all("role")
    for name in role.includes:
        if name not in seen and name in known:
            found += _given(catalog, known[name], field, seen)
    return found


def _level(field: Field, writes: bool) -> FieldRight:
    return FieldRight("edit" if writes and field.writable else "read")


def may_read(catalog: Catalog, role: Role, object_name: str) -> bool:
    """Whether a role, with those it includes, reads any record of an object."""
    return any(rights.read != "none" for rights in listed(catalog, role, object_name))


def listed(catalog: Catalog, role: Role, object_name: str, seen: set[str] | None = None) -> Iterator[ObjectRights]:
    """Yield the rights on an object of a role and of those it includes."""
    seen = set() if seen is None else seen
    seen.add(role.name)
    if object_name in role.objects:
        yield role.objects[object_name]
    known: Mapping[str, Role] = catalog.all("role")
    for name in role.includes:
        if name not in seen and name in known:
            yield from listed(catalog, known[name], object_name, seen)
