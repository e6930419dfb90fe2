"""The entries of the command menu that are no records: places, forms to create, actions on the session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formline.runtime.search import terms
from formline.web import shell
from formline.web.i18n import LANGUAGES
from formline.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Command:
    """One entry: ``href`` to go to, or ``post`` an address with one value, or ``press`` a button of the frame."""

    label: str
    icon: str
    href: str = ""
    post: str = ""
    name: str = ""
    value: str = ""
    press: str = ""


def places(asked: str) -> list[Command]:
    """Return the pages of the navigation that fit what was typed; all of them for nothing."""
    frame = shell.build()
    every = [Command(item.label, item.icon, item.href) for group in frame.nav for item in group.items]
    return [each for each in every if fits(each.label, asked)]


def creations(asked: str) -> list[Command]:
    """Return the forms for new records that fit."""
    every = [Command(_("New: %(object)s") % {"object": item.label}, "plus", item.href) for item in shell.build().create]
    return [each for each in every if fits(each.label, asked)]


def actions(asked: str) -> list[Command]:
    """Return what can be done from everywhere."""
    return [each for each in _actions() if fits(each.label, asked)]


def _actions() -> Iterator[Command]:
    yield Command(_("Switch between light and dark"), "moon", press="theme")
    for code, name in LANGUAGES.items():
        yield Command(name, "language", post="/language", name="language", value=code)
    yield Command(_("Profile"), "user-circle", "/profile")
    yield Command(_("Notifications"), "bell", "/notifications")
    yield Command(_("Sign out"), "logout", post="/logout")


def fits(label: str, asked: str) -> bool:
    """Return whether every word typed is part of a label, of its pinyin or of its initials.

    >>> fits("商机", "sj"), fits("Opportunities", "port"), fits("客户", "deal")
    (True, True, False)
    """
    runs = terms.runs(label, joined=True)
    spoken = [said for run in runs for said in terms.spoken(run)]
    return all(any(word in run for run in (*runs, *spoken)) for word in terms.query_words(asked))
