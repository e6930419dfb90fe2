"""Fields the platform computes: formula, rollup, mirror. Each shows its value through a plain type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger

from formline.errors import DefinitionError, Problem
from formline.expressions.storage_types import Exact
from formline.expressions.types import Type
from formline.fields.base import FieldType, Parameter, Part, name_of
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.number import SCALE
from formline.fields.registry import TYPES, register

#: Types a formula may give.
RETURNS = ("text", "integer", "decimal", "percent", "money", "boolean", "date", "datetime", "choice")
AGGREGATES = ("count", "sum", "avg", "min", "max", "first", "last", "list")


class Computed(FieldType):
    """Hands everything to the type of the value, which is :attr:`Field.shown`."""

    writable = False

    def expression_type(self, field: Field) -> Type:
        """The type of the value."""
        return field.shown.value_type

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The columns of the value where it is stored."""
        return field.shown.type.columns(field.shown)

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """A computed amount is in the company's currency: its base amount is the amount itself."""
        found = field.shown.type.derive(field.shown, value)
        return {**found, "base": value} if field.shown.type.name == "money" else found

    def choices(self, field: Field) -> Mapping[str, Any]:
        """The choices of the value."""
        return field.shown.choices

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Any:
        """Parse as the type of the value does; filters need this."""
        return field.shown.type.parse(field.shown, raw, locale)

    def to_json(self, field: Field, value: Any) -> Any:
        """Write as the type of the value does."""
        return field.shown.type.to_json(field.shown, value)

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Write the parts of the value as its type does; the record has them under this field's name."""
        shown = field.shown
        own = {name_of(part.name, shown.name): record.get(name_of(part.name, field.name)) for part in shown.parts}
        return shown.type.read_json(shown, own)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """The value's fragment, read-only."""
        return {**field.shown.type.json_schema(field.shown), "readOnly": True}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Write as the type of the value does."""
        return field.shown.type.to_text(field.shown, value, locale)

    def sample(self, field: Field, seed: int) -> Any:
        """A sample of the value."""
        return field.shown.type.sample(field.shown, seed)


def _as(field: Field, type_name: str, params: Mapping[str, Any]) -> Field:
    return Field(field.object, field.name, TYPES[type_name], params, field.catalog, field.system, field.title)


def _below(field: Field, following: Field, above: tuple[Field, ...]) -> Field:
    """Return what the next field of a chain shows; a chain that comes back to itself has no type."""
    chain = (*above, field)
    if following in chain:
        circle = " -> ".join(f"{one.object}.{one.name}" for one in (*chain[chain.index(following) :], following))
        code = "rollup-cycle" if field.type.name == "rollup" else "mirror-cycle"
        raise DefinitionError([Problem(code, f"These fields depend on each other in a circle: {circle}.")])
    return following.type.shown(following, chain)


@register
class Formula(Computed):
    """A value computed from the record; stored when it reads only the record's own stored fields."""

    name, label, icon = "formula", "Formula", "math-function"
    parameters = (
        Parameter("returns", {"enum": list(RETURNS)}, "The type of the value.", required=True),
        Parameter("expression", {"type": "string"}, "How the value is computed.", required=True),
        SCALE,
        Parameter("choice_list", {"type": "string"}, "The list the value is of, for returns: choice."),
        Parameter(
            "stored", {"type": "boolean"}, "True: refuse an expression whose value could not be kept in the record."
        ),
    )

    def shown(self, field: Field, above: tuple[Field, ...] = ()) -> Field:
        """Return the field as one of the type it returns."""
        returns = str(field.params.get("returns"))
        if returns not in RETURNS:
            message = f'A formula cannot return "{returns}".'
            raise DefinitionError([Problem("unknown-returns", message, f"one of: {', '.join(RETURNS)}")])
        kept = {name: field.params[name] for name in ("label", "help", "scale", "choice_list") if name in field.params}
        limits = {"min": None, "max": None, "max_length": 10_000}
        return _as(field, returns, {**limits, **kept, "type": returns})

    def columns(self, field: Field) -> tuple[Part, ...]:
        """Columns only where the formula is stored."""
        return super().columns(field) if field.catalog.stored_in_row(field) else ()


@register
class Rollup(Computed):
    """A value over the children behind a reverse name; always stored and kept right by the platform."""

    name, label, icon = "rollup", "Rollup", "sum"
    parameters = (
        Parameter("of", {"type": "string"}, "Reverse name and field: quotes.total.", required=True),
        Parameter("aggregate", {"enum": list(AGGREGATES)}, "How the values become one.", required=True),
        Parameter("where", {"type": "string"}, "Which children count; bare names are the child's fields."),
        Parameter("sort", {"type": "array", "items": {"type": "string"}}, "The order of first, last and list."),
    )

    def shown(self, field: Field, above: tuple[Field, ...] = ()) -> Field:
        """Return the field as one of the type of what it adds up."""
        spec = field.rollup
        common = {name: field.params[name] for name in ("label", "help") if name in field.params}
        if spec is None or spec.aggregate == "count":
            return _as(field, "integer", {**common, "type": "integer"})
        if spec.aggregate == "list":
            return _as(field, "text", {**common, "type": "text", "max_length": 10_000})
        of = field.catalog.path_end(spec.child, (spec.of or "id",))
        if of is None:
            message = f'{spec.child} has no field "{spec.of}" for the rollup {field.object}.{field.name}.'
            raise DefinitionError([Problem("unknown-field", message)])
        value = _below(field, of, above)
        if spec.aggregate == "avg" and value.type.name in ("integer", "decimal", "rating", "duration"):
            return _as(field, "decimal", {**common, "type": "decimal", "scale": 6})
        kept = {k: v for k, v in value.params.items() if k in ("scale", "choice_list", "choices", "to", "machine")}
        plain = "choice" if value.type.name == "state" else value.type.name
        if spec.aggregate == "sum" and plain == "rating":
            return _as(field, "integer", {**common, "type": "integer"})
        if plain != value.type.name:
            kept = {"choices": {name: {"label": one.label, "color": one.color} for name, one in value.choices.items()}}
        return _as(field, plain, {"min": None, "max": None, **kept, **common, "type": plain})

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The columns of the value; an average keeps its exact sum and count, so that changes can be added up."""
        found = field.shown.type.columns(field.shown)
        if field.params.get("aggregate") == "avg":
            return (*found, Part("sum", Exact(6)), Part("count", BigInteger()))
        return found


@register
class Mirror(Computed):
    """A field of a linked record, shown here; read when the record is read, never stored."""

    name, label, icon = "mirror", "Mirror", "copy"
    parameters = (Parameter("of", {"type": "string"}, "Path through lookups: customer.level.", required=True),)

    def shown(self, field: Field, above: tuple[Field, ...] = ()) -> Field:
        """Return the field at the end of the path."""
        source = field.source
        if source is None:
            message = f'The mirror {field.object}.{field.name} shows "{".".join(field.mirror)}", which leads nowhere.'
            raise DefinitionError([Problem("unknown-path", message)])
        return _below(field, source, above)

    def columns(self, field: Field) -> tuple[Part, ...]:
        """Nothing is stored."""
        return ()
