"""Storefronts: what people outside choose from by a link of their own; built and checked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog.checker import Checker
from formline.expressions.expression import Expression
from formline.expressions.types import BOOLEAN, NUMBER, ref
from formline.fields.field import humanise
from formline.metadata.positions import Path

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.metadata.layers import Definition

#: What the record of the link is called in expressions.
BUYER = "buyer"
DAYS, ORDERS = 30, 20


@dataclass(frozen=True, slots=True)
class Ordering:
    """What a cart becomes; ``paths`` of the buyer and ``values`` by field, ``line`` is the object of its lines."""

    object: str
    paths: Mapping[str, str]
    values: Mapping[str, Any]
    lines: str
    line: str
    product: str
    quantity: str
    price: str
    note: str


@dataclass(frozen=True, slots=True)
class Storefront:
    """Pages by links for records of ``of``; ``price`` finds what one record of ``object`` costs the buyer."""

    name: str
    label: str
    help: str
    of: str
    object: str
    where: Expression | None
    columns: tuple[str, ...]
    pictures: str
    price: Expression | None
    usual_price: str
    order: Ordering
    days: int
    orders: int


def build_storefront(catalog: Catalog, definition: Definition) -> Storefront:
    """Make a storefront of a checked definition."""
    data = definition.data
    shown, of = str(data["object"]), str(data["of"])
    where, price = data.get("where"), data.get("price")
    return Storefront(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data.get("help") or ""),
        of,
        shown,
        None if where is None else catalog.compiler.compile(where, object=shown, expects=BOOLEAN),
        tuple(data.get("columns") or ()),
        str(data.get("pictures") or ""),
        None
        if price is None
        else catalog.compiler.compile(price, object=shown, variables={BUYER: ref(of)}, expects=NUMBER),
        str(data["usual_price"]),
        _ordering(catalog, data["order"]),
        int(data.get("days", DAYS)),
        int(data.get("orders", ORDERS)),
    )


def _ordering(catalog: Catalog, data: Mapping[str, Any]) -> Ordering:
    given: Mapping[str, Any] = data.get("set") or {}
    link = catalog.object(str(data["object"])).child(str(data["lines"]))
    return Ordering(
        str(data["object"]),
        MappingProxyType({name: str(one) for name, one in given.items() if not isinstance(one, Mapping)}),
        MappingProxyType({name: one["value"] for name, one in given.items() if isinstance(one, Mapping)}),
        str(data["lines"]),
        link.object if link is not None else "",
        str(data["product"]),
        str(data["quantity"]),
        str(data["price"]),
        str(data.get("note") or ""),
    )


def check_storefront(checker: Checker) -> None:
    """Check that what is shown, what it costs and what a cart becomes exist and fit."""
    data = checker.data
    shown, of = checker.object(data["object"], ("object",)), checker.object(data["of"], ("of",))
    if shown is None or of is None:
        return
    checker.condition(data.get("where"), ("where",), shown.name)
    for index, name in enumerate(data.get("columns") or ()):
        field = checker.field(shown, name, ("columns", index))
        if field is not None and field.sensitive:
            _wrong(checker, f'"{name}" is sensitive; people outside would see it.', ("columns", index), "leave it out")
    if "pictures" in data:
        _of_type(checker, shown, data["pictures"], ("image",), ("pictures",))
    _of_type(checker, shown, data["usual_price"], ("money",), ("usual_price",))
    if "price" in data:
        checker.expression(data["price"], ("price",), shown.name, expects=NUMBER, variables={BUYER: ref(of.name)})
    _check_order(checker, shown, of, data["order"])


def _check_order(checker: Checker, shown: Object, of: Object, data: Mapping[str, Any]) -> None:
    order = checker.object(data["object"], ("order", "object"))
    if order is None:
        return
    for name, one in (data.get("set") or {}).items():
        checker.field(order, name, ("order", "set", name), key=True) if name != "owner" else None
        if not isinstance(one, Mapping):
            checker.dotted(of, one, ("order", "set", name))
    if "note" in data:
        _of_type(checker, order, data["note"], ("text", "long_text"), ("order", "note"))
    line = checker.reverse(order, data["lines"], ("order", "lines"))
    if line is None:
        return
    product = checker.field(line, data["product"], ("order", "product"))
    if product is not None and product.to != (shown.name,):
        message = f'"{product.name}" does not point to {shown.name}.'
        _wrong(checker, message, ("order", "product"), f"name a lookup to {shown.name}")
    _of_type(checker, line, data["quantity"], ("integer", "decimal"), ("order", "quantity"))
    _of_type(checker, line, data["price"], ("money",), ("order", "price"))


def _of_type(checker: Checker, object_: Object, name: str, types: tuple[str, ...], path: Path) -> None:
    field = checker.field(object_, name, path)
    if field is not None and field.type.name not in types:
        message = f'"{name}" is of type {field.type.name}.'
        _wrong(checker, message, path, f"name a field of type {' or '.join(types)}")


def _wrong(checker: Checker, message: str, path: Path, hint: str) -> None:
    checker.error("storefront-field", message, path, hint)
