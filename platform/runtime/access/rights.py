"""What a set of roles may do, compiled once per release and set of roles; no SQL and no user values here.

Rights of several roles add up. Within one role, a field it lists counts as listed, whatever the roles it includes say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from formline.catalog.catalog import Catalog
from formline.catalog.model import FieldRight, ObjectRights, Role
from formline.catalog.objects import Object
from formline.catalog.sharing import RestrictionRule, restrictions
from formline.fields.field import Field
from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.access.levels import (
    ADMINISTRATION,
    LEVELS,
    PLAIN_RIGHTS,
    RANK,
    SCOPED_RIGHTS,
    Level,
    Scope,
    higher,
    union,
)
from formline.runtime.queries.roles import expanded
from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class FieldAccess:
    """Level of one field: ``level`` on every readable record, a higher one where one of its scopes holds."""

    level: Level
    raised: tuple[tuple[Level, Scope], ...] = ()

    @property
    def best(self) -> Level:
        """The level on the most favourable record."""
        level = self.level
        for raised, _ in self.raised:
            level = higher(level, raised)
        return level

    def __or__(self, other: FieldAccess) -> FieldAccess:
        """Return what both together allow."""
        floor = higher(self.level, other.level)
        raised = dict.fromkeys(self.raised + other.raised)
        return FieldAccess(floor, tuple(each for each in raised if RANK[each[0]] > RANK[floor]))


_HIDDEN = FieldAccess("hidden")
#: Rights on every record that an object's ``default_access`` gives everybody inside the company.
_BY_DEFAULT: Mapping[str, tuple[str, ...]] = {"read": ("read",), "read_write": ("read", "update")}
_ALL: tuple[Scope, ...] = ("all",)


class ObjectAccess:
    """Rights on one object. ``scopes`` are alternatives; ``("all",)`` where every record, ``()`` where none."""

    #: Whether records may be made that their maker never sees.
    write_only = False

    def __init__(self, rights: Rights, object_: Object) -> None:
        """Keep what the answers are made from; each is made when first asked for."""
        self.rights = rights
        self.object = object_
        self._scopes: dict[str, tuple[Scope, ...]] = {}
        self._fields: dict[str, FieldAccess] = {}

    def can(self, right: str) -> bool:
        """Return whether there may be records for this right, or the named action (transition, button) is allowed."""
        word = "read" if right in ("read", "export") else "write"
        return in_scope(self.rights.token_scopes, self.object.name, word) and self._given(right)

    def _given(self, right: str) -> bool:
        """Return what the roles say, whatever a token leaves of it: a parent decides about its children by that."""
        if right in SCOPED_RIGHTS:
            return bool(self.scopes(right))
        return self.rights.all or (self._plain(right) if right in PLAIN_RIGHTS else right in self.actions)

    def _plain(self, right: str) -> bool:
        if right == "create" and self.parent_controls:
            return self._parent_access._given("update")
        attribute = "import_" if right == "import" else right
        return any(getattr(each, attribute) for each in self._listed)

    @cached_property
    def actions(self) -> frozenset[str]:
        """Names of the transitions and buttons allowed by some role."""
        return frozenset(name for each in self._listed for name in each.actions)

    @cached_property
    def _listed(self) -> tuple[ObjectRights, ...]:
        roles = self.rights.roles_expanded
        return tuple(role.objects[self.object.name] for role in roles if self.object.name in role.objects)

    @cached_property
    def parent_controls(self) -> bool:
        """Whether records have the access of their parent."""
        return self.object.default_access == "controlled_by_parent" and self.object.parent is not None

    @cached_property
    def _parent_access(self) -> ObjectAccess:
        return self.rights.object(self.object.fields[self.object.parent or ""].to[0])

    def scope(self, right: str) -> tuple[Scope, ...]:
        """Return the record scopes of a right."""
        return self.scopes(right)

    def scopes(self, right: str) -> tuple[Scope, ...]:
        """Return the record scopes of a right: alternatives, narrower ones dropped, in a stable order."""
        if self.rights.all:
            return _ALL
        if right not in self._scopes:
            self._scopes[right] = union(self._declared_scopes(right))
        return self._scopes[right]

    def restrictions(self, right: str) -> tuple[RestrictionRule, ...]:
        """Return the restriction rules that may take a right, or reading itself, on some record."""
        return tuple(rule for rule in self._restrictions if {right, "read"} & rule.rights)

    @cached_property
    def _restrictions(self) -> tuple[RestrictionRule, ...]:
        rules = () if self.rights.all else restrictions(self.rights.catalog, self.object.name)
        return tuple(rule for rule in rules if rule.concerns(self.rights.role_names))

    def everywhere(self, right: str) -> bool:
        """Return whether the right holds on every record: no scope and no rule has to be asked."""
        return self.scopes(right) == _ALL and not self.restrictions(right)

    def _declared_scopes(self, right: str) -> Iterator[Scope]:
        yield from self.default_scopes(right)
        for each in self._listed:
            yield getattr(each, right)

    def default_scopes(self, right: str) -> Iterator[Scope]:
        """Yield what the object's ``default_access`` gives, whatever the roles say."""
        if self.rights.internal and right in _BY_DEFAULT.get(self.object.default_access, ()):
            yield "all"
        if self.parent_controls and self._parent_access._given("read" if right == "read" else "update"):
            yield "parent"

    def field(self, name: str) -> Level:
        """Return the level of a field on every readable record; ``level_of`` tells what relation to a record adds."""
        return self.level_of(name).level

    def level_of(self, name: str) -> FieldAccess:
        """Return the level of a field; unknown names are hidden."""
        if name not in self._fields:
            self._fields[name] = self._level(name)
        return self._fields[name]

    def _level(self, name: str) -> FieldAccess:
        found = self.object.fields.get(name)
        if found is None or not self.can("read"):
            return _HIDDEN
        if self.rights.all:
            return FieldAccess("edit" if found.writable else "read")
        if found.system:
            return FieldAccess("edit" if name == "owner" and self.can("transfer") else "read")
        named = any(name in listed.fields for listed in self._listed)
        access = _HIDDEN if named else self._default_level(found)
        for role in self.rights.roles:
            access |= self._role_level(role, found)
        return access

    def _default_level(self, found: Field) -> FieldAccess:
        if found.sensitive:
            return _HIDDEN
        if self.parent_controls:
            return FieldAccess("edit" if self._parent_access._given("update") else "read")
        if self.rights.internal and self.object.default_access in ("read", "read_write"):
            # Everybody reads it: a role that says who writes need not say that they read.
            written = any(listed.create or listed.update != "none" for listed in self._listed)
            return FieldAccess("edit" if self.object.default_access == "read_write" or written else "read")
        return _HIDDEN

    def _role_level(self, role: Role, found: Field) -> FieldAccess:
        listed = role.objects.get(self.object.name)
        if listed is not None and found.name in listed.fields:
            return _field_access(listed.fields[found.name])
        access = _HIDDEN
        if listed is not None and not found.sensitive and listed.read != "none":
            access = FieldAccess("edit" if listed.create or listed.update != "none" else "read")
        for included in role.includes:
            if included in self.rights.catalog.all("role"):
                access |= self._role_level(self.rights.catalog.get("role", included), found)
        return access

    def readable(self, name: str) -> bool:
        """Return whether the field is readable unmasked on every readable record."""
        return RANK[self.field(name)] >= RANK["read"]

    def shown(self, name: str) -> bool:
        """Return whether the field appears at all, masked or on some records only."""
        return self.level_of(name).best != "hidden"

    @cached_property
    def writable(self) -> frozenset[str]:
        """Names a write may contain: the whitelist; rights on the single record narrow it."""
        if self.rights.all:
            names = {name for name, field in self.object.fields.items() if field.writable}
            return frozenset(names | ({"owner", "department", "company", "record_type"} & set(self.object.fields)))
        if not (self.can("update") or self.can("create")):
            return frozenset()
        names = {
            name
            for name, field in self.object.fields.items()
            if (field.writable or name == "owner") and self.level_of(name).best == "edit"
        }
        return frozenset(names | ({"record_type"} & set(self.object.fields)))


