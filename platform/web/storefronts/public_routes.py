"""The pages of a storefront for who holds a link: list, one thing, cart, ordering. Work without scripts and sign-in."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.errors import ConflictError, NotFoundError, ValidationError
from formline.fields.files import attachments_of
from formline.runtime.access.actor import Actor
from formline.runtime.files import reading
from formline.runtime.queries.errors import QueryError
from formline.runtime.storefronts import links, ordering, shelf
from formline.web import i18n, limits
from formline.web.auth import login
from formline.web.files.sending import send
from formline.web.i18n import gettext as _
from formline.web.storefronts import carts, shown
from formline.web.visit import Visit, connection, site

if TYPE_CHECKING:
    from formline.catalog.storefronts import Storefront
    from formline.runtime.storefronts.links import Link

public = Blueprint("storefront", __name__, url_prefix="/s")
#: The largest thing that is sent here, in bytes.
MOST_BYTES = 64 << 10
#: The name of one order, as the page of the cart made it.
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,100}")


@dataclass(frozen=True, slots=True)
class Open:
    """A storefront opened by a link."""

    here: Visit
    front: Storefront
    link: Link
    token: str

    def url(self, name: str, **values: Any) -> str:
        """Return an address of the storefront in the same language."""
        if request.args.get("lang"):
            values["lang"] = self.here.language
        return url_for(f"storefront.{name}", token=self.token, **values)


def _opened(token: str) -> Open:
    """Return what a link opens; unknown, ended and revoked ones look the same, and guessing is counted."""
    limits.spend((limits.PUBLIC_LINK, limits.client()))
    request.max_content_length = MOST_BYTES
    of = site()
    release = of.refresh()
    link = links.find(connection(), token) if len(token) <= 100 else None
    here = Visit(of, release, Actor.guest())
    if link is None or not link.opens(here.now) or not release.catalog.has("storefront", link.page):
        limits.spend((limits.PUBLIC_LINK_REFUSED, limits.client()))
        raise NotFoundError(_("This link is not valid any more. Ask for a new one."))
    front: Storefront = release.catalog.get("storefront", link.page)
    if shelf.buyer_of(here.connection, release, front, link.record_id) is None:
        raise NotFoundError(_("This link is not valid any more. Ask for a new one."))
    wanted = request.args.get("lang", "")
    g.language = wanted if wanted in i18n.LANGUAGES else i18n.language()
    g.visit = here
    return Open(here, front, link, token)


def _page(opened: Open, template: str, **values: Any) -> str:
    here, front = opened.here, opened.front
    return render_template(
        f"storefronts/{template}.html",
        to=opened.url,
        heading=here.labels.text("storefront", front.name, "label", front.label),
        intro=here.labels.text("storefront", front.name, "help", front.help) if front.help else "",
        in_cart=len(carts.read()),
        offered=i18n.LANGUAGES,
        language=here.language,
        **values,
    )


@public.get("/<token>")
@login.public
def show(token: str) -> str:
    """List what is for sale, with the prices of whose link it is."""
    opened = _opened(token)
    here, text = opened.here, request.args.get("q", "").strip()[:100]
    cursor = request.args.get("cursor") or None
    try:
        page = shelf.shelf(here.connection, here.release, opened.front, opened.link.record_id, text, cursor)
    except QueryError:
        raise NotFoundError from None
    items = shown.cards(here, opened.front, page.items)
    return _page(opened, "list", items=items, text=text, more=page.next_cursor)


@public.get("/<token>/p/<uuid:key>")
@login.public
def detail(token: str, key: UUID) -> str:
    """Show one thing with all that is listed of it."""
    opened = _opened(token)
    found = shelf.items(opened.here.connection, opened.here.release, opened.front, opened.link.record_id, [key])
    if not found:
        raise NotFoundError
    return _page(opened, "product", item=shown.cards(opened.here, opened.front, found)[0])


@public.get("/<token>/p/<uuid:key>/pictures/<uuid:file_key>")
@login.public
def picture(token: str, key: UUID, file_key: UUID) -> BaseResponse:
    """Send the small version of a picture of something that is for sale."""
    opened = _opened(token)
    here, front = opened.here, opened.front
    found = shelf.items(here.connection, here.release, front, opened.link.record_id, [key])
    kept = attachments_of(found[0].values.get(front.pictures)) if found and front.pictures else ()
    if file_key not in {one.id for one in kept}:
        raise NotFoundError
    return send(reading.readable(here.connection, here.release, Actor.system(), file_key), small=True, inline=True)


@public.get("/<token>/cart")
@login.public
def cart(token: str) -> str:
    """Show the cart with its sum."""
    return _cart(_opened(token))


def _cart(opened: Open, problem: str = "") -> str:
    chosen = carts.read()
    here = opened.here
    found = shelf.items(here.connection, here.release, opened.front, opened.link.record_id, list(chosen))
    lines, total = shown.lines(here, opened.front, found, chosen)
    return _page(
        opened, "cart", lines=lines, total=total, nonce=secrets.token_urlsafe(16), problem=problem,
        note=request.form.get("note", ""), most_note=ordering.MOST_NOTE,
    )  # fmt: skip


@public.post("/<token>/cart")
@login.public
def change_cart(token: str) -> BaseResponse:
    """Put something into the cart (``add`` and ``quantity``), or write its numbers anew (``q.<id>``)."""
    opened = _opened(token)
    chosen = carts.read()
    for name, text in request.form.items():
        number = carts.quantity(text)
        if name.startswith("q.") and number is not None:
            chosen = {key: number if str(key) == name[2:] else kept for key, kept in chosen.items()}
    adding, number = _identity(request.form.get("add", "")), carts.quantity(request.form.get("quantity", ""))
    if adding is not None and number:
        here = opened.here
        if shelf.items(here.connection, here.release, opened.front, opened.link.record_id, [adding]):
            chosen[adding] = min(chosen.get(adding, Decimal(0)) + number, ordering.MOST_QUANTITY)
    chosen = dict([(key, kept) for key, kept in chosen.items() if kept][-ordering.MOST_LINES :])
    return _keep(opened, redirect(opened.url("cart"), 303), chosen)


@public.post("/<token>/order")
@login.public
def order(token: str) -> BaseResponse:
    """Make the order of the cart; the same one sent twice is made once."""
    opened = _opened(token)
    here = opened.here
    limits.spend((limits.PUBLIC_ORDER, str(opened.link.id)))
    nonce = request.form.get("nonce", "")
    chosen = carts.read()
    # The numbers of the page count, should somebody have changed them and not pressed the other button.
    for key in chosen:
        number = carts.quantity(request.form.get(f"q.{key}", ""))
        chosen[key] = chosen[key] if number is None else number
    chosen = {key: number for key, number in chosen.items() if number}
    if not _NONCE.fullmatch(nonce) or not chosen:
        return redirect(opened.url("thanks" if nonce and not chosen else "cart"), 303)
    try:
        ordering.place(
            here.site, opened.front, opened.link, chosen, nonce, here.now,
            note=request.form.get("note", "").strip(), language=here.language,
        )  # fmt: skip
    except ConflictError:
        return make_response(_cart(opened, _("This link takes no more orders. Ask for a new one.")), 409)
    except ValidationError:
        return make_response(_cart(opened, _("This cannot be ordered like this. Please ask us.")), 422)
    return _keep(opened, redirect(opened.url("thanks"), 303), {})


@public.get("/<token>/thanks")
@login.public
def thanks(token: str) -> str:
    """Say that the order has come, and what happens next."""
    return _page(_opened(token), "thanks")


def _keep(opened: Open, answer: BaseResponse, cart: carts.Cart) -> BaseResponse:
    path = url_for("storefront.show", token=opened.token)
    return carts.keep(answer, cart, path, secure=request.is_secure or opened.here.site.settings.production)


def _identity(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
