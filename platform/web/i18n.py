"""Languages of the user interface: choosing one for a visitor, and the texts of the pages.

Labels of definitions come from the catalog, numbers and dates from ``formats``. English is the source: a missing text
shows in English. Catalogs are the ``.po`` files in ``translations/``, read once per process and language, so that there
is no compiled copy to forget.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask, g, has_request_context, request
from markupsafe import Markup

LANGUAGES: Mapping[str, str] = {"en": "English", "zh_CN": "简体中文", "zh_TW": "繁體中文"}
DEFAULT = "en"
COOKIE = "language"
TRANSLATIONS = Path(__file__).parent / "translations"
_spoken: ContextVar[str] = ContextVar("spoken", default=DEFAULT)
#: Browser languages written another way; everything else Chinese is simplified.
TRADITIONAL = frozenset({"zh-tw", "zh-hk", "zh-mo", "zh-hant"})


@dataclass(frozen=True)
class Texts:
    """The texts of one language: ``{(context or "", English): translation or (singular, plural)}``."""

    language: str
    texts: Mapping[tuple[str, str], str | tuple[str, ...]]

    def gettext(self, english: str) -> str:
        """Return the translation, or the English text."""
        found = self.texts.get(("", english))
        return found if isinstance(found, str) else english

    def pgettext(self, context: str, english: str) -> str:
        """Return the translation of a word that means something else in another place."""
        found = self.texts.get((context, english))
        return found if isinstance(found, str) else english

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the form for ``count``: English has two, Chinese has one."""
        found = self.texts.get(("", one))
        if isinstance(found, tuple):
            return found[0] if len(found) == 1 or count == 1 else found[1]
        return one if count == 1 else many


def N_(text: str) -> str:
    """Mark a text for the translation files that is said elsewhere."""
    return text


@cache
def texts(language: str) -> Texts:
    """Return the texts of a language; English has none of its own."""
    file = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return Texts(language, {})
    from babel.messages.pofile import read_po

    with file.open("rb") as stream:
        catalog = read_po(stream, locale=language)
    found: dict[tuple[str, str], str | tuple[str, ...]] = {}
    for message in catalog:
        source = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if source and forms and all(forms):
            found[message.context or "", source] = forms[0] if isinstance(message.id, str) else forms
    return Texts(language, found)


def negotiate(accepted: list[str], default: str = DEFAULT) -> str:
    """Return the first of a browser's languages that there are texts for.

    >>> negotiate(["fr", "zh-HK", "en"])
    'zh_TW'
    """
    for code in accepted:
        name = code.lower()
        if name in TRADITIONAL or name.startswith("zh-hant"):
            return "zh_TW"
        if name.startswith("zh"):
            return "zh_CN"
        if name.startswith("en"):
            return "en"
    return default


def language() -> str:
    """Return the language of this request: the profile's, else the cookie's, else the browser's."""
    if not has_request_context():
        return _spoken.get()
    chosen: str | None = g.get("language")
    if chosen is None:
        cookie = request.cookies.get(COOKIE, "")
        chosen = cookie if cookie in LANGUAGES else negotiate(list(request.accept_languages.values()))
        g.language = chosen
    return chosen


@contextmanager
def speaking(code: str | None) -> Iterator[None]:
    """Speak a language outside of requests, such as a mail's reader's; the default where we have no such language."""
    before = _spoken.set(code if code is not None and code in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _spoken.reset(before)


def use_language(code: str | None) -> None:
    """Make this request speak the profile's language, where the profile names one we have."""
    if code in LANGUAGES:
        g.language = code


def gettext(english: str) -> str:
    """Translate for this request."""
    return texts(language()).gettext(english)


def ngettext(one: str, many: str, count: int) -> str:
    """Translate for this request, by number."""
    return texts(language()).ngettext(one, many, count)


def pgettext(context: str, english: str) -> str:
    """Translate for this request a word that needs its context."""
    return texts(language()).pgettext(context, english)


def tag(code: str) -> str:
    """Return the BCP 47 tag for ``lang=``: zh_CN is zh-CN."""
    return code.replace("_", "-")


def marked(english: str, /, **values: object) -> Markup:
    """Translate for a page; what is filled in is escaped."""
    text = _marked(language(), english)
    return text % values if values else text


@cache
def _marked(code: str, english: str) -> Markup:
    return Markup(texts(code).gettext(english))  # noqa: S704 - texts of ours, not of people


def marked_by_number(one: str, many: str, number: int, /, **values: object) -> Markup:
    """Translate for a page, by number; ``%(num)s`` is the number."""
    return Markup(ngettext(one, many, number)) % {"num": number, **values}  # noqa: S704 - texts of ours


def install(app: Flask) -> None:
    """Give the templates ``_`` and ``ngettext``, in the language of the request."""
    app.jinja_env.globals.update(_=marked, ngettext=marked_by_number)
