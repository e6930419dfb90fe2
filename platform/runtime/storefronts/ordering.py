"""A cart becomes one record with lines through the write pipeline, once per nonce, counted against its link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from formline.errors import ConflictError, NotFoundError
from formline.fields.locale import Locale
from formline.runtime.access.actor import Actor
from formline.runtime.storefronts import links, shelf
from formline.runtime.unit import Unit, run_unit
from formline.runtime.web_forms import storage
from formline.runtime.web_forms.storage import Sent

if TYPE_CHECKING:
    from formline.catalog.storefronts import Storefront
    from formline.runtime.site import Site
    from formline.runtime.storefronts.links import Link

#: Lines of one cart, and the most of one thing.
MOST_LINES = 50
MOST_QUANTITY = Decimal(100_000)
#: Characters of what the buyer writes.
MOST_NOTE = 1_000


class _Known(Exception):
    """The same cart came before: nothing is written again."""


def place(
    site: Site,
    front: Storefront,
    link: Link,
    cart: Mapping[UUID, Decimal],
    nonce: str,
    now: datetime,
    *,
    note: str = "",
    language: str = "en",
) -> UUID | None:
    """Make the record of a cart and return its id; None where the same cart became one before.

    Only what was chosen, how many and the note come from outside: everything else is the definition's, and prices are
    asked anew.

    Raises:
        NotFoundError: whose link it is, is gone, or nothing of the cart is for sale any more.
        ConflictError: the link takes no more orders.
        ValidationError: a rule refuses the record.
    """
    sent = Sent(f"storefront:{front.name}", nonce, {}, language)

    def work(unit: Unit) -> UUID:
        order = front.order
        buyer = shelf.buyer_of(unit.connection, unit.release, front, link.record_id)
        found = shelf.items(unit.connection, unit.release, front, link.record_id, list(cart)[:MOST_LINES])
        if buyer is None or not found:
            raise NotFoundError
        lines = [
            {order.product: item.id, order.quantity: cart[item.id], order.price: item.price}
            for item in sorted(found, key=lambda item: item.title)
        ]
        row = {**order.values, **{name: buyer.get(path) for name, path in order.paths.items()}, order.lines: lines}
        if order.note and note:
            row[order.note] = note[:MOST_NOTE]
        with unit.as_platform():
            (made,) = unit.create(order.object, [row])
        if storage.keep(unit.connection, sent, now, became=(order.object, made)) is None:
            raise _Known
        if not links.use(unit.connection, link, now):
            raise ConflictError("This link takes no more orders; ask for a new one.")
        return made

    try:
        locale = Locale(language, site.zone)
        return run_unit(site, Actor.guest(), work, source="form", confirm=True, now=now, locale=locale)
    except _Known:
        return None
