"""The cart of somebody outside: a cookie of ids and numbers on the path of their link; believed in nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from uuid import UUID

from flask import request

from formline.runtime.storefronts.ordering import MOST_LINES, MOST_QUANTITY

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

COOKIE = "formline_cart"
#: A cart is forgotten after this.
KEPT_SECONDS = 7 * 24 * 3600

Cart = dict[UUID, Decimal]


def read() -> Cart:
    """Return what the cookie says; what makes no sense in it is left out."""
    try:
        found = json.loads(request.cookies.get(COOKIE, "{}")[:8_000])
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, Mapping):
        return {}
    return dict([pair for key, text in found.items() if (pair := _line(key, text))][:MOST_LINES])


def _line(key: object, text: object) -> tuple[UUID, Decimal] | None:
    try:
        identity = UUID(str(key))
    except ValueError:
        return None
    number = quantity(str(text))
    return (identity, number) if number else None


def quantity(text: str) -> Decimal | None:
    """Return a number of pieces, at most 3 decimal places; None where the text is none, or none that can be ordered."""
    try:
        number = Decimal(text.strip()[:20])
    except InvalidOperation:
        return None
    if not number.is_finite() or not 0 <= number <= MOST_QUANTITY:
        return None
    return number.quantize(Decimal("0.001")).normalize() + 0


def keep(answer: Response, cart: Cart, path: str, *, secure: bool) -> Response:
    """Put a cart into the cookie of an answer."""
    text = json.dumps({str(key): format(number, "f") for key, number in cart.items()})
    age = KEPT_SECONDS if cart else 0
    answer.set_cookie(COOKIE, text, age, path=path, httponly=True, samesite="Lax", secure=secure)
    return answer
