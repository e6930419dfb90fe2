"""The whole check of definition files: load, schema, layers, rules. What ``formline check`` and a site call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePath

from formline.errors import Position, Problem
from formline.metadata import capabilities, packages, rules, schemas, secrets, translations
from formline.metadata.cache import ParseCache
from formline.metadata.layers import Definition, Key, Layer, Merged, merge
from formline.metadata.loader import Document, Loaded, folder_files, load_content, load_text


def check_text(text: str, file: str) -> Loaded:
    """Return the documents of one text, without what is wrong with them, and everything that is."""
    loaded = sound(load_text(text, file))
    return Loaded(loaded.documents, ordered(loaded.problems))


def sound(loaded: Loaded) -> Loaded:
    """Add what schemas and rules find, and leave out the parts of the documents that their schemas refuse.

    A problem where reading found one already is not repeated: it would go away with that. What extends another
    definition meets the rules once both are merged.
    """
    documents: list[Document] = []
    problems = list(loaded.problems)
    known = {problem.position for problem in problems}
    for document in loaded.documents:
        found = schemas.validate(document)
        problems += (problem for problem in found if problem.position not in known)
        problems += secrets.problems(document.data, document.positions)
        usable = schemas.sound_part(document) if found else document
        if usable is not None:
            documents.append(usable)
            if usable.extends is None:
                problems += rules.check(usable.kind, usable.data, usable.positions)
    return Loaded(tuple(documents), tuple(problems))


def load_layer(name: str, folder: Path, cache: ParseCache | None = None) -> tuple[Layer, list[Problem]]:
    """Return the layer in ``folder``, its documents without what is wrong with them, and that."""
    return load_contents(name, ((shown, path.read_bytes()) for shown, path in folder_files(folder)), cache)


def load_contents(
    name: str, contents: Iterable[tuple[str, bytes]], cache: ParseCache | None = None
) -> tuple[Layer, list[Problem]]:
    """Return a layer of files that are not on disk: pairs of the name shown in problems and the content."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for shown, content in contents:
        kept: Collection[Document] | None = cache.get(content, shown) if cache is not None else None
        if kept is None:
            loaded = sound(load_content(content, shown))
            kept = loaded.documents
            problems += loaded.problems
            if cache is not None and not loaded.problems:
                cache.put(content, shown, kept)
        documents += kept
    return Layer(name, tuple(documents)), problems


def check_layers(layers: Sequence[tuple[str, Path]], cache: ParseCache | None = None) -> Merged:
    """Load and merge layers, the lowest first; the problems are those of files, layers and merged definitions."""
    loaded = [load_layer(name, Path(folder), cache) for name, folder in layers]
    problems = [problem for _, found in loaded for problem in found]
    merged = check_merged(merge(layer for layer, _ in loaded), problems)
    return Merged(merged.definitions, ordered([*problems, *merged.problems]), merged.extensions)


def check_merged(merged: Merged, known: Iterable[Problem] = ()) -> Merged:
    """Add what is wrong with definitions of several layers, by schema and rules, with translations and packages.

    A key that is missing because :func:`sound` left its wrong value out is not reported: ``known`` says what is wrong.

    The documents must have passed :func:`sound`. A definition whose schema does not hold is left out: what reads
    definitions may rely on their form.
    """
    problems, known = list(merged.problems), tuple(known)
    wrong = {(problem.position.file, problem.where) for problem in known if problem.position is not None}
    usable: dict[Key, Definition] = {}
    for key, definition in merged.definitions.items():
        stacked = len(definition.origins) > 1 or bool(definition.replaced)
        found = schemas.validate_merged(definition.kind, definition.data, definition.positions) if stacked else []
        problems += (problem for problem in found if not _left_out(problem, wrong))
        if not found:
            usable[key] = definition
            if stacked:
                problems += rules.check(definition.kind, definition.data, definition.positions)
    unread = {PurePath(problem.position.file).stem for problem in known if problem.position is not None}
    problems += translations.check(usable, unread)
    problems += packages.check(usable)
    problems += capabilities.check(usable, merged.extensions)
    return Merged(usable, ordered(problems), merged.extensions)


def _left_out(problem: Problem, wrong: Collection[tuple[str, str]]) -> bool:
    if problem.code != "missing-key" or problem.position is None:
        return False
    key = problem.message.rpartition(" has no ")[2].rstrip(".")
    return (problem.position.file, f"{problem.where}.{key}".lstrip(".")) in wrong


def ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems in the order of files and lines, each once."""
    nowhere = Position("", 0, 0)
    return tuple(sorted(set(problems), key=lambda one: (one.position or nowhere, one.code, one.message)))
