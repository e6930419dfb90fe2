"""Brings new texts of the pages into the translation files, empty, and removes those no page says: `make texts`.

English is the source. A translation file is sorted and holds no places or dates, so that its changes are easy to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

PLATFORM = Path(__file__).parents[1] / "platform"
TRANSLATIONS = PLATFORM / "web" / "translations"
LANGUAGES = ("zh_CN", "zh_TW")
KEYWORDS = {
    "_": None,
    "N_": None,
    "Translated": None,
    "required": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
HEAD = '# Texts of the pages; English is the source. `make texts` brings in new ones.\nmsgid ""\nmsgstr ""\n'

Message = tuple[str | tuple[str, ...], str | None]


def sources() -> Iterator[Message]:
    """Yield every English text of the pages, a plural as (singular, plural), with its context."""
    with (TRANSLATIONS / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    for _, _, message, _, context in extract_from_dir(str(PLATFORM), methods, options, keywords=KEYWORDS):
        yield message, context


def file_of(language: str) -> Path:
    """Return the translation file of a language."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Return the translations of a language as they are; none yet is an empty catalog."""
    file = file_of(language)
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def update(language: str) -> int:
    """Write the file of a language anew; return how many texts are not translated yet."""
    old, new = read(language), Catalog(locale=language, fuzzy=False)
    for text, context in sources():
        known = old.get(text, context)
        new.add(text, known.string if known else None, context=context)
    file = file_of(language)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(f'{HEAD}"Language: {language}\\n"\n"Plural-Forms: {new.plural_forms}\\n"\n'.encode())
        stream.write(b'"Content-Type: text/plain; charset=utf-8\\n"\n\n')
        write_po(stream, new, sort_output=True, omit_header=True, width=120)
    return sum(1 for message in new if message.id and not any(message.string or ()))


if __name__ == "__main__":
    for code in LANGUAGES:
        print(f"{code}: {update(code)} texts to translate")
