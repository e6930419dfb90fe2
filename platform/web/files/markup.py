"""Files as markup: sizes in words, addresses, the items of a form's control; the macros are in templates/files."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from markupsafe import Markup

from formline.fields.base import ValueProblem
from formline.fields.files import Attachment
from formline.web.i18n import gettext as _

_UNITS = ("B", "KB", "MB", "GB")
_ITEM = Markup(
    '<li class="file-item"><input type="hidden" name="{name}" value="{value}">{picture}'
    '<a class="file-name" href="{address}">{shown}</a> <span class="muted small">{size}</span>'
    '<button type="button" class="btn btn-icon btn-sm btn-ghost-secondary" data-remove-file aria-label="{remove}">'
    '<span aria-hidden="true">×</span></button></li>'
)
_PICTURE = Markup('<img class="file-thumb" src="{}" alt="" loading="lazy">')


def size_text(size: int) -> str:
    """Return a size in bytes as people read it.

    >>> size_text(900), size_text(150_000), size_text(3_400_000)
    ('900 B', '146 KB', '3.2 MB')
    """
    number, unit = float(size), 0
    while number >= 1024 and unit < len(_UNITS) - 1:
        number, unit = number / 1024, unit + 1
    written = f"{number:.1f}" if unit > 1 and number < 10 else f"{number:.0f}"
    return f"{written} {_UNITS[unit]}"


def address(key: UUID, kind: str = "") -> str:
    """Return the address of a file, of the picture in it (``picture``) or its small version (``thumbnail``)."""
    return f"/files/{key}/{kind}" if kind else f"/files/{key}"


def items(name: str, values: Iterable[str]) -> str:
    """Return the files that a form's control holds, each with the hidden input that sends it."""
    return "".join(item(name, value) for value in values)


def item(name: str, value: str) -> str:
    """Return one of them; a text that names no file is dropped."""
    try:
        one = Attachment.of(value)
    except ValueProblem:
        return ""
    return str(
        _ITEM.format(
            name=name,
            value=value,
            picture=_PICTURE.format(address(one.id, "thumbnail")) if one.is_image else "",
            address=address(one.id),
            shown=one.name or str(one.id),
            size=size_text(one.size) if one.media_type else "",
            remove=_("Remove %(name)s") % {"name": one.name},
        )
    )
