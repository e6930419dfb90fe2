"""Addresses of the search: its page, and the fragment behind the command menu."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request

from formline.errors import BudgetError
from formline.web import limits, pins
from formline.web.search import commands, hits
from formline.web.visit import visit

MOST_LETTERS = 100
ON_PAGE = 10
IN_MENU = 4
REMEMBERED = 8

blueprint = Blueprint("search", __name__)


@blueprint.get("/search")
def page() -> str:
    """Show the records that have all words of ``q``, by object."""
    here, asked = visit(), _asked()
    found, cut, slow = _found(asked, ON_PAGE) if asked else ((), False, False)
    return render_template("search/page.html", text=asked, found=found, cut=cut, slow=slow, here=here)


@blueprint.get("/search/menu")
def menu() -> str:
    """Return the entries of the command menu for ``q``; without it pins, and ``recent`` of the browser."""
    asked = _asked()
    found, _cut, _slow = _found(asked, IN_MENU) if asked else ((), False, False)
    return render_template(
        "search/menu.html",
        text=asked,
        pinned=[] if asked else hits.pinned(visit(), pins.own()),
        recent=[] if asked else hits.recent(visit(), _remembered()),
        places=commands.places(asked),
        creations=commands.creations(asked),
        actions=commands.actions(asked),
        found=found,
    )


def _asked() -> str:
    return request.args.get("q", "").strip()[:MOST_LETTERS]


def _found(asked: str, limit: int) -> tuple[tuple[hits.Group, ...], bool, bool]:
    """Return groups, whether they were cut, and whether the words were too common to be found in time."""
    here = visit()
    limits.spend_both(limits.SEARCH, here.actor.user_id)
    try:
        found, cut = hits.search(here, asked, limit)
    except BudgetError:
        return (), False, True
    return found, cut, False


def _remembered() -> dict[str, list[UUID]]:
    """Return the records named in ``recent``, ``customer/<id>`` each; what is no such name is passed over."""
    found: dict[str, list[UUID]] = {}
    for each in request.args.getlist("recent")[:REMEMBERED]:
        name, _slash, key = each.partition("/")
        try:
            found.setdefault(name, []).append(UUID(key))
        except ValueError:
            continue
    return found
