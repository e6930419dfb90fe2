"""What every template can use beside Flask's own: languages, formats of numbers and times."""

from __future__ import annotations

from uuid import UUID

from flask import Flask

from formline.web import addresses
from formline.web.i18n import LANGUAGES


def install(app: Flask) -> None:
    """Configure Jinja: undefined names are errors where they are printed, blocks leave no blank lines."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(languages=LANGUAGES, address=address)


def address(object_name: str, record_id: UUID | None = None) -> str:
    """Return the address of an object's list or of a record."""
    return addresses.list_of(object_name) if record_id is None else addresses.record(object_name, record_id)
