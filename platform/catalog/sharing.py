"""Sharing rules, which add records to what people see, and restriction rules, which take some away; built from data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from formline.catalog.selectors import among
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN, ref
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition

RecipientKind = Literal["user", "role", "group", "department", "department_below", "person", "team", "script"]
#: Kinds of selector that a sharing rule can name; the others choose people for one occasion.
SHAREABLE = (
    "user",
    "role",
    "group",
    "queue",
    "department",
    "team",
    "field",
    "managers_of",
    "department_head_of",
    "find",
    "script",
)
#: Why the other kinds choose nobody here, for the message of the check.
FOR_ONE_OCCASION = {
    "chosen_by": "Nobody is asked to choose people when a record is saved.",
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a rule shares with: a principal by its name in definitions.

    Of kind ``person`` it is whom ``person`` leads to, of kind ``team`` who has this part in the record's team, of kind
    ``script`` whom that chooses.
    """

    kind: RecipientKind
    name: str
    person: Expression | None = None


@dataclass(frozen=True, slots=True)
class SharingRule:
    """Records of ``object`` ``where`` a condition holds (None: all) are shared ``to`` people, for a while or for good.

    ``where`` reads the record and what it refers to, never the clock or the user: its answer is stored.
    """

    name: str
    label: str
    object: str
    where: Expression | None
    to: tuple[Recipient, ...]
    access: Literal["read", "read_write"]
    lasts: timedelta | None

    @property
    def cause(self) -> str:
        """What its shares give as their cause."""
        return f"rule:{self.name}"

    @property
    def script_cause(self) -> str:
        """What the shares that its scripts lead to give as their cause: a job keeps them."""
        return f"{self.cause}:script"

    @property
    def scripts(self) -> tuple[str, ...]:
        """The scripts that choose people it shares with."""
        return tuple(one.name for one in self.to if one.kind == "script")


@dataclass(frozen=True, slots=True)
class RestrictionRule:
    """Records of ``object`` ``where`` a condition holds stay with ``only`` some people, whoever else was given them.

    ``roles`` are those that keep them, tested without a statement; ``people`` is the condition on other selectors.
    """

    name: str
    label: str
    object: str
    where: Expression
    rights: frozenset[str]
    roles: frozenset[str]
    people: Expression | None

    def concerns(self, role_names: frozenset[str]) -> bool:
        """Return whether people with these roles lose records, unless ``people`` says that they keep them."""
        return not self.roles & role_names


def build_sharing_rule(catalog: Catalog, definition: Definition) -> SharingRule:
    """Make a sharing rule."""
    data = definition.data
    object_name = str(data["object"])
    where = data.get("where")
    return SharingRule(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        None if where is None else catalog.compiler.compile(where, object=object_name, expects=BOOLEAN, stored=True),
        tuple(one for selector in selectors_of(data.get("to")) for one in _recipients(catalog, object_name, selector)),
        "read_write" if data.get("access") == "read_write" else "read",
        days_of(data.get("lasts")),
    )


def selectors_of(value: Any) -> tuple[Mapping[str, Any], ...]:
    """Return a selector as a list of parts; a plain text is a path to people."""
    if value is None:
        return ()
    if isinstance(value, str):
        return ({"field": value},)
    return (value,) if isinstance(value, Mapping) else tuple(value)


def days_of(text: Any) -> timedelta | None:
    """Return a calendar duration of hours, days or weeks; None where nothing is written.

    >>> days_of("90d"), days_of("2w")
    (datetime.timedelta(days=90), datetime.timedelta(days=14))
    """
    if text is None:
        return None
    units = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
    return int(str(text)[:-1]) * units[str(text)[-1]]


def people_paths(selector: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths from the record to single people that a selector stands for."""
    if "field" in selector:
        return (str(selector["field"]),)
    if "managers_of" in selector:
        levels = range(1, int(selector.get("levels", 1)) + 1)
        return tuple(f"{selector['managers_of']}{'.manager' * level}" for level in levels)
    if "department_head_of" in selector:
        return (f"{selector['department_head_of']}.department.head",)
    return ()


def find_of(selector: Mapping[str, Any]) -> dict[str, Any]:
    """Return the find of a selector as expressions write it."""
    return {key: selector[key] for key in ("find", "where", "sort", "value") if key in selector}


def _recipients(catalog: Catalog, object_name: str, selector: Mapping[str, Any]) -> Iterable[Recipient]:
    for path in people_paths(selector):
        yield Recipient("person", path, catalog.compiler.compile(path, object=object_name, stored=False))
    if "find" in selector:
        spec = find_of(selector)
        person = catalog.compiler.compile(spec, object=object_name, expects=ref("user"), stored=True)
        yield Recipient("person", person.source, person)
    if "team" in selector:
        yield Recipient("team", str(selector["team"]))
    if "script" in selector:
        yield Recipient("script", str(selector["script"]))
    if "user" in selector:
        yield Recipient("user", str(selector["user"]))
    if "role" in selector:
        yield Recipient("role", str(selector["role"]))
    if group := selector.get("group") or selector.get("queue"):
        yield Recipient("group", str(group))
    if "department" in selector:
        yield Recipient("department_below" if selector.get("below") else "department", str(selector["department"]))


def build_restriction_rule(catalog: Catalog, definition: Definition) -> RestrictionRule:
    """Make a restriction rule."""
    data = definition.data
    object_name = str(data["object"])
    keeping = selectors_of(data.get("only"))
    others = [selector for selector in keeping if set(selector) != {"role"}]
    return RestrictionRule(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        object_name,
        catalog.compiler.compile(data["where"], object=object_name, expects=BOOLEAN),
        frozenset(data.get("rights") or ("read",)),
        frozenset(str(selector["role"]) for selector in keeping if set(selector) == {"role"}),
        among(catalog, object_name, others),
    )


def restrictions(catalog: Catalog, object_name: str) -> tuple[RestrictionRule, ...]:
    """Return the restriction rules on an object, by name."""
    rules: Mapping[str, RestrictionRule] = catalog.all("restriction_rule")
    return tuple(rules[name] for name in sorted(rules) if rules[name].object == object_name)


def sharing_rules(catalog: Catalog, object_name: str) -> tuple[SharingRule, ...]:
    """Return the sharing rules on an object, by name."""
    rules: Mapping[str, SharingRule] = catalog.all("sharing_rule")
    return tuple(rules[name] for name in sorted(rules) if rules[name].object == object_name)
