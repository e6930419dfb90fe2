"""The search field of the top bar: records of any object by their title; a full-text index is not used here yet."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request

from formline.runtime.queries.picking import pick
from formline.web import addresses, shell
from formline.web.records.blueprint import blueprint
from formline.web.visit import Visit, visit

FOUND = 8
MOST_LETTERS = 100


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found of one object: title and address of each record."""

    label: str
    icon: str
    records: tuple[tuple[str, str], ...]


@blueprint.get("/search")
def search_page() -> str:
    """Show the records whose title has the text, by object, within the person's rights."""
    here = visit()
    text = request.args.get("q", "").strip()[:MOST_LETTERS]
    return render_template("records/search.html", text=text, found=find(here, text) if text else ())


def find(here: Visit, text: str) -> tuple[Hits, ...]:
    """Return what is found in the objects of the person's navigation; one statement per object."""
    names = [item.object for group in shell.build().nav for item in group.items if "/" not in item.object]
    found = []
    for name in names:
        obj = here.release.catalog.object(name)
        rows = pick(here.connection, here.release, here.actor, name, text, None, FOUND)
        if rows:
            records = tuple((title, addresses.record(name, key)) for key, title in rows)
            found.append(Hits(here.labels.plural(obj), obj.icon, records))
    return tuple(found)
