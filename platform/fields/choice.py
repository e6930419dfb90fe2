"""One or several of a list of choices, and the values that work like choices: states and record types."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from formline.expressions.storage_types import Codes, Words
from formline.expressions.types import Kind, Type
from formline.fields.base import EQUALITY, SET, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import NAME, Choice, Field, former_names, humanise
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.metadata.names import did_you_mean

CHOICES = Parameter("choices", {"type": ["object", "array"]}, "The field's own choices by name.")
CHOICE_LIST = Parameter("choice_list", NAME, "A shared list of choices.")
DEPENDS_ON = Parameter("depends_on", NAME, "The choice field whose value decides which choices are offered.")


def choice_of(name: str, data: Mapping[str, Any] | None) -> Choice:
    """Make a choice from its definition; the label is made from the name where absent."""
    given = data if isinstance(data, Mapping) else {}
    return Choice(
        name,
        str(given.get("label") or humanise(name)),
        str(given.get("color") or ""),
        str(given.get("parent") or ""),
        bool(given.get("retired")),
        former_names(given),
        str(given.get("when") or ""),
    )


def choices_from(data: Any) -> Mapping[str, Choice]:
    """Make choices from the map, or the plain list of names, of a definition."""
    pairs = data.items() if isinstance(data, Mapping) else ((str(name), None) for name in data or ())
    return MappingProxyType({name: choice_of(name, one) for name, one in pairs})


def offered(
    choices: Mapping[str, Choice],
    parent: str | None = None,
    depends: bool = False,
    among: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Return the names a person may choose now: not retired, of the parent value, of the record type (``among``)."""
    return tuple(
        name
        for name, choice in choices.items()
        if not choice.retired and (among is None or name in among) and (not depends or choice.parent == (parent or ""))
    )


class ChoiceBase(FieldType):
    """What all single choices share."""

    form_control = edit_cell = "choice"
    read_control = list_cell = "choice"
    operators: ClassVar[tuple[str, ...]] = EQUALITY

    def expression_type(self, field: Field) -> Type:
        """A choice of known names."""
        return Type(Kind.CHOICE, choices=frozenset(field.choices))

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column with the name."""
        return (Part("", Words()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take a name, or a label as files have them."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        return name_of_choice(field, raw)

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Refuse retired choices; the caller validates changed values only, so old ones stay."""
        choice = field.choices.get(value)
        if choice is None:
            yield "unknown_choice", f'There is no choice "{value}".'
        elif choice.retired:
            yield "retired_choice", f"{choice.label} is no longer offered."

    def json_schema(self, field: Field) -> dict[str, Any]:
        """One of the names."""
        return {"type": "string", "enum": list(field.choices)}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the label; files for machines get the name."""
        if value is None:
            return ""
        return field.choice_label(value, locale.language) if locale.language else str(value)

    def sample(self, field: Field, seed: int) -> str | None:
        """Return one of the offered names."""
        names = offered(field.choices)
        return names[seed % len(names)] if names else None


class _Listed(ChoiceBase):
    """A choice from the field's own or a shared list."""

    parameters = (CHOICES, CHOICE_LIST, DEPENDS_ON)

    def choices(self, field: Field) -> Mapping[str, Choice]:
        """Return own choices or the shared list's."""
        return listed_choices(field)

    def check(self, field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
        """One of ``choices`` and ``choice_list`` is given."""
        return check_lists(field)


@register
class OneChoice(_Listed):
    """One of a list."""

    name, label, icon = "choice", "Choice", "list"


@register
class State(ChoiceBase):
    """The state of a record; it changes only through transitions."""

    name, label, icon = "state", "State", "progress"
    parameters = (Parameter("machine", NAME, "The state machine; record types may name others."),)
    writable = False
    read_control = list_cell = "state"

    def choices(self, field: Field) -> Mapping[str, Choice]:
        """Return the states of all machines of the field."""
        return field.catalog.states_of(field)


@register
class RecordTypeField(ChoiceBase):
    """Which of its object's record types a record has; chosen when it is created."""

    name, label, icon = "record_type", "Record type", "category"

    def choices(self, field: Field) -> Mapping[str, Choice]:
        """Return the record types of the object."""
        return field.catalog.record_types_of(field)


@register
class MultiChoice(_Listed):
    """Several of a list, kept in the list's order without doubles."""

    name, label, icon = "multi_choice", "Multiple choice", "list-check"
    form_control = edit_cell = "multi_choice"
    read_control = list_cell = "multi_choice"
    operators: ClassVar[tuple[str, ...]] = SET
    sortable: ClassVar[bool] = False
    groupable: ClassVar[bool] = False

    def expression_type(self, field: Field) -> Type:
        """A multiple choice of known names."""
        return Type(Kind.MULTI_CHOICE, choices=frozenset(field.choices))

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One column of names."""
        return (Part("", Codes()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> Any:
        """Take a list, or text with commas or semicolons; nothing chosen is null."""
        if isinstance(raw, str):
            for mark in ("；", ";", "，", "、", "|", "\n"):
                raw = raw.replace(mark, ",")
            raw = raw.split(",")
        if raw is not None and not isinstance(raw, list | tuple | set | frozenset):
            raise ValueProblem("unknown_choice", "Enter a list of choices.")
        names = {name_of_choice(field, one) for one in raw or () if str(one).strip()}
        return tuple(name for name in field.choices if name in names) or None

    def validate(self, field: Field, value: Any) -> Iterable[tuple[str, str]]:
        """Refuse retired choices."""
        for name in value:
            yield from super().validate(field, name)

    def to_json(self, field: Field, value: Any) -> Any:
        """Return a list of names."""
        return None if value is None else list(value)

    def json_schema(self, field: Field) -> dict[str, Any]:
        """A list of different names."""
        return {"type": "array", "uniqueItems": True, "items": {"type": "string", "enum": list(field.choices)}}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the labels with commas."""
        mark = "、" if locale.language.startswith("zh") else ", "
        return mark.join(super(MultiChoice, self).to_text(field, name, locale) for name in value or ())

    def sample(self, field: Field, seed: int) -> Any:
        """Return one or two of the offered names."""
        names = offered(field.choices)
        return tuple(names[seed % len(names) :][: 1 + seed % 2]) if names else None


def listed_choices(field: Field) -> Mapping[str, Choice]:
    """Return the choices a field declares itself or takes from a shared list."""
    shared = field.params.get("choice_list")
    return field.catalog.choices_of(shared) if isinstance(shared, str) else choices_from(field.params.get("choices"))


def name_of_choice(field: Field, raw: Any) -> str:
    """Return the name of the choice that text means: its name, its label in any language, or its former name."""
    text = raw.strip() if isinstance(raw, str) else str(raw)
    if text in field.choices:
        return text
    folded = text.casefold()
    for name, choice in field.choices.items():
        if folded in (name.casefold(), choice.label.casefold()) or text in choice.was:
            return name
    for language in field.catalog.languages:
        for name in field.choices:
            if folded == field.choice_label(name, language).casefold():
                return name
    hint = did_you_mean(text, field.choices)
    raise ValueProblem("unknown_choice", f'There is no choice "{text}"{"; " + hint if hint else ""}.')


def check_lists(field: Field) -> Iterable[tuple[tuple[str | int, ...], str, str, str]]:
    """Yield a problem where the field has no choices."""
    if "choices" not in field.params and "choice_list" not in field.params:
        yield (
            (),
            "choices-missing",
            f'The field "{field.name}" has no choices.',
            "add choices: {...} or choice_list: NAME",
        )
