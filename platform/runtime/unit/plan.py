"""What a release decides about writing rows of one object, worked out once: conditions, rules, feeds, statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from formline.catalog.distant import DistantFeed, distant_feeds
from formline.catalog.formulas import rank
from formline.catalog.machines import StateMachine
from formline.catalog.model import Link, RollupFeed, Rule
from formline.catalog.objects import Object
from formline.expressions.context import Dialect
from formline.expressions.expression import Expression
from formline.fields.base import FieldType, name_of
from formline.fields.field import Field
from formline.runtime.unit import choices
from formline.runtime.unit.evaluation import is_local
from formline.runtime.unit.journal import Told, ToldAlone, told_fields, told_of_new
from formline.runtime.unit.statements import Statements

if TYPE_CHECKING:
    from formline.runtime.release import Release


class WritePlan:
    """One object as the write pipeline needs it; immutable once built, shared by all threads."""

    def __init__(self, release: Release, name: str, dialect: Dialect) -> None:
        """Keep what everything is derived from; each list is made when first asked for."""
        self.release = release
        self.object: Object = release.catalog.object(name)
        self.model = release.model(name)
        self.statements = Statements(self.model, dialect)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.object.name

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The stored keys of a record, ``name`` or ``name.part``."""
        return tuple(self.model.keys)

    @cached_property
    def blank(self) -> Mapping[str, None]:
        """A record with every stored key empty."""
        return dict.fromkeys(self.keys)

    @cached_property
    def many(self) -> frozenset[str]:
        """Many-to-many fields: written to join tables, not to the row."""
        return frozenset(f.name for f in self.object.declared if f.type.reference and not f.parts and f.value_type.many)

    @cached_property
    def writable(self) -> frozenset[str]:
        """Fields that people may write at all."""
        return frozenset(f.name for f in self.object.declared if f.writable)

    @cached_property
    def lookups(self) -> tuple[Field, ...]:
        """Fields that hold the id of another record, the platform's own left out."""
        return tuple(f for f in self.object.declared if f.type.reference and f.parts)

    @cached_property
    def defaults(self) -> tuple[Field, ...]:
        """Fields with a default, each after those its default reads."""
        return _in_order([f for f in self.object.declared if f.default is not None])

    @cached_property
    def again(self) -> Mapping[str, frozenset[str]]:
        """Fields whose default is computed again, with the fields whose change does it."""
        return {f.name: frozenset(f.default_again_on) for f in self.defaults if f.default_again_on}

    @cached_property
    def conditional(self) -> tuple[Field, ...]:
        """Fields with a condition that a save must hold: required, visible or choices that depend on something."""
        return tuple(f for f in self.object.declared if f.required is not False or f.visible is not True)

    @cached_property
    def read_only(self) -> tuple[Field, ...]:
        """Fields that are read-only always or under a condition."""
        return tuple(f for f in self.object.declared if f.writable and f.read_only is not False)

    @cached_property
    def cascades(self) -> tuple[tuple[Field, str], ...]:
        """Choice fields whose values depend on another field, with that field's name."""
        return tuple((f, str(f.params["depends_on"])) for f in self.object.declared if f.params.get("depends_on"))

    @cached_property
    def choice_conditions(self) -> tuple[tuple[Field, str, Expression], ...]:
        """Choices that are offered only where something holds: field, name, condition."""
        return choices.conditions_of(self.object)

    @cached_property
    def derived(self) -> tuple[Field, ...]:
        """Fields that keep parts computed from their own value, such as a title's sort key."""
        return tuple(f for f in self.object.declared if f.parts and type(f.type).derive is not FieldType.derive)

    @cached_property
    def sealed(self) -> tuple[Field, ...]:
        """Fields whose values are sealed before they are stored."""
        return tuple(f for f in self.object.declared if f.type.sealed)

    @cached_property
    def money(self) -> tuple[Field, ...]:
        """Money fields that keep an amount in the base currency."""
        return tuple(f for f in self.object.declared if f.writable and any(p.name == "base" for p in f.parts))

    @cached_property
    def told(self) -> tuple[Told, ...]:
        """The fields history tells about, see :func:`journal.told_fields`."""
        return tuple(told_fields(self))

    @cached_property
    def told_of_new(self) -> tuple[list[ToldAlone], list[Told]]:
        """The same for new rows, see :func:`journal.told_of_new`."""
        return told_of_new(self.told, self.object.fields)

    @cached_property
    def formula_keys(self) -> Mapping[str, frozenset[str]]:
        """What each stored formula reads, by its name."""
        return {f.name: _first_names(f.expression) for f in self.object.formulas if f.expression}

    @cached_property
    def local_rules(self) -> tuple[Rule, ...]:
        """Rules decided by the row, its old values and the user."""
        return tuple(rule for rule in self.object.rules if not rule.deferred and self._is_local(rule))

    @cached_property
    def reaching_rules(self) -> tuple[Rule, ...]:
        """Rules that read other records through lookups or a search: decided in SQL on the written row."""
        return tuple(rule for rule in self.object.rules if not rule.deferred and not self._is_local(rule))

    @cached_property
    def deferred_rules(self) -> tuple[Rule, ...]:
        """Rules that wait for the end of the unit."""
        return tuple(rule for rule in self.object.rules if rule.deferred)

    @staticmethod
    def _is_local(rule: Rule) -> bool:
        return is_local(rule.check) and (rule.when is None or is_local(rule.when))

    @cached_property
    def ways_to_children(self) -> tuple[Field, ...]:
        """Lookups through which a deferred rule goes on to other rows or rollups: their targets are locked first."""
        names = {
            path[0]
            for rule in self.deferred_rules
            for expression in (rule.check, rule.when)
            if expression is not None
            for path in expression.dependencies
            if len(path) > 1
        }
        return tuple(field for field in self.lookups if field.name in names)

    def aggregate(self, rollup: str) -> str:
        """Return how a rollup field makes one value of many."""
        return str(self.object.fields[rollup].params.get("aggregate") or "count")

    @cached_property
    def rank(self) -> int:
        """Where the object comes in the order of locking: children before parents, by the ranks of its rollups."""
        return max((rank(self.release.catalog, self.name, field.name) for field in self.object.rollups), default=0)

    @cached_property
    def feeds(self) -> Mapping[int, tuple[RollupFeed, ...]]:
        """The rollups of other objects that rows feed, by rank."""
        by_rank: dict[int, list[RollupFeed]] = {}
        for feed in self.object.feeds:
            by_rank.setdefault(feed.rank, []).append(feed)
        return {rank: tuple(feeds) for rank, feeds in sorted(by_rank.items())}

    @cached_property
    def distant(self) -> Mapping[int, tuple[DistantFeed, ...]]:
        """The rollups that read these records though their rows are others, by rank."""
        feeds = self.release.memo("distant feeds", lambda: distant_feeds(self.release.catalog)).get(self.name, ())
        ranks = sorted({each.feed.rank for each in feeds})
        return {rank: tuple(each for each in feeds if each.feed.rank == rank) for rank in ranks}

    def feed_order(self, feed: RollupFeed) -> tuple[str, ...]:
        """Return the fields of the rows that decide which comes first in a rollup."""
        declared = self.release.catalog.object(feed.parent_object).fields[feed.rollup_field].params.get("sort") or ()
        return tuple(str(name).lstrip("-") for name in declared)

    def tells(self, feed: RollupFeed) -> bool:
        """Return whether a row alone says what it adds to a rollup."""
        return self.release.memo(("row tells", id(feed)), lambda: self._tells(feed))

    def _tells(self, feed: RollupFeed) -> bool:
        if any("." in name for name in self.feed_order(feed)):
            return False
        if feed.where is None:
            return True
        own = {path[1] for path in feed.where.dependencies if path[0].startswith("@") and len(path) > 1}
        return is_local(feed.where) and all(self.object.fields[name].stored for name in own)

    @cached_property
    def counted_by(self) -> frozenset[tuple[str, str]]:
        """Lookups whose targets look at the rows that point to them: (field, object)."""
        fed = {(feed.link_field, feed.parent_object) for feed in self.object.feeds}
        return frozenset(fed | {(link.field, target) for link, target in self.watchers})

    @cached_property
    def watchers(self) -> tuple[tuple[Link, str], ...]:
        """Objects with deferred rules that read rows of this one: (the lookup that leads there, that object)."""
        found: dict[tuple[str, str], tuple[Link, str]] = {}
        for field in self.lookups:
            for target in field.to:
                if field.reverse and self._is_watched(target, field.reverse):
                    link = Link(self.name, field.name, field.reverse, field.on_delete)
                    found[field.name, target] = (link, target)
        return tuple(found.values())

    def _is_watched(self, target: str, reverse: str) -> bool:
        rules = self.release.catalog.object(target).rules
        return any(reverse in rule_names(rule) for rule in rules if rule.deferred)

    @cached_property
    def system_writable(self) -> frozenset[str]:
        """What the platform itself may write."""
        system = {"owner", "department", "company", "record_type"} & self.object.fields.keys()
        return self.writable | system | {f.name for f in self.object.declared if f.type.name == "auto_number"}

    @cached_property
    def scoping(self) -> frozenset[str]:
        """Fields that decide who has which rights: their change is followed by a look at the rights on the new row."""
        return frozenset({"owner", "department", "company"} | {field.name for field in self.lookups})

    @cached_property
    def automatic_fields(self) -> tuple[str, ...]:
        """State fields with a machine that moves by itself."""
        types = [None, *self.object.record_types]
        found = []
        for field in self.object.state_fields:
            machines = [self.machine(field, each) for each in types]
            if any(way.automatic for machine in machines if machine for way in machine.transitions.values()):
                found.append(field)
        return tuple(found)

    def number_condition(self, field: Field) -> Expression | None:
        """Return the condition on which a record gets its number, None where at once."""
        source = field.params.get("assigned")
        return None if source is None else self.release.catalog.compiler.compile(str(source), object=self.name)

    def machine(self, field: str, record_type: str | None) -> StateMachine | None:
        """Return the machine that moves a state field of records of a type."""
        name = self.object.machine_name(field, record_type)
        if name is None:
            return None
        machine: StateMachine = self.release.catalog.get("state_machine", name)
        return machine

    def record(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return a row selected with the model's columns as a flat record."""
        return dict(zip(self.keys, values, strict=True))

    def parts(self, field: str) -> tuple[str, ...]:
        """Return the keys of a field's parts."""
        return tuple(name_of(part.name, field) for part in self.object.fields[field].parts)


def plan_of(release: Release, name: str, dialect: Dialect) -> WritePlan:
    """Return the plan of an object, built once per release."""
    return release.memo(("write plan", name), lambda: WritePlan(release, name, dialect))


def rule_names(rule: Rule) -> frozenset[str]:
    """Return the names a rule reads first: fields, other sides and lookups of the record."""
    return _first_names(rule.check) | (_first_names(rule.when) if rule.when else frozenset())


def _first_names(expression: Expression | None) -> frozenset[str]:
    if expression is None:
        return frozenset()
    return frozenset(path[1] if path[0] == "this" and len(path) > 1 else path[0] for path in expression.dependencies)


def _in_order(fields: list[Field]) -> tuple[Field, ...]:
    """Return fields so that a default comes after the defaults it reads; a circle keeps definition order."""
    waiting = {f.name: f for f in fields}
    done: list[Field] = []

    def visit(field: Field) -> None:
        if waiting.pop(field.name, None) is None:
            return
        expression = getattr(field.default, "expression", field.default)
        if isinstance(expression, Expression):
            for name in sorted(_first_names(expression)):
                if name in waiting:
                    visit(waiting[name])
        done.append(field)

    for field in fields:
        visit(field)
    return tuple(done)
