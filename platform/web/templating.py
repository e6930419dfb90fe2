"""What every template can use beside Flask's own: languages, formats of numbers and times."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from flask import Flask

from formline.fields.address import countries as known_countries
from formline.web import addresses
from formline.web.i18n import LANGUAGES, language


def install(app: Flask) -> None:
    """Configure Jinja: undefined names are errors where they are printed, blocks leave no blank lines."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(languages=LANGUAGES, address=address, countries=countries)


def address(object_name: str, record_id: UUID | None = None) -> str:
    """Return the address of an object's list or of a record."""
    return addresses.list_of(object_name) if record_id is None else addresses.record(object_name, record_id)


def countries(first: str) -> tuple[tuple[str, str], ...]:
    """Return codes and names of all countries in the reader's language, by name; the country ``first`` leads."""
    return _countries(first, language())


@cache
def _countries(first: str, code: str) -> tuple[tuple[str, str], ...]:
    from babel import Locale

    from formline.fields.sorting import sort_key

    names = Locale.parse(code).territories
    listed = sorted(((each, names.get(each, each)) for each in known_countries()), key=lambda one: sort_key(one[1]))
    return tuple(sorted(listed, key=lambda one: one[0] != first))
