"""Definitions on disk as a candidate for the next release: shipped < packages < the site's own files.

Files found sound are kept in a cache by content and code version; it may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from formline.catalog.catalog import Catalog
from formline.catalog.check import check
from formline.errors import Level, Problem
from formline.metadata import schemas
from formline.metadata.cache import ParseCache
from formline.metadata.checks import check_merged, load_layer
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import SUFFIXES, Document, Loaded, file_problems, load_text
from formline.settings import Settings

SITE_LAYER = "site"


@dataclass(frozen=True)
class Candidate:
    """A catalog that may become a release. ``site_layer``: path -> text; ``problems`` of loading, merging and checking."""

    catalog: Catalog
    site_layer: Mapping[str, str]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop an apply."""
        return tuple(problem for problem in self.problems if problem.level is Level.ERROR)


def shipped_folder(settings: Settings) -> Path:
    """Return where the shipped definitions are."""
    return settings.definitions_dir or Path(str(files("formline.shipped_definitions")))


def read_folder(folder: Path) -> dict[str, str]:
    """Return path -> text of a folder's definition files; paths relative to it, in name order."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix in SUFFIXES and path.is_file()]
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8-sig")
        for path in found
        if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)
    }


def candidate(settings: Settings, site_layer: Mapping[str, str]) -> Candidate:
    """Return the candidate made of the shipped definitions, the packages of the settings and the site's files."""
    cache = ParseCache(settings.data_dir / "cache" / "definitions")
    layers: list[Layer] = []
    problems: list[Problem] = []
    for name, folder in folders(settings):
        layer, found = load_layer(name, folder, cache)
        layers.append(layer)
        problems += found
    layers.append(_site_layer(site_layer, cache, problems))
    return _merged(settings, layers, site_layer, problems)


def folders(settings: Settings) -> list[tuple[str, Path]]:
    """Return (layer name, folder) of everything below the site's own layer, the lowest first."""
    return [("shipped", shipped_folder(settings)), *((Path(one).name, Path(one)) for one in settings.packages)]


def candidate_of_texts(settings: Settings, texts: Mapping[str, str] | Iterable[str]) -> Candidate:
    """Return a candidate of nothing but the given texts (for tests and tools); a text may hold several definitions."""
    named = texts if isinstance(texts, Mapping) else {f"{n}.yaml": text for n, text in enumerate(texts)}
    problems: list[Problem] = []
    documents: list[Document] = []
    for name, text in named.items():
        documents += _sound(load_text(text, name), problems)
    return _merged(settings, [Layer(SITE_LAYER, tuple(documents))], {}, problems)


def _site_layer(texts: Mapping[str, str], cache: ParseCache, problems: list[Problem]) -> Layer:
    documents: list[Document] = []
    for path, text in texts.items():
        content = text.encode()
        shown = f"{SITE_LAYER}/{path}"
        kept = cache.get(content, shown)
        if kept is None:
            found: list[Problem] = []
            loaded = load_text(text, shown)
            found += file_problems(loaded.documents, shown)
            kept = _sound(loaded, found)
            problems += found
            if not found:
                cache.put(content, shown, kept)
        documents += kept
    return Layer(SITE_LAYER, tuple(documents))


def _sound(loaded: Loaded, problems: list[Problem]) -> list[Document]:
    """Return the documents whose schema holds; note what is wrong with the others."""
    problems += loaded.problems
    sound = []
    for document in loaded.documents:
        found = schemas.validate(document)
        problems += found
        if not any(problem.level is Level.ERROR for problem in found):
            sound.append(document)
    return sound


def _merged(
    settings: Settings, layers: list[Layer], site_layer: Mapping[str, str], problems: list[Problem]
) -> Candidate:
    merged = check_merged(merge(layers))
    problems += merged.problems
    catalog = Catalog.build(merged, settings.base_language)
    if not any(problem.level is Level.ERROR for problem in problems):
        problems += check(catalog)
    return Candidate(catalog, dict(site_layer), tuple(dict.fromkeys(problems)))
