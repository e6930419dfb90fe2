"""A small world of objects for tests of expressions: a scope as the catalog would give, and nothing stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from formline.expressions.scope import Member
from formline.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    MONEY,
    NUMBER,
    TEXT,
    Kind,
    Type,
    ref,
    refs,
)

CENTS = Type(Kind.NUMBER, scale=2)
STAGE = Type(Kind.CHOICE, choices=frozenset({"open", "won", "lost"}))
TAGS = Type(Kind.MULTI_CHOICE, choices=frozenset({"red", "green", "blue"}))

OBJECTS: dict[str, dict[str, Type]] = {
    "deal": {
        "id": ref("deal"),
        "n": CENTS,
        "p": CENTS,
        "x": NUMBER,
        "i": INTEGER,
        "price": MONEY,
        "t": TEXT,
        "u": TEXT,
        "d": DATE,
        "e": DATE,
        "at": DATETIME,
        "seen": DATETIME,
        "ok": BOOLEAN,
        "flag": BOOLEAN,
        "stage": STAGE,
        "tags": TAGS,
        "customer": ref("customer"),
        "owner": ref("user"),
        "region": ref("region"),
        "watchers": refs("user"),
        "related": ref("deal", "customer"),
    },
    "customer": {
        "id": ref("customer"),
        "level": TEXT,
        "credit": CENTS,
        "since": DATE,
        "price": MONEY,
        "owner": ref("user"),
    },
    "line": {
        "id": ref("line"),
        "deal": ref("deal"),
        "amount": CENTS,
        "quantity": INTEGER,
        "label": TEXT,
        "due": DATE,
        "done": BOOLEAN,
        "product": ref("product"),
    },
    "product": {"id": ref("product"), "name": TEXT, "price": NUMBER, "manager": ref("user")},
    "user": {
        "id": ref("user"),
        "name": TEXT,
        "limit": CENTS,
        "department": ref("department"),
        "regions": refs("region"),
        "tags": TAGS,
        "roles": Type(Kind.MULTI_CHOICE),
    },
    "department": {"id": ref("department"), "code": TEXT, "head": ref("user")},
    "region": {"id": ref("region"), "name": TEXT, "parent": ref("region")},
}
REVERSES: dict[tuple[str, str], tuple[str, str]] = {
    ("deal", "lines"): ("line", "deal"),
    ("customer", "deals"): ("deal", "customer"),
}
KEYS = {"department": "code"}


class World:
    """The scope of the test objects."""

    settings: Mapping[str, tuple[Type, Any]] = {"large": (NUMBER, Decimal(1000)), "word": (TEXT, "won")}
    input: Mapping[str, Type] = {"count": INTEGER, "first_due": DATE}

    def field(self, object: str, name: str) -> Member | None:
        """Return the member, as the catalog does."""
        if (object, name) in REVERSES:
            child, lookup = REVERSES[object, name]
            return Member(name, refs(child), (child,), (child, lookup), stored=False)
        type_ = OBJECTS.get(object, {}).get(name)
        return Member(name, type_, type_.objects) if type_ else None

    def names(self, object: str) -> Iterable[str]:
        """Return the object's names."""
        return (*OBJECTS[object], *(name for owner, name in REVERSES if owner == object))

    def setting(self, name: str) -> tuple[Type, Any] | None:
        """Return a package setting."""
        return self.settings.get(name)

    def natural_key(self, object: str) -> str | None:
        """Return the text field that names records."""
        return KEYS.get(object)


WORLD = World()
