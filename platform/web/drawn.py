"""Whole pages drawn once with marks in place of what one request adds, then filled by joining strings.

What a page is drawn from is the key it is kept under, so nothing of one person's can be in the page of another: values
that belong to a record or a person are marks, all else is compared before a drawn page is used again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import current_app, g, render_template, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from formline.runtime.queries.cache import Recent
from formline.web import frame
from formline.web.marks import Fill, Segments, compile_text, escaped, mark
from formline.web.shell import Person, Shell, build
from formline.web.visit import Visit

#: Drawn pages kept per release and process, some 30 kB each.
MOST_PAGES = 300
MOST_TOKENS = 1_000


@dataclass(frozen=True, slots=True)
class _Source:
    """What fills one page."""

    person: Person
    values: Mapping[str, str]
    csrf: str


def _of_person(fill: Fill[Person]) -> Fill[_Source]:
    return lambda source, name, argument: fill(source.person, name, argument)


FILLS: Mapping[str, Fill[_Source]] = {
    **{kind: _of_person(fill) for kind, fill in frame.FILLS.items()},
    "csrf": lambda source, _, __: source.csrf,
    "value": lambda source, name, _: source.values[name],
}


def page(template: str, constants: Mapping[str, Hashable], values: Mapping[str, str]) -> str:
    """Return a page of the frame. The template prints ``values`` (text, or Markup); empty ones it is not given at all.

    ``constants`` are what the template decides by: all of them are hashed and compared at every call.
    """
    values = {name: value for name, value in values.items() if value}
    if "shell" not in g:
        g.shell = build()
    shell: Shell = g.shell
    if shell.user is None or shell.toast is not None or "visit" not in g:
        return render_template(template, **constants, **values)
    visit: Visit = g.visit
    kept: Recent[Any, Segments[_Source]] = visit.compiled("drawn pages", lambda: Recent(MOST_PAGES))
    key = (template, visit.language, visit.rights, shell.place, shell.theme, *constants.items(), *values)
    segments = kept.get(key, lambda: _draw(template, shell, constants, values))
    written = {name: value if isinstance(value, Markup) else escaped(value) for name, value in values.items()}
    return segments.render(_Source(shell.user, written, _csrf_token(visit)))


def _csrf_token(visit: Visit) -> str:
    """Return Flask-WTF's token of this session; signing it anew says nothing new, as it has no time limit."""
    secret = session.get("csrf_token")
    if secret is None:
        return str(generate_csrf())
    kept: Recent[str, str] = visit.compiled("csrf tokens", lambda: Recent(MOST_TOKENS))
    return kept.get(secret, generate_csrf)


def _draw(
    template: str, shell: Shell, constants: Mapping[str, Hashable], values: Mapping[str, str]
) -> Segments[_Source]:
    marked = replace(shell, user=frame.MARKED, toast=None)

    def part(name: str) -> Markup:
        return Markup(frame.text_of(name, marked))  # noqa: S704 - a template escapes

    drawn = current_app.jinja_env.get_template(template).render(
        shell=marked,
        part=part,
        csrf_token=lambda: mark("csrf"),
        **constants,
        **{name: mark("value", name) for name in values},
    )
    return compile_text(drawn, FILLS)
