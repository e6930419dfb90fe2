"""One declared field: its parameters and what is compiled from them on first use. Types live in their own modules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Protocol

from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN as CONDITION_TYPE
from formline.expressions.types import Type
from formline.fields.base import Parameter

if TYPE_CHECKING:
    from formline.fields.base import FieldType, Part

BOOLEAN = {"type": "boolean"}
CONDITION = {"type": ["boolean", "string"]}
NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,39}$"}

#: System fields people may give: the owner with the right to transfer, the record type on creation.
WRITABLE_STAMPS = frozenset({"owner", "record_type"})

#: Parameters that every field understands.
COMMON: tuple[Parameter, ...] = (
    Parameter("type", {"type": "string"}, "The field type.", required=True),
    Parameter("label", {"type": "string"}, "What people read; made from the name where absent."),
    Parameter("help", {"type": "string"}, "One sentence shown beside the field."),
    Parameter("required", CONDITION, "True, or an expression that says when.", default=False),
    Parameter("visible", CONDITION, "False, or an expression that says when; an invisible field keeps its value."),
    Parameter("read_only", CONDITION, "True, or an expression that says when.", default=False),
    Parameter("default", {}, "A value, an expression, or a find.", default=None),
    Parameter("default_again_on", {"type": "array", "items": NAME}, "Fields whose change computes the default again."),
    Parameter("unique", BOOLEAN, "No two live records have the same value.", default=False),
    Parameter("index", BOOLEAN, "Keep a database index for filters on this field.", default=False),
    Parameter("sensitive", BOOLEAN, "Hidden from every role until granted.", default=False),
    Parameter("confidential", BOOLEAN, "Never sent to the browser inside an expression.", default=False),
    Parameter("reveals", {"type": "array", "items": {"type": "string"}}, "Sources whose secrecy this result may lift."),
    Parameter("history", BOOLEAN, "False: changes of this field are not kept.", default=True),
    Parameter("was", {"type": ["string", "array"]}, "Former name, or names in a merge."),
    Parameter("convert_from", {"type": "string"}, "Expression over the old fields that fills this one."),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a choice list; ``parent`` is a value of the list it depends on, ``when`` a condition as written."""

    name: str
    label: str
    color: str = ""
    parent: str = ""
    retired: bool = False
    was: tuple[str, ...] = ()
    when: str = ""


@dataclass(frozen=True, slots=True)
class RollupSpec:
    """What a rollup adds up: ``aggregate`` over ``of`` of the children behind ``reverse`` where ``where`` holds.

    ``child`` is the object of the children, ``link`` its field that points here; ``of`` is "" for a plain count.
    """

    reverse: str
    child: str
    link: str
    of: str
    aggregate: str
    where: Expression | None


