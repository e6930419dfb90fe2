"""How a masked value looks: enough to recognise, never enough to use; nothing here decides who sees what."""

from __future__ import annotations

from typing import Any

HIDDEN = "****"
_SHORT = 4  # texts up to this length show nothing: one visible character would give too much away


def mask(field: Any, value: Any) -> str | None:
    """Return the masked text of a value (``138****1234``); an empty value stays ``None``.

    ``field`` is a catalog field; its type decides which ends may stay readable.
    """
    if value is None or value == "" or value == ():
        return None
    if not isinstance(value, str):
        return HIDDEN
    rule = _RULES.get(field.type.name, _text)
    return rule(value)


def _phone(value: str) -> str:
    digits = value.strip()
    if len(digits) < 8:
        return HIDDEN
    return f"{digits[:3]}{HIDDEN}{digits[-4:]}"


def _email(value: str) -> str:
    name, at, host = value.partition("@")
    return f"{name[:1]}{HIDDEN}@{host}" if at and len(name) > 1 else f"{HIDDEN}{at}{host}"


def _text(value: str) -> str:
    return f"{value[:1]}{HIDDEN}" if len(value) > _SHORT else HIDDEN


def _nothing(_value: str) -> str:
    return HIDDEN


_RULES = {"phone": _phone, "email": _email, "choice": _nothing, "state": _nothing, "url": _nothing}
