"""The frame's parts (rail, top bar, bottom bar, overlays) drawn once per release, rights, language and place.

Only the person's name and the CSRF token differ between people: these are filled in per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, current_app, g, render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from formline.web.marks import Fill, Segments, compile_text, escaped, mark
from formline.web.shell import Person, Shell
from formline.web.visit import Visit

#: Shows the toast, which belongs to one request.
OVERLAYS = "_overlays.html"

FILLS: Mapping[str, Fill[Person]] = {
    "csrf": lambda _person, _, __: generate_csrf(),
    "name": lambda person, _, __: escaped(person.name),
    "initial": lambda person, _, __: escaped(person.initial),
    "color": lambda person, _, __: person.color,
}
MARKED = Person(mark("name"), mark("initial"), mark("color"))


def part(template: str) -> Markup:
    """Return a part of the frame for this request."""
    shell: Shell = g.shell
    if shell.user is None or "visit" not in g or (shell.toast is not None and template == OVERLAYS):
        return Markup(render_template(template, shell=shell))  # noqa: S704 - a template escapes
    visit: Visit = g.visit
    key = ("frame", template, visit.language, visit.rights, shell.place)
    segments = visit.compiled(key, lambda: draw(template, shell))
    return Markup(segments.render(shell.user))  # noqa: S704 - fills escape


def draw(template: str, shell: Shell) -> Segments[Person]:
    """Draw a part with marks in place of the person."""
    marked = replace(shell, user=MARKED, toast=None)
    drawn = current_app.jinja_env.get_template(template).render(shell=marked, csrf_token=lambda: mark("csrf"))
    return compile_text(drawn, FILLS)


def install(app: Flask) -> None:
    """Give the templates ``part``."""
    app.jinja_env.globals["part"] = part