class Surroundings(Protocol):
    """What a field asks of the catalog it belongs to."""

    def choices_of(self, list_name: str) -> Mapping[str, Choice]:
        """Return the choices of a shared list; empty where there is no such list."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The base language and those with translations."""

    def states_of(self, field: Field) -> Mapping[str, Choice]:
        """Return the states of a field's machines, those of all record types."""

    def record_types_of(self, field: Field) -> Mapping[str, Choice]:
        """Return the record types of a field's object."""

    def compile(
        self,
        source: str | Mapping[str, Any],
        *,
        object: str,
        expects: Type | None = None,
        roots: frozenset[str] = ...,
        stored: bool = False,
        where_of: str | None = None,
    ) -> Expression:
        """Compile an expression of a definition of ``object``; equal calls share one result."""

    def rollup_of(self, field: Field) -> RollupSpec:
        """Resolve what a rollup adds up."""

    def path_end(self, object: str, path: tuple[str, ...]) -> Field | None:
        """Follow a dotted path through lookups and return the field at its end."""

    def stored_in_row(self, field: Field) -> bool:
        """Whether a formula reads nothing but stored fields of its own row and no clock."""

    def choice_label(self, field: Field, value: str, language: str) -> str:
        """Return the label of a choice or state in a language."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field of an object. ``params`` is what the definition says, merged and without defaults.

    Conditions are true, false or a compiled :class:`Expression`; each is compiled when first asked for.
    """

    object: str
    name: str
    type: FieldType
    params: Mapping[str, Any] = dataclass_field(repr=False)
    catalog: Surroundings = dataclass_field(repr=False)
    system: bool = False
    #: The object's title: keeps a stored sort key in people's order.
    title: bool = False

    def param(self, name: str) -> Any:
        """Return a parameter's declared value or its default."""
        return self._parameters.get(name)

    @cached_property
    def _parameters(self) -> Mapping[str, Any]:
        return {**_defaults(self.type), **self.params}

    @property
    def label(self) -> str:
        """The label in the base language."""
        return str(self.params.get("label") or humanise(self.name))

    @property
    def help(self) -> str:
        """One sentence for people, or ""."""
        return str(self.params.get("help") or "")

    @cached_property
    def required(self) -> bool | Expression:
        """Whether a value must be given."""
        return self._condition("required", False)

    @cached_property
    def visible(self) -> bool | Expression:
        """Whether the field is shown."""
        return self._condition("visible", True)

    @cached_property
    def read_only(self) -> bool | Expression:
        """Whether people may not change the value."""
        return self._condition("read_only", False)

    def _condition(self, name: str, default: bool) -> bool | Expression:
        value = self.params.get(name, default)
        if isinstance(value, bool):
            return value
        return self.catalog.compile(value, object=self.object, expects=CONDITION_TYPE)

    @cached_property
    def default(self) -> Any:
        """None, a typed literal, or an :class:`Expression` (a find is one too)."""
        from formline.fields.defaults import default_of

        return default_of(self)

    @property
    def default_again_on(self) -> tuple[str, ...]:
        """Fields whose change computes the default again."""
        return tuple(self.params.get("default_again_on") or ())

    @cached_property
    def expression(self) -> Expression | None:
        """The compiled expression of a formula."""
        source = self.params.get("expression") if self.type.name == "formula" else None
        return None if source is None else self.catalog.compile(source, object=self.object, expects=self.value_type)

    @cached_property
    def value_type(self) -> Type:
        """The type the field has in expressions."""
        return self.type.expression_type(self)

    @cached_property
    def rollup(self) -> RollupSpec | None:
        """What a rollup adds up."""
        return self.catalog.rollup_of(self) if self.type.name == "rollup" else None

    @property
    def mirror(self) -> tuple[str, ...]:
        """The path of a mirror, empty for other types."""
        return tuple(str(self.params["of"]).split(".")) if self.type.name == "mirror" else ()

    @cached_property
    def source(self) -> Field | None:
        """The field a mirror shows."""
        return self.catalog.path_end(self.object, self.mirror) if self.mirror else None

    @cached_property
    def to(self) -> tuple[str, ...]:
        """Objects a reference may point to."""
        from formline.fields.reference import targets_of

        return targets_of(self)

    @property
    def reverse(self) -> str:
        """The name of the children on the target's side, or ""."""
        return str(self.params.get("reverse") or "")

    @property
    def on_delete(self) -> str:
        """``restrict``, ``set_null`` or ``cascade``: what happens here when the target is deleted."""
        return on_delete_of(self.params)

    @cached_property
    def where(self) -> Expression | None:
        """Which records a lookup offers; bare names are the target's fields, ``this`` is the record."""
        source = self.params.get("where") if self.type.reference else None
        if source is None:
            return None
        return self.catalog.compile(source, object=self.object, where_of=self.to[0], expects=CONDITION_TYPE)

    @cached_property
    def choices(self) -> Mapping[str, Choice]:
        """All values of a choice, multi-choice or state field, retired ones too, in order."""
        return self.type.choices(self)

    def choice_label(self, value: str, language: str) -> str:
        """Return the label of a choice or state in a language."""
        return self.catalog.choice_label(self.shown, value, language)

    @cached_property
    def shown(self) -> Field:
        """The field whose type reads and writes the value; for a formula, rollup or mirror one of its value's type."""
        return self.type.shown(self)

    @property
    def machine(self) -> str | None:
        """The state machine of a state field where all record types share one."""
        value = self.params.get("machine") if self.type.name == "state" else None
        return None if value is None else str(value)

    @cached_property
    def stored(self) -> bool:
        """Whether the value is kept in the record's own table."""
        return bool(self.parts)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The physical columns, the main one first."""
        return self.type.columns(self)

    @property
    def unique(self) -> bool:
        """Whether no two live records may have the same value."""
        return bool(self.params.get("unique"))

    @property
    def sensitive(self) -> bool:
        """Whether roles see it only when granted."""
        return bool(self.params.get("sensitive"))

    @property
    def confidential(self) -> bool:
        """Whether expressions that read it stay on the server."""
        return bool(self.params.get("confidential"))

    @property
    def writable(self) -> bool:
        """Whether people may ever write it; rights and ``read_only`` narrow this."""
        return self.type.writable and (not self.system or self.name in WRITABLE_STAMPS)

    @property
    def was(self) -> tuple[str, ...]:
        """Former names."""
        return former_names(self.params)


@cache
def _defaults(type_: FieldType) -> Mapping[str, Any]:
    """Return the defaults of all parameters of a field type; its own come before the common ones."""
    return {parameter.name: parameter.default for parameter in (*COMMON, *type_.parameters)}


def former_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return ``was`` as a tuple; one name or a list is written."""
    was = data.get("was") or ()
    return (was,) if isinstance(was, str) else tuple(was)


def on_delete_of(params: Mapping[str, Any]) -> str:
    """Return what happens to a record whose target is deleted: details go, other links hold the target back."""
    declared = params.get("on_delete")
    if declared == "clear":
        return "set_null"
    return str(declared) if declared else ("cascade" if params.get("type") == "parent" else "restrict")


def humanise(name: str) -> str:
    """Return a label made from a name: ``close_date`` gives ``Close date``."""
    return name.replace("_", " ").capitalize()
