"""Definitions on disk as a candidate for the next release: shipped < packages < the site's own files.

Parsed files are kept in a cache keyed by content and code version; it may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from formline.catalog.catalog import Catalog
from formline.catalog.check import check
from formline.errors import Level, Problem
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import SUFFIXES, file_problems, folder_files, load_text
from formline.runtime.definition_cache import DefinitionCache
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


def candidate(settings: Settings, site_layer: Mapping[str, str], *, checked: bool = True) -> Candidate:
    """Return the candidate made of the shipped definitions, the packages of the settings and the site's files."""
    cache = DefinitionCache(settings.data_dir / "cache")
    layers: list[Layer] = []
    problems: list[Problem] = []
    for folder in (shipped_folder(settings), *map(Path, settings.packages)):
        texts = {shown: path.read_text(encoding="utf-8-sig") for shown, path in folder_files(folder)}
        layers.append(_layer(cache, folder.name, texts, problems))
    layers.append(_layer(cache, SITE_LAYER, site_layer, problems))
    cache.save()
    return _merged(settings, layers, site_layer, problems, checked=checked)


def candidate_of_texts(settings: Settings, texts: Mapping[str, str] | Iterable[str]) -> Candidate:
    """Return a candidate of nothing but the given texts (for tests and tools); a text may hold several definitions."""
    named = texts if isinstance(texts, Mapping) else {f"{n}.yaml": text for n, text in enumerate(texts)}
    problems: list[Problem] = []
    documents = []
    for name, text in named.items():
        loaded = load_text(text, name)
        documents += loaded.documents
        problems += loaded.problems
    return _merged(settings, [Layer(SITE_LAYER, tuple(documents))], {}, problems, checked=True)


def _layer(cache: DefinitionCache, name: str, texts: Mapping[str, str], problems: list[Problem]) -> Layer:
    documents = []
    for shown, text in texts.items():
        loaded = cache.load(text, shown)
        documents += loaded.documents
        problems += loaded.problems
        problems += file_problems(loaded.documents, shown)
    return Layer(name, tuple(documents))


def _merged(
    settings: Settings, layers: list[Layer], site_layer: Mapping[str, str], problems: list[Problem], *, checked: bool
) -> Candidate:
    merged = merge(layers)
    problems += merged.problems
    catalog = Catalog.build(merged, settings.base_language)
    if checked and not any(problem.level is Level.ERROR for problem in problems):
        problems += check(catalog)
    return Candidate(catalog, dict(site_layer), tuple(problems))
