"""Ready-made opinions: a few for everybody, and those that a person keeps."""

from __future__ import annotations

from flask import g

from formline.web.auth import accounts
from formline.web.i18n import gettext as _
from formline.web.visit import Visit

#: The key of a person's preferences.
KEPT = "opinions"
MOST = 10
LONGEST = 200


def texts(here: Visit, action: str) -> tuple[str, ...]:
    """Return the opinions offered in the dialog of an action, the person's own first."""
    usual = {
        "approve": (_("Agreed."), _("Agreed, please go on.")),
        "reject": (_("The conditions are not acceptable."), _("Not within the budget.")),
        "return": (_("Please complete the documents."), _("Please check the amount.")),
    }.get(action, ())
    return tuple(dict.fromkeys((*own(), *usual)))


def own() -> tuple[str, ...]:
    """Return what the person keeps."""
    found = g.preferences.get(KEPT)
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def keep(here: Visit, text: str, *, wanted: bool) -> None:
    """Keep an opinion for the next time, the newest first."""
    text = text.strip()[:LONGEST]
    if wanted and text:
        save(here, [text, *own()])


def save(here: Visit, wanted: list[str]) -> None:
    """Write the person's opinions; empty and repeated ones are left out."""
    kept = list(dict.fromkeys(one for text in wanted if (one := text.strip()[:LONGEST])))[:MOST]
    if here.actor.user_id is not None:
        with here.site.writing() as writing:
            accounts.save_preferences(writing, here.actor.user_id, {**g.preferences, KEPT: kept})
