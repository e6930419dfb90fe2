"""What every template can use beside Flask's own: languages, formats of numbers and times."""

from __future__ import annotations

from flask import Flask

from formline.web.i18n import LANGUAGES


def install(app: Flask) -> None:
    """Configure Jinja: undefined names are errors where they are printed, blocks leave no blank lines."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["languages"] = LANGUAGES
