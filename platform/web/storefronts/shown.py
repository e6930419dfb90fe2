"""Things for sale as the pages of a storefront show them: texts only, of the listed fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.fields.field import Field
from formline.fields.files import attachments_of
from formline.runtime.access.actor import Actor
from formline.runtime.queries.title_texts import titles
from formline.web.visit import Visit

if TYPE_CHECKING:
    from formline.catalog.storefronts import Storefront
    from formline.runtime.storefronts.shelf import Item


@dataclass(frozen=True, slots=True)
class Card:
    """One thing: (label, text) of the listed fields that have a value, the ids of its pictures, its price."""

    id: UUID
    title: str
    facts: tuple[tuple[str, str], ...]
    text: str
    pictures: tuple[UUID, ...]
    price: str


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart; ``number`` as an input holds it."""

    id: UUID
    title: str
    number: str
    price: str
    amount: str


def cards(here: Visit, front: Storefront, items: Sequence[Item]) -> list[Card]:
    """Return what the pages show of things for sale: one statement for the names of what they point to."""
    fields = here.release.catalog.object(front.object).fields
    wanted: dict[str, set[UUID]] = {}
    for item in items:
        for name in front.columns:
            value = item.values.get(name)
            if fields[name].to and isinstance(value, UUID):
                wanted.setdefault(fields[name].to[0], set()).add(value)
    names = titles(here.connection, here.release, Actor.system(), wanted) if wanted else {}
    return [_card(here, front, fields, item, names) for item in items]


def _card(here: Visit, front: Storefront, fields: Mapping[str, Field], item: Item, names: Mapping[UUID, str]) -> Card:
    long = [name for name in front.columns if fields[name].type.name == "long_text"]
    written = {name: _text(here, fields[name], item.values.get(name), names) for name in front.columns}
    return Card(
        item.id,
        item.title,
        tuple((here.labels.field(fields[name]), text) for name, text in written.items() if text and name not in long),
        "\n".join(written[name] for name in long if written[name]),
        tuple(one.id for one in attachments_of(item.values.get(front.pictures))) if front.pictures else (),
        here.formats.money(item.price) if item.price is not None else "",
    )


def _text(here: Visit, field: Field, value: Any, names: Mapping[UUID, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, UUID):
        return names.get(value, "")
    if field.shown.choices and isinstance(value, str):
        return here.labels.choice(field, value)
    return field.type.to_text(field, value, here.locale)


def lines(
    here: Visit, front: Storefront, items: Sequence[Item], chosen: Mapping[UUID, Decimal]
) -> tuple[list[CartLine], str]:
    """Return the lines of a cart by title, and their sum without tax."""
    found, total = [], Decimal(0)
    for item in sorted(items, key=lambda one: one.title):
        number, price = chosen[item.id], item.price or Decimal(0)
        amount = (number * price).quantize(Decimal("0.01"))
        total += amount
        money = here.formats.money
        found.append(CartLine(item.id, item.title, format(number, "f"), money(price), money(amount)))
    return found, here.formats.money(total)
