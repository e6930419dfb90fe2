"""The way in: the first place of the person's navigation, or what to do where there is none."""

from __future__ import annotations

from flask import redirect, render_template
from werkzeug.wrappers import Response

from formline.web import shell
from formline.web.records.blueprint import blueprint


@blueprint.get("/")
def home() -> Response | str:
    """Go to the first list; say whom to ask where a person's roles show nothing."""
    first = next((item for group in shell.build().nav for item in group.items), None)
    if first is None:
        return render_template("records/nothing.html")
    return redirect(first.href)
