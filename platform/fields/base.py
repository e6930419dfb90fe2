"""The contract of a field type: every artefact a field has, from column to list cell. Concrete types live beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy.types import TypeEngine

from formline.expressions.types import Type
from formline.fields.locale import PLAIN, Locale

if TYPE_CHECKING:
    from formline.fields.field import Choice, Field

#: Filter operators, by what can be asked of a value.
EQUALITY = ("eq", "ne", "in", "is_null")
ORDER = (*EQUALITY, "lt", "le", "gt", "ge", "between")
TEXT = (*EQUALITY, "contains", "starts_with")
TREE = (*EQUALITY, "within")
SET = ("contains", "is_null")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter a field type understands, as data: validator, property panel and reference docs read it.

    ``schema`` is a JSON Schema (2020-12) fragment of the value written in a definition.
    """

    name: str
    schema: Mapping[str, Any]
    help: str
    required: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Part:
    """One physical column of a field; the main one is named ``""``, others as in ``amount.currency``."""

    name: str
    type: TypeEngine[Any]


class ValueProblem(ValueError):
    """A value that a field cannot take: a stable ``code`` and a message that says how to mend it."""

    def __init__(self, code: str, message: str) -> None:
        """Keep the code apart from the message."""
        super().__init__(message)
        self.code = code
        self.message = message


class FieldType:
    """One singleton per type, without state; everything that depends on one field takes the field as argument."""

    #: The word in ``type:``.
    name: ClassVar[str]
    #: What people read in the designer.
    label: ClassVar[str]
    #: Name of a symbol in the icon sprite.
    icon: ClassVar[str]
    #: Own parameters; the ones every field has are in :data:`formline.fields.field.COMMON`.
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    #: False where only the platform writes the value (formula, state, stamps).
    writable: ClassVar[bool] = True
    #: Macro names; the web layer maps them to templates.
    form_control: ClassVar[str] = "text"
    read_control: ClassVar[str] = "text"
    list_cell: ClassVar[str] = "text"
    edit_cell: ClassVar[str] = "text"
    #: Filter operators offered, see :data:`EQUALITY`, :data:`ORDER`, :data:`TEXT`, :data:`TREE`, :data:`SET`.
    operators: ClassVar[tuple[str, ...]] = EQUALITY
    sortable: ClassVar[bool] = True
    groupable: ClassVar[bool] = True
    aggregatable: ClassVar[bool] = False
    searchable: ClassVar[bool] = False
    #: Whether a value is the id of a record, or a set of them.
    reference: ClassVar[bool] = False
    #: Whether bare text in ``default:`` is the value itself; an expression is then written ``{expression: ...}``.
    literal_text: ClassVar[bool] = False
    #: Whether the unit seals values before they are stored; whoever reads a record sees the sealed text.
    sealed: ClassVar[bool] = False
    #: What the map that :meth:`parse_parts` takes calls the main value; "" where it has parts only.
    main_key: ClassVar[str] = ""
    #: Inputs of the form control where one is not enough, by the keys of the map that :meth:`parse_parts` takes.
    inputs: ClassVar[tuple[str, ...]] = ()

    def expression_type(self, field: Field) -> Type:
        """Return the type the field has in expressions."""
        raise NotImplementedError

    def columns(self, field: Field) -> tuple[Part, ...]:
        """Return the physical columns; empty where nothing is stored in the record's own table."""
        raise NotImplementedError

    def choices(self, field: Field) -> Mapping[str, Choice]:
        """Return the values to choose from, in order; empty for types without choices."""
        return {}

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Any:
        """Make the value of the main part from form text, a JSON value or an import cell.

        Empty text is null. Raises :class:`ValueProblem` where the text means no such value.
        """
        raise NotImplementedError

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Make the values of all parts that ``raw`` names, keyed by part (``""`` is the main one)."""
        return {"": self.parse(field, raw, locale)}

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return parts computed from the main value alone, such as a title's ``sort`` key."""
        return {}

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Yield ``(code, message)`` for everything the field's own parameters forbid; ``value`` is not null."""
        return ()

    def to_json(self, field: Field, value: Any) -> Any:
        """Return the value as the API writes it; decimals are text, so that no digit is lost."""
        return value

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return the field of a flat record with all its parts, as the API writes it."""
        return self.to_json(field, record.get(field.name))

    def shown(self, field: Field, above: tuple[Field, ...] = ()) -> Field:
        """Return the field whose type reads and writes the value: the field itself unless it is computed.

        ``above`` are the computed fields that led here, so that a circle of them is found.
        """
        return field

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Return the OpenAPI 3.1 fragment of the value as the API writes and reads it."""
        raise NotImplementedError

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the text of a cell or an export; null is empty text. References give the id."""
        return "" if value is None else str(value)

    def input_text(self, field: Field, value: Any) -> str:
        """Return what the form control holds for a value that is not null."""
        return self.to_text(field, value)

    def input_texts(self, field: Field, record: Mapping[str, Any]) -> dict[str, str]:
        """Return what the :attr:`inputs` hold for a flat record: the parts of these names."""
        return {one: str(record.get(name_of(one, field.name)) or "") for one in self.inputs}

    def stem(self, field: Field, value: Any) -> Any:
        """Return what values in or below ``value`` begin with; only for types with ``within`` that are no reference."""
        return value

    def sample(self, field: Field, seed: int) -> Any:
        """Return a valid value for previews and tests, the same for the same seed."""
        raise NotImplementedError

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """Yield ``(path in the field, code, message, hint)`` for parameters that contradict each other."""
        return ()


def name_of(part: str, field: str) -> str:
    """Return the key of a part in a record: ``amount`` or ``amount.currency``."""
    return f"{field}.{part}" if part else field
