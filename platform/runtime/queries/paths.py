"""Paths a person wrote: each field on the way must be theirs to read; the records on the way are limited in SQL."""

from __future__ import annotations

from collections.abc import Iterable

from formline.expressions.scope import Path
from formline.fields.field import Field
from formline.runtime.access.rights import FieldAccess, Rights
from formline.runtime.queries.errors import unusable

#: The words an expression of a person may start with, besides fields.
USER_ROOTS = frozenset({"this", "user"})


def lookups_of(paths: Iterable[str]) -> set[tuple[str, ...]]:
    """Return the lookups that paths follow, each step once: every one is a join."""
    steps = [path.split(".") for path in paths]
    return {tuple(each[:end]) for each in steps for end in range(1, len(each))}


def end_of(access: Rights, object: str, path: Path) -> tuple[Field, FieldAccess] | None:
    """Return the field at the end of a path through lookups with its level; None where the person has no such path."""
    *through, name = path
    for step in through:
        field = access.catalog.object(object).fields.get(step)
        if field is None or len(field.to) != 1 or not access.object(object).readable(step):
            return None
        object = field.to[0]
    found = access.catalog.object(object).fields.get(name)
    if found is None or not access.object(object).shown(name):
        return None
    return found, access.object(object).level_of(name)


def usable(access: Rights, object: str, path: str, use: str) -> Field:
    """Return the field at the end of ``path``, unmasked on every record; ``use`` is what for, in the message.

    Raises:
        QueryError: no such path, or not for this person.
    """
    found = end_of(access, object, tuple(path.split(".")))
    if found is None or found[1].level not in ("read", "edit"):
        raise unusable(path, use)
    return found[0]


def require_readable(access: Rights, object: str, dependencies: Iterable[Path]) -> None:
    """Check every path of an expression that a person wrote, through lookups and other sides.

    Raises:
        QueryError: one of them is not theirs to read.
    """
    for path in sorted(dependencies):
        if not _readable(access, object, path):
            raise unusable(".".join(path), "filter")


def _readable(access: Rights, object: str, path: Path) -> bool:
    if path[0].startswith("@"):
        object, path = path[0][1:], path[1:]
    elif path[0] == "user":
        object, path = "user", path[1:]
    elif path[0] == "this":
        path = path[1:]
    for name in path:
        following = _step(access, object, name)
        if following is None:
            return False
        object = following
    return access.object(object).can("read") or not path


def _step(access: Rights, object: str, name: str) -> str | None:
    """Return the object that ``name`` leads to (or stays on); None where it is not readable."""
    described = access.catalog.object(object)
    field = described.fields.get(name)
    if field is not None:
        if not access.object(object).readable(name):
            return None
        return field.to[0] if len(field.to) == 1 else object
    link = described.child(name)
    if link is None or not access.object(link.object).readable(link.field):
        return None
    return link.object
