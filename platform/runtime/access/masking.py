"""How a masked value looks: enough to recognise, never enough to use; nothing here decides who sees what."""

from __future__ import annotations

from typing import Any

from formline.fields.field import Field

HIDDEN = "****"
_SHORT = 4  # texts up to this length show nothing: one visible character would give too much away


class Masked(str):
    """The masked text of a value: told apart from values by its type, and never taken for one when saved."""

    __slots__ = ()


def mask(field: Field, value: Any) -> Masked | None:
    """Return the masked text of a value (``138****1234``); an empty value stays ``None``."""
    if value is None or value == "" or value == ():
        return None
    if not isinstance(value, str):
        return Masked(HIDDEN)
    return Masked(_RULES.get(field.shown.type.name, _nothing)(value))


def _phone(value: str) -> str:
    return f"{value[:3]}{HIDDEN}{value[-4:]}" if len(value) > 8 else HIDDEN


def _email(value: str) -> str:
    name, at, host = value.partition("@")
    return f"{name[:1]}{HIDDEN}@{host}" if at and len(name) > 1 else f"{HIDDEN}{at}{host}"


def _text(value: str) -> str:
    return f"{value[:1]}{HIDDEN}" if len(value) > _SHORT else HIDDEN


def _nothing(_value: str) -> str:
    return HIDDEN


_RULES = {"phone": _phone, "email": _email, "text": _text, "long_text": _text}
