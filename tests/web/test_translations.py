"""Every text of the pages is translated, and a translation has the same places to fill as its source."""

from __future__ import annotations

import re
from functools import cache

import pytest

from frontend import texts

PLACE = re.compile(r"%\(\w+\)\w|\{\w*\}")


def first(message: str | tuple[str, ...]) -> str:
    """Return the text itself, of two forms the singular."""
    return message if isinstance(message, str) else message[0]


@cache
def sources() -> frozenset[str]:
    """Return every English text of the pages."""
    return frozenset(first(message) for message, _ in texts.sources())


def translations(language: str) -> dict[str, tuple[str, ...]]:
    """Return the translations by source; a plural has several forms."""
    return {
        first(message.id): (message.string,) if isinstance(message.string, str) else tuple(message.string)
        for message in texts.read(language)
        if message.id and not message.fuzzy
    }


def test_the_pages_have_texts() -> None:
    assert {"Sign in", "Undo"} <= sources()


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_untranslated(language: str) -> None:
    done = {source for source, forms in translations(language).items() if all(forms)}
    assert sorted(sources() - done) == [], "run `make texts` and fill in what is empty"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_nothing_is_translated_that_no_page_says(language: str) -> None:
    assert sorted(translations(language).keys() - sources()) == [], "run `make texts`"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_translations_have_the_places_of_their_source(language: str) -> None:
    wrong = [
        source
        for source, forms in translations(language).items()
        if any(set(PLACE.findall(form)) != set(PLACE.findall(source)) for form in forms if form)
    ]
    assert wrong == []
