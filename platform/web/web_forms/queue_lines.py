"""Held submissions in words: what was sent, why it waits, and which records are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import g, request, url_for
from sqlalchemy import RowMapping

from formline.errors import FormlineError
from formline.fields.files import FileBase
from formline.fields.locale import Locale
from formline.runtime.access.masking import mask
from formline.runtime.matching.finding import Hit
from formline.runtime.web_forms import suspicion
from formline.web.duplicates.hits import ShownHit, shown
from formline.web.i18n import LANGUAGES, ngettext
from formline.web.i18n import gettext as _
from formline.web.shell import Toast

if TYPE_CHECKING:
    from formline.catalog.objects import Object
    from formline.catalog.web_forms import WebForm
    from formline.fields.field import Field
    from formline.web.visit import Visit

SHOWN = 30


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One submission that waits: ``values`` are (label, text)."""

    id: UUID
    when: str
    language: str
    mailed: bool
    reasons: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    hits: tuple[ShownHit, ...]


def reason_in_words(reason: str) -> str:
    """Return why a submission waits, in the language of the request."""
    words = {
        suspicion.TRAP: _("A field that people cannot see was filled in."),
        suspicion.FAST: _("It was sent faster than anybody types."),
        suspicion.LINKS: _("There are many web addresses in it."),
        suspicion.MARKUP: _("There is markup for links in it."),
        suspicion.PROOF: _("The browser did not do its share of work."),
        suspicion.DUPLICATE: _("There is already a record like this."),
        suspicion.SPAM: _("The mail server says that it is spam."),
        suspicion.MANY: _("More mails came within the hour than usual."),
        suspicion.INVALID: _("It lacks something that such a record needs."),
    }
    return words.get(reason, reason)


def lines_of(here: Visit, form: WebForm, rows: Sequence[RowMapping]) -> list[HeldLine]:
    """Return held submissions as a person may see them; the records they resemble with that person's rights."""
    hits = {row["id"]: list(_hits(here, row["hits"] or ())) for row in rows}
    told = shown(here, [hit for found in hits.values() for hit in found])
    by_row, start = {}, 0
    for key, found in hits.items():
        by_row[key] = tuple(told[start : start + len(found)])
        start += len(found)
    return [
        HeldLine(
            row["id"],
            here.formats.moment(row["created_at"], here.now),
            LANGUAGES.get(row["language"], row["language"]),
            bool(row["mailed"]),
            tuple(reason_in_words(each) for each in row["reasons"]),
            tuple(_values(here, _object_of(here, form, row), row)),
            by_row[row["id"]],
        )
        for row in rows
    ]


def _object_of(here: Visit, form: WebForm, row: RowMapping) -> Object:
    answers = "" in (row["values"] or {})
    replies = form.mail.replies if form.mail is not None else None
    return here.release.catalog.object(replies.object if answers and replies is not None else form.object)


def _hits(here: Visit, stored: Sequence[Any]) -> Sequence[Hit]:
    catalog = here.release.catalog
    return [
        Hit(name, UUID(key), catalog.get("matching_rule", rule), way, likeness)
        for name, key, rule, way, likeness in stored
        if catalog.has("matching_rule", rule) and catalog.has("object", name)
    ]


def _values(here: Visit, obj: Object, row: RowMapping) -> Sequence[tuple[str, str]]:
    values: Mapping[str, Any] = row["values"] or {}
    access = here.rights.object(obj.name)
    found = []
    for name, value in values.items():
        # What somebody could not read of the record is not read here either.
        if name in obj.fields and access.shown(name):
            text = _text(here, obj.fields[name], value, row["language"])
            told = mask(obj.fields[name], text) or "" if access.level_of(name).best == "masked" else text
            found.append((here.labels.field(obj.fields[name]), told))
    whole = sum(1 for _key, alone in row["files"] or () if alone)
    if whole:
        found.append((_("Attachments"), ngettext("%(num)d file", "%(num)d files", whole) % {"num": whole}))
    return found


def _text(here: Visit, field: Field, value: Any, language: str) -> str:
    """Return a value as people read it; what its field does not take any more as it was sent."""
    if isinstance(field.type, FileBase):
        number = len(value) if isinstance(value, list) else 1
        return ngettext("%(num)d file", "%(num)d files", number) % {"num": number}
    if field.choices:
        each = value if isinstance(value, list) else [value]
        return ", ".join(here.labels.choice(field, str(one)) for one in each)
    try:
        parsed = field.type.parse(field, value, Locale(language, here.site.zone))
    except (FormlineError, ValueError):
        return str(value)
    return "" if parsed is None else str(field.type.to_text(field, parsed, here.locale))


def toast_of(form: str) -> None:
    """Say what the request before this one did; what was put away can be brought back."""
    if request.args.get("accepted"):
        g.toast = Toast(_("The record was made."))
    discarded = request.args.get("discarded", type=UUID)
    if discarded is not None:
        g.toast = Toast(_("Discarded."), url_for("web_forms.bring_back", name=form, key=discarded))
