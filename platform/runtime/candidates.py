"""Definitions on disk as a candidate for the next release: shipped < packages < the site's own files.

Files found sound are kept in a cache by content and code version; it may be deleted at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sqlalchemy import select

from formline.catalog.catalog import Catalog
from formline.catalog.check import check, check_beside
from formline.errors import Level, Position, Problem
from formline.metadata.cache import ParseCache
from formline.metadata.checks import check_merged, check_text, load_contents, load_layer
from formline.metadata.layers import Layer, merge
from formline.metadata.loader import Document, folder_files
from formline.runtime import tables
from formline.runtime.collecting import collecting_rarely
from formline.runtime.releases import code_version, live_number
from formline.runtime.site import Site
from formline.settings import Settings

SHIPPED_LAYER, SITE_LAYER = "shipped", "site"


@dataclass(frozen=True)
class Candidate:
    """A catalog that may become a release.

    ``site_layer``: path -> text; ``problems``: those of loading, merging and checking.
    """

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
    """Return path -> text of a folder's definition files; paths relative to it, in name order.

    Bytes that are no text are kept as surrogates: :func:`candidate` reports the file, and never an error alone.
    """
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode("utf-8-sig", "surrogateescape")
        for _, path in folder_files(folder)
    }


@collecting_rarely()
def candidate(settings: Settings, site_layer: Mapping[str, str], sound: Catalog | None = None) -> Candidate:
    """Return the candidate made of the shipped definitions, the packages of the settings and the site's files.

    ``sound``: a catalog this code has checked (:func:`sound_catalog`); then only what differs from it is checked.
    """
    cache = ParseCache(settings.data_dir / "cache" / "definitions")
    layers: list[Layer] = []
    problems: list[Problem] = []
    for number, (name, folder) in enumerate(folders(settings)):
        layer, found = load_layer(name, folder, cache)
        layers.append(layer)
        problems += found
        if number:
            problems += _manifest(layer, folder)
    contents = ((f"{SITE_LAYER}/{path}", text.encode("utf-8", "surrogateescape")) for path, text in site_layer.items())
    own, found = load_contents(SITE_LAYER, contents, cache)
    layers.append(own)
    problems += found

    def read(file: str) -> str:
        """Return the text of a file by the name shown in problems."""
        layer, _, path = file.partition("/")
        if layer == SITE_LAYER and path in site_layer:
            return site_layer[path]
        found = (folder.parent / file for _, folder in folders(settings))
        return next((one.read_text("utf-8", "replace") for one in found if one.is_file()), "")

    return _merged(settings, layers, site_layer, problems, read, sound)


def sound_catalog(site: Site) -> Catalog | None:
    """Return the live release's catalog if this version of the code checked it, else None."""
    with site.reading(patient=True) as connection:
        number = live_number(connection)
        if number is None:
            return None
        columns = tables.release.c
        checked_by = connection.execute(select(columns.code_version).where(columns.number == number)).scalar_one()
        return site.load(connection, number).catalog if checked_by == code_version() else None


def folders(settings: Settings) -> list[tuple[str, Path]]:
    """Return (layer name, folder) of everything below the site's own layer, the lowest first."""
    return [(SHIPPED_LAYER, shipped_folder(settings)), *((Path(one).name, Path(one)) for one in settings.packages)]


def candidate_of_texts(settings: Settings, texts: Mapping[str, str] | Iterable[str]) -> Candidate:
    """Return a candidate of nothing but the given texts (for tests and tools); a text may hold several definitions."""
    named = texts if isinstance(texts, Mapping) else {f"{n}.yaml": text for n, text in enumerate(texts)}
    problems: list[Problem] = []
    documents: list[Document] = []
    for name, text in named.items():
        loaded = check_text(text, name)
        documents += loaded.documents
        problems += loaded.problems
    return _merged(settings, [Layer(SITE_LAYER, tuple(documents))], {}, problems, lambda file: named.get(file, ""))


def _manifest(layer: Layer, folder: Path) -> Iterable[Problem]:
    """Yield what is wrong with a package as a layer: nothing says what it may do, or it has another layer's name."""
    place = Position(f"{layer.name}/package.yaml", 1, 1)
    if layer.name in (SHIPPED_LAYER, SITE_LAYER):
        message = f"A package cannot be in a folder called {layer.name}: that is another layer."
        yield Problem("package-manifest", message, "rename the folder after the package", place)
    if not any(document.kind == "package" for document in layer.documents):
        message = f"{folder} has no package.yaml, so nothing says what this package may do."
        hint = f"write one in it with kind: package, name: {layer.name} and version: 1.0.0"
        yield Problem("package-manifest", message, hint, place)


def _merged(
    settings: Settings,
    layers: list[Layer],
    site_layer: Mapping[str, str],
    problems: list[Problem],
    read: Callable[[str], str],
    sound: Catalog | None = None,
) -> Candidate:
    merged = check_merged(merge(layers), problems)
    problems += merged.problems
    catalog = Catalog.build(merged, settings.base_language)
    unread = [problem for problem in problems if problem.level is Level.ERROR]
    if unread:
        files = {problem.position.file for problem in unread if problem.position is not None}
        problems += check_beside(catalog, unread, map(read, sorted(files)), sound)
    else:
        problems += check(catalog, sound)
    return Candidate(catalog, dict(site_layer), tuple(dict.fromkeys(problems)))
