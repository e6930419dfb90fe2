"""Codes about storefronts. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_START = "kind: storefront\nname: shop\nof: person\nobject: thing\nusual_price: price\n"
_ORDER = "order: {object: basket, lines: lines, product: thing, quantity: number, price: price}\n"
_OBJECTS = (
    "---\nkind: object\nname: person\nfields: {name: {type: text}}\n"
    "---\nkind: object\nname: thing\nfields:\n  name: {type: text}\n  price: {type: money}\n"
    "  secret: {type: text, sensitive: true}\n"
    "---\nkind: object\nname: basket\nfields: {name: {type: text}}\n"
    "---\nkind: object\nname: line\nfields:\n  basket: {type: parent, to: basket, reverse: lines}\n"
    "  thing: {type: lookup, to: thing}\n  number: {type: decimal}\n  price: {type: money}\n"
)

register(
    CodeDoc(
        "storefront-field",
        "A storefront cannot show or fill this field.",
        "People outside see what it lists, so nothing sensitive; a line has a product, a number and a price.",
        f"{_START}columns: [secret]\n{_ORDER}{_OBJECTS}",
        f"{_START}columns: [name]\n{_ORDER}{_OBJECTS}",
        "storefronts/shop.yaml",
        group="catalog",
    ),
)