def _field_access(right: FieldRight) -> FieldAccess:
    access = _as_level(right.access)
    if not right.scope:
        return FieldAccess(access)
    otherwise = _as_level(right.otherwise or "hidden")
    return (
        FieldAccess(otherwise, ((access, right.scope),)) if RANK[access] > RANK[otherwise] else FieldAccess(otherwise)
    )


def _as_level(word: str) -> Level:
    return next(level for level in LEVELS if level == word)


class Rights:
    """All rights of a set of roles in one release; ``all`` for the system. Equal ones are one object: a cache key."""

    def __init__(
        self,
        catalog: Catalog,
        roles: frozenset[str],
        *,
        internal: bool,
        everything: bool = False,
        token_scopes: frozenset[str] | None = None,
    ) -> None:
        """Keep the roles that the catalog knows."""
        self.token_scopes = token_scopes
        known = catalog.all("role")
        self.catalog = catalog
        self.all = everything
        self.roles: tuple[Role, ...] = tuple(known[name] for name in sorted(roles) if name in known)
        self.role_names = expanded(catalog, roles)
        self.roles_expanded: tuple[Role, ...] = tuple(known[name] for name in sorted(self.role_names))
        self.internal = internal and not any(role.audience == "external" for role in self.roles)
        self._objects: dict[str, ObjectAccess] = {}

    def object(self, name: str) -> ObjectAccess:
        """Return the rights on an object; DefinitionError where there is none of that name."""
        if name not in self._objects:
            self._objects[name] = ObjectAccess(self, self.catalog.object(name))
        return self._objects[name]

    @cached_property
    def administration(self) -> frozenset[str]:
        """The administration rights held, of :data:`~formline.runtime.access.levels.ADMINISTRATION`."""
        if self.all:
            return frozenset(ADMINISTRATION)
        return frozenset(right for role in self.roles_expanded for right in role.admin_rights)

    def may(self, right: str) -> bool:
        """Return whether an administration right is held."""
        return right in self.administration

    @cached_property
    def apps(self) -> tuple[str, ...]:
        """Names of the navigations offered, in the order in which roles list them."""
        apps: Mapping[str, object] = self.catalog.all("app")
        places: dict[str, int] = {}
        for role in self.roles_expanded:
            for place, name in enumerate(role.apps):
                places[name] = min(place, places.get(name, place))
        offered = [name for name in apps if self.all or name in places]
        return tuple(sorted(offered, key=lambda name: places.get(name, len(apps))))


def in_scope(scopes: frozenset[str] | None, object: str, word: str) -> bool:
    """Return whether a token's scopes leave ``word`` (``read`` or ``write``) on an object; write includes read."""
    return scopes is None or not scopes.isdisjoint((word, "write", f"{object}:{word}", f"{object}:write"))


def rights(release: Release, actor: Actor) -> Rights:
    """Return the rights of an actor's roles, or of a web form's sender, compiled once per release."""
    if actor.form:
        from formline.runtime.access.senders import sender_rights

        return release.memo(("rights of senders", actor.form), lambda: sender_rights(release.catalog, actor.form))
    internal = actor.kind in (ActorKind.USER, ActorKind.INTEGRATION)
    return release.memo(
        ("rights", actor.roles, internal, actor.is_system, actor.scopes),
        lambda: Rights(
            release.catalog, actor.roles, internal=internal, everything=actor.is_system, token_scopes=actor.scopes
        ),
    )


def rights_of_roles(release: Release, roles: Iterable[str]) -> Rights:
    """Return the rights of a set of roles, whoever holds it."""
    return rights(release, Actor(ActorKind.USER, roles=frozenset(roles)))
