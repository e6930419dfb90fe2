"""Who would newly see or do what, and who no longer: the rights of two catalogs compared, role by role; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from formline.catalog.catalog import Catalog
from formline.catalog.checks.reveals import field_rights, listed, may_read
from formline.catalog.diff import match_names
from formline.catalog.model import FieldRight, Role
from formline.catalog.rights import LEVELS, PLAIN, SCOPED
from formline.expressions.expression import Expression
from formline.metadata.layers import Definition

#: Scopes from narrow to wide; an expression is compared by its text only.
WIDTH = (
    "none",
    "own",
    "own_and_team",
    "team",
    "own_and_reports",
    "department",
    "department_and_below",
    "company",
    "all",
)


#: Whose lines tell of what no single role gives: sharing rules, restrictions, people of transitions.
RULES = "rules"
#: Who takes a transition that names nobody itself: the roles that list it, each of which is told of.
BY_ACTION = "roles with this action"


class Direction(StrEnum):
    """Whether a change gives or takes; ``other`` where two conditions cannot be compared."""

    WIDER = "wider"
    NARROWER = "narrower"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class SecurityChange:
    """One right that differs. ``role`` is "" where a rule of its own, and no role, says whom it concerns.

    ``what`` is a right (``read``, ``create`` ...), ``field NAME``, ``action NAME``, ``app NAME``,
    ``administration NAME`` or ``transition MACHINE.NAME``; ``object`` is "" where no object is concerned.
    """

    role: str
    object: str
    what: str
    old: str
    new: str
    direction: Direction

    def __str__(self) -> str:
        """Return one line for a plan."""
        whom = f"role {self.role}" if self.role else RULES
        on = f" of {self.object}" if self.object else ""
        return f"{whom}: {self.what}{on}: {self.old} -> {self.new}"


Key = tuple[str, str, str]


def security_diff(old: Catalog, new: Catalog, *, back: bool = False) -> list[SecurityChange]:
    """Return every right that differs, what is given first; renamed things count as the same.

    ``back``: ``new`` is the earlier catalog, and ``old`` tells what was renamed since.
    """
    same = frozenset(key for key, one in new.definitions.items() if _same(old.definitions.get(key), one))
    names = {kind: _new_names(old, new, kind, back) for kind in ("object", "role")}
    before = {_renamed(old, new, key, names, back): value for key, value in _rights(old, same)}
    after = dict(_rights(new, same))
    found = [
        SecurityChange(*key, before.get(key, _nothing(key)), after.get(key, _nothing(key)), direction)
        for key in dict.fromkeys([*after, *before])
        if (direction := _direction(before.get(key, _nothing(key)), after.get(key, _nothing(key)))) is not None
    ]
    return sorted(found, key=lambda one: (one.direction != Direction.WIDER, one.role, one.object, one.what))


def _same(old: Definition | None, new: Definition) -> bool:
    return old is not None and old.data == new.data


def _rights(catalog: Catalog, same: frozenset[tuple[str, str]]) -> Iterator[tuple[Key, str]]:
    """Yield what a role may do: (role, object, what) and how far it goes.

    Where role and object are the ``same`` in both catalogs, so are the rights, and they are left out.
    """
    for role in catalog.all("role").values():
        same_role = all(("role", name) in same for name in _with_included(catalog, role))
        for name in catalog.names("object"):
            if not (same_role and ("object", name) in same):
                yield from _object_rights(catalog, role, name)
        for right in role.admin_rights:
            yield (role.name, "", f"administration {right}"), "allowed"
        for app in role.apps:
            yield (role.name, "", f"app {app}"), "allowed"
        for name in role.grants:
            yield (role.name, "", f"grant of role {name}"), "allowed"
    for rule in catalog.all("sharing_rule").values():
        people = ", ".join(f"{to.kind} {to.name}" for to in rule.to)
        records = "all" if rule.where is None else f"where {rule.where.source}"
        yield ("", rule.object, f"sharing rule {rule.name}"), f"{rule.access} {records} to {people}"
    for rule in catalog.all("restriction_rule").values():
        yield ("", rule.object, f"restriction rule {rule.name}"), f"all but where {rule.where.source}"
    for (kind, name), package in catalog.definitions.items():
        told = [*package.data.get("capabilities", ()), *(f"changes {one}" for one in package.data.get("overrides", ()))]
        if kind == "package" and told:
            yield ("", "", f"package {name}"), ", ".join(told)
    for form in catalog.all("web_form").values():
        for name, fields in form.writable.items():
            yield ("", name, f"web form {form.name}"), f"people outside fill in {', '.join(sorted(fields))}"
    for front in catalog.all("storefront").values():
        shown = ", ".join((*front.columns, *([front.pictures] if front.pictures else []), front.usual_price))
        yield ("", front.object, f"storefront {front.name}"), f"people with a link see {shown}"
    for machine in catalog.all("state_machine").values():
        for transition in machine.transitions.values():
            key = ("", machine.object, f"transition {machine.name}.{transition.name}")
            yield key, _selectors(transition.allowed) if transition.allowed else BY_ACTION


def _with_included(catalog: Catalog, role: Role) -> set[str]:
    known: Mapping[str, Role] = catalog.all("role")
    found, waiting = set[str](), [role.name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += known[name].includes if name in known else ()
    return found


def _object_rights(catalog: Catalog, role: Role, name: str) -> Iterator[tuple[Key, str]]:
    rights = list(listed(catalog, role, name))
    object_ = catalog.object(name)
    for word in SCOPED:
        found = {_text(getattr(one, word)) for one in rights}
        if role.audience == "internal" and (object_.default_access, word) in _DEFAULTS:
            found.add("all")
        if object_.default_access == "controlled_by_parent" and object_.parent and word in ("read", "update", "delete"):
            found.add(f"as {object_.fields[object_.parent].to[0]}")
        yield (role.name, name, word), _union(found)
    for word in PLAIN:
        attribute = "import_" if word == "import" else word
        yield (role.name, name, word), "allowed" if any(getattr(one, attribute) for one in rights) else "none"
    for action in {action for one in rights for action in one.actions}:
        yield (role.name, name, f"action {action}"), "allowed"
    visible = may_read(catalog, role, name) or object_.default_access != "private"
    for field in object_.declared:
        levels = field_rights(catalog, role, name, field.name) if visible else []
        yield (role.name, name, f"field {field.name}"), _level(levels)


_DEFAULTS = frozenset({("read", "read"), ("read_write", "read"), ("read_write", "update")})


def _level(rights: list[FieldRight]) -> str:
    best = max(rights, key=lambda one: (LEVELS.index(one.access), not one.scope), default=FieldRight("hidden"))
    return f"{best.access} if {_text(best.scope)}, else {best.otherwise}" if best.scope else best.access


def _text(scope: str | Expression) -> str:
    return scope if isinstance(scope, str) else f"where {scope.source}"


def _union(scopes: set[str]) -> str:
    """Return the widest of known scopes; conditions and parents stay beside it."""
    known = max((one for one in scopes if one in WIDTH), key=WIDTH.index, default="none")
    others = sorted(one for one in scopes if one not in WIDTH)
    if known == "all" or not others:
        return known
    return " or ".join(([known] if known != "none" else []) + others)


def _selectors(selectors: tuple[Mapping[str, Any], ...]) -> str:
    return " or ".join(", ".join(f"{key} {value}" for key, value in one.items()) for one in selectors)


def _nothing(key: Key) -> str:
    if key[2].startswith("restriction rule "):
        return "all"
    return "hidden" if key[2].startswith("field ") else "none"


def _direction(old: str, new: str) -> Direction | None:
    if old == new or {old, new} == {"none", BY_ACTION}:
        return None  # who has the action is told with the roles
    for order in (WIDTH, LEVELS, ("none", "allowed")):
        if old in order and new in order:
            return Direction.WIDER if order.index(new) > order.index(old) else Direction.NARROWER
    if old in ("none", "hidden") or new in ("all", "allowed", "edit"):
        return Direction.WIDER
    return Direction.NARROWER if new in ("none", "hidden") or old in ("all", "allowed", "edit") else Direction.OTHER


def _renamed(old: Catalog, new: Catalog, key: Key, names: Mapping[str, Mapping[str, str]], back: bool) -> Key:
    """Return a right's key in the names of the new catalog."""
    role, object_name, what = key
    now = names["object"].get(object_name, object_name)
    if what.startswith("field ") and now in new.objects:
        fields = old.definitions["object", object_name].data.get("fields") or {}
        matches = match_names(fields, new.definitions["object", now].data.get("fields") or {}, back=back)
        name = what.removeprefix("field ")
        what = f"field {next((one for one, was in matches.pairs.items() if name in was), name)}"
    return names["role"].get(role, role), now, what


def _new_names(old: Catalog, new: Catalog, kind: str, back: bool) -> dict[str, str]:
    """Return old name -> new name of every definition of a kind that is still there."""
    after = {one: new.definitions[kind, one].data for one in new.names(kind)}
    before = {one: old.definitions[kind, one].data for one in old.names(kind)}
    pairs = match_names(before, after, back=back, reused=True).pairs
    return {was: name for name, former in pairs.items() for was in former}
