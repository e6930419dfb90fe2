"""The frame's parts (rail, top bar, bottom bar, overlays) drawn once per release, rights, language and place.

Only the person's name and the CSRF token differ between people: these are filled in per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Flask, current_app, g, render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from formline.web import places
from formline.web.marks import Fill, Segments, compile_text, escaped, mark
from formline.web.shell import WAITING, Person, Shell
from formline.web.visit import Visit

#: Shows the toast, which belongs to one request.
OVERLAYS = "_overlays.html"
#: From here on the bell says "99+".
MOST_UNREAD = 100

FILLS: Mapping[str, Fill[Person]] = {
    "csrf": lambda _person, _, __: generate_csrf(),
    "name": lambda person, _, __: escaped(person.name),
    "initial": lambda person, _, __: escaped(person.initial),
    "color": lambda person, _, __: person.color,
    "person": lambda person, _, __: escaped(person.key),
    "unread": lambda person, _, __: _count(int(person.unread)),
    WAITING: lambda _person, name, __: _waiting(name),
}
MARKED = Person(mark("name"), mark("initial"), mark("color"), mark("unread"), mark("person"))


def _count(unread: int) -> str:
    """Return the bell's count, drawn once per number and language."""
    visit: Visit = g.visit
    shown = min(unread, MOST_UNREAD)
    key = ("unread", visit.language, shown)
    return visit.compiled(key, lambda: render_template("notifications/count.html", unread=shown))


def _waiting(name: str) -> str:
    """Return the number of what waits at a place, nothing for none."""
    place = places.named(name)
    number = place.waiting(g.visit) if place and place.waiting else 0
    return f'<span class="count">{number if number < MOST_UNREAD else "99+"}</span>' if number else ""


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
    return compile_text(text_of(template, replace(shell, user=MARKED, toast=None)), FILLS)


def text_of(template: str, marked: Shell) -> str:
    """Return the text of a part of a frame whose person is :data:`MARKED`."""
    return current_app.jinja_env.get_template(template).render(shell=marked, csrf_token=lambda: mark("csrf"))


def install(app: Flask, *, weak_scripts: bool) -> None:
    """Give the templates ``part``; with ``weak_scripts`` every page says that scripts are not locked in."""
    app.jinja_env.globals["part"] = part
    app.jinja_env.globals["weak_scripts"] = weak_scripts
