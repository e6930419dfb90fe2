"""References to other records: one or several targets, master-detail, people and departments, many to many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from formline.expressions.storage_types import Key, Words
from formline.expressions.types import Kind, Type, ref
from formline.fields.base import EQUALITY, TREE, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import NAME, Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

REVERSE = Parameter("reverse", NAME, "What the records on this side are called on the target's side.")
WHERE = Parameter("where", {"type": "string"}, "Which records are offered; bare names are the target's fields.")
ON_DELETE = Parameter(
    "on_delete",
    {"enum": ["restrict", "clear", "cascade"]},
    "What happens here when the target is deleted.",
    default="restrict",
)
OWNER_CHANGE = Parameter(
    "on_owner_change",
    {"enum": ["keep", "follow"]},
    "Whether records behind this link move with the owner.",
    default="keep",
)

#: Types whose target is fixed.
FIXED = {"user": "user", "department": "department"}


def targets_of(field: Field) -> tuple[str, ...]:
    """Return the objects a field may point to; a mirror of a reference points where its source does."""
    shown = field.shown
    if shown is not field:
        return shown.to
    if not field.type.reference:
        return ()
    if field.type.name in FIXED:
        return (FIXED[field.type.name],)
    to = field.params.get("to")
    return (to,) if isinstance(to, str) else tuple(to or ())


class ReferenceBase(FieldType):
    """What all references to one record share."""

    reference: ClassVar[bool] = True
    form_control = edit_cell = "lookup"
    read_control = list_cell = "lookup"
    operators: ClassVar[tuple[str, ...]] = EQUALITY

    def expression_type(self, field: Field) -> Type:
        """A reference to one of the targets."""
        return ref(*field.to)

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The key, and the target's object where there are several."""
        return (Part("", Key()), Part("object", Words())) if len(field.to) > 1 else (Part("", Key()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> UUID | None:
        """Take an id, or a map with ``id``; text is never searched for a title here."""
        if isinstance(raw, Mapping):
            raw = raw.get("id")
        return key_of(raw.partition(":")[2] if isinstance(raw, str) and ":" in raw else raw)

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Take an id; with several targets ``{object, id}`` or ``object:id``."""
        value = self.parse(field, raw, locale)
        if len(field.to) < 2:
            return {"": value}
        named = raw.get("object") if isinstance(raw, Mapping) else None
        if isinstance(raw, str) and ":" in raw:
            named = raw.partition(":")[0]
        if named is not None and named not in field.to:
            raise ValueProblem("wrong_object", f"Choose a record of {', '.join(field.to)}.")
        return {"": value} if value is not None and named is None else {"": value, "object": named if value else None}

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return the id as text."""
        return None if value is None else str(value)

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return the id; with several targets ``{object, id}``."""
        value = self.to_json(field, record.get(field.name))
        if value is None or len(field.to) < 2:
            return value
        return {"object": record.get(f"{field.name}.object"), "id": value}

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An id; with several targets an object name too."""
        key = {"type": "string", "format": "uuid"}
        if len(field.to) < 2:
            return key
        properties = {"object": {"type": "string", "enum": list(field.to)}, "id": key}
        return {"type": "object", "properties": properties, "required": ["object", "id"]}

    def sample(self, field: Field, seed: int) -> None:
        """Nothing: a reference needs a record."""
        return


@register
class Lookup(ReferenceBase):
    """A link to a record of one or several objects."""

    name, label, icon = "lookup", "Lookup", "arrow-up-right"
    parameters = (
        Parameter(
            "to",
            {"anyOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}]},
            "The target objects.",
            required=True,
        ),
        WHERE,
        REVERSE,
        ON_DELETE,
        OWNER_CHANGE,
    )
    operators: ClassVar[tuple[str, ...]] = TREE


@register
class Parent(ReferenceBase):
    """The master of a detail: rights, life and locking follow it."""

    name, label, icon = "parent", "Parent", "hierarchy-2"
    parameters = (Parameter("to", NAME, "The master's object.", required=True), WHERE, REVERSE, ON_DELETE)


@register
class User(ReferenceBase):
    """A person who signs in."""

    name, label, icon = "user", "Person", "user"
    parameters = (WHERE, REVERSE, ON_DELETE)
    form_control = edit_cell = "user"
    read_control = list_cell = "user"


@register
class Department(ReferenceBase):
    """A department; ``within`` follows the tree."""

    name, label, icon = "department", "Department", "building"
    parameters = (WHERE, REVERSE, ON_DELETE)
    operators: ClassVar[tuple[str, ...]] = TREE


@register
class ManyToMany(FieldType):
    """Several records of one object; kept in a table of their own."""

    name, label, icon = "many_to_many", "Several records", "arrows-split"
    parameters = (Parameter("to", NAME, "The target object.", required=True), WHERE, REVERSE)
    reference: ClassVar[bool] = True
    form_control = edit_cell = "many_to_many"
    read_control = list_cell = "many_to_many"
    operators: ClassVar[tuple[str, ...]] = ("contains", "is_null")
    sortable = groupable = False

    def expression_type(self, field: Field) -> Type:
        """References to several records."""
        return Type(Kind.REF, field.to, many=True)

    def columns(self, field: Field) -> tuple[Part, ...]:
        """Nothing in the record's own table."""
        return ()

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> tuple[UUID, ...]:
        """Take a list of ids, or text with commas; doubles are dropped."""
        items = raw.split(",") if isinstance(raw, str) else raw or ()
        if not isinstance(items, list | tuple | set | frozenset):
            raise ValueProblem("not_an_id", "Enter a list of records.")
        keys = (key_of(one.get("id") if isinstance(one, Mapping) else one) for one in items)
        return tuple(dict.fromkeys(key for key in keys if key is not None))

    def to_json(self, field: Field, value: Any) -> list[str]:
        """Return a list of ids."""
        return [str(key) for key in value or ()]

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A list of different ids."""
        return {"type": "array", "uniqueItems": True, "items": {"type": "string", "format": "uuid"}}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the ids with commas; callers that show titles fetch them."""
        return ",".join(str(key) for key in value or ())

    def sample(self, field: Field, seed: int) -> tuple[UUID, ...]:
        """Nothing: a reference needs a record."""
        return ()


@register
class Id(FieldType):
    """The key of a record."""

    name, label, icon = "id", "Id", "key"
    writable = False
    operators: ClassVar[tuple[str, ...]] = ("eq", "ne", "in")
    groupable = False

    def expression_type(self, field: Field) -> Type:
        """A reference to the record itself."""
        return ref(field.object)

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The key."""
        return (Part("", Key()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> UUID | None:
        """Take an id."""
        return key_of(raw)

    def to_json(self, field: Field, value: Any) -> str | None:
        """Return the id as text."""
        return None if value is None else str(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """An id."""
        return {"type": "string", "format": "uuid"}

    def sample(self, field: Field, seed: int) -> UUID:
        """Return a key made of the seed."""
        return UUID(int=seed)


def key_of(raw: Any) -> UUID | None:
    """Return the id that ``raw`` means; empty text is null."""
    if raw is None or isinstance(raw, UUID):
        return raw
    text = str(raw).strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise ValueProblem("not_an_id", "Choose a record from the list.") from None
