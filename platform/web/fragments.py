"""Answers that are a dialog's content to a script and a whole page to whoever opens their address."""

from __future__ import annotations

from typing import Any

from flask import render_template, request


def dialog(template: str, title: str, **values: Any) -> str:
    """Render a dialog's template: alone for htmx, else in the frame of a page titled ``title``."""
    if request.headers.get("HX-Request"):
        return render_template(template, **values)
    return render_template("dialog_page.html", fragment=template, title=title, **values)
