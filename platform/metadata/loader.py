"""Reads definition files into documents with positions; reports everything wrong with one file by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from formline.errors import Position, Problem
from formline.metadata import names
from formline.metadata.kinds import FOLDERS, KINDS, SUPPORTED
from formline.metadata.parser import Parsed, parse
from formline.metadata.positions import Positions

SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Document:
    """One definition as written: ``data`` is the whole map, ``name`` the extended name where it extends."""

    kind: str
    name: str
    extends: str | None
    data: dict[str, Any]
    positions: Positions
    file: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Documents that could be read, and every problem found on the way."""

    documents: tuple[Document, ...]
    problems: tuple[Problem, ...]


def load_text(text: str, file: str) -> Loaded:
    """Return the documents of one file's text; several, parted by ``---``, are accepted."""
    parsed, problems = parse(text, file)
    documents: list[Document] = []
    for one in parsed:
        document = _document(one, file, problems)
        if document is not None:
            documents.append(document)
    if not parsed and not problems:
        problems.append(
            Problem("empty-file", "The file has no definition.", "write kind: and name:", Position(file, 1, 1))
        )
    return Loaded(tuple(documents), tuple(problems))


def load_files(files: Iterable[tuple[str, Path]]) -> Loaded:
    """Load (shown name, path) pairs."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for shown, path in files:
        loaded = load_content(path.read_bytes(), shown)
        documents += loaded.documents
        problems += loaded.problems
    return Loaded(tuple(documents), tuple(problems))


def load_content(content: bytes, shown: str) -> Loaded:
    """Load one file of a layer: one definition, named after the file, in its kind's folder."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        place = Position(shown, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1)
        message = f"The file is not UTF-8 text: byte {error.start} is 0x{content[error.start]:02X}."
        return Loaded((), (Problem("not-utf8", message, "save it as UTF-8", place),))
    loaded = load_text(text, shown)
    return Loaded(loaded.documents, loaded.problems + tuple(file_problems(loaded.documents, shown)))


def folder_files(folder: Path) -> list[tuple[str, Path]]:
    """Return the definition files of a layer's folder in name order, with names relative to its parent."""
    found = [path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file()]
    return [(str(path.relative_to(folder.parent)), path) for path in sorted(found) if not _hidden(path, folder)]


def load_folder(folder: Path) -> Loaded:
    """Load every definition file below ``folder``."""
    return load_files(folder_files(Path(folder)))


def file_problems(documents: tuple[Document, ...], file: str) -> Iterable[Problem]:
    """Yield what is wrong with a file's place: more than one definition, its name, its folder."""
    path = Path(file)
    if len(documents) > 1:
        yield Problem(
            "several-definitions",
            f"The file has {len(documents)} definitions.",
            "one file is one definition, named after it",
            documents[1].positions.at(),
        )
    for document in documents[:1]:
        folders = [part for part in path.parts[:-1] if part in FOLDERS]
        expected = KINDS[document.kind].folder
        if document.kind == "package":
            continue
        if document.name != _expected_name(document, path):
            yield _misnamed(document, path)
        if folders and folders[-1] != expected:
            yield Problem(
                "wrong-folder",
                f"A {document.kind} in the folder {folders[-1]}/.",
                f"move the file to {expected}/",
                document.positions.at(("kind",)),
            )


def _misnamed(document: Document, path: Path) -> Problem:
    if document.kind == "translations":
        message = f"The file is {path.parent.name}/{path.name}, the texts are those of {document.name}."
        place = document.positions.at(("language",))
        return Problem(
            "file-name",
            message,
            f"move it to translations/{document.name}{path.suffix}, or mend language and of",
            place,
        )
    message = f'The file is named {path.name}, the definition "{document.name}".'
    place = document.positions.at(("name",) if "name" in document.data else ("extends",))
    return Problem("file-name", message, f"rename the file to {document.name}{path.suffix}, or the definition", place)


def _expected_name(document: Document, path: Path) -> str:
    return f"{path.parent.name}/{path.stem}" if document.kind == "translations" else path.stem


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.relative_to(folder).parts)


def _document(parsed: Parsed, file: str, problems: list[Problem]) -> Document | None:
    """Return the document, or None where it has no usable kind and name (and say why)."""
    positions = Positions(file, parsed.marks)
    data = parsed.data
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is not a map"
        problems.append(Problem("not-a-map", f"The definition {what}.", "start with kind: and name:", positions.at()))
        return None
    kind = _kind(data, positions, problems)
    name = _name(data, kind, positions, problems)
    if not kind or not name:
        return None
    extends = data.get("extends")
    return Document(kind, name, extends if isinstance(extends, str) else None, data, positions, file)


def _kind(data: dict[str, Any], positions: Positions, problems: list[Problem]) -> str:
    kind = data.get("kind")
    if not isinstance(kind, str):
        hint = f"one of: {', '.join(SUPPORTED)}"
        problems.append(Problem("kind-missing", "The definition does not say its kind.", hint, positions.at(("kind",))))
        return ""
    if kind in SUPPORTED:
        return kind
    if kind in KINDS:
        message = f"Kind {kind} is not supported by this version."
        problems.append(Problem("unsupported-kind", message, "leave the file out for now", positions.at(("kind",))))
        return ""
    hint = names.did_you_mean(kind, SUPPORTED) or f"one of: {', '.join(SUPPORTED)}"
    problems.append(Problem("unknown-kind", f'There is no kind "{kind}".', hint, positions.at(("kind",))))
    return ""


def _name(data: dict[str, Any], kind: str, positions: Positions, problems: list[Problem]) -> str:
    if kind == "translations":
        return f"{data.get('language')}/{data.get('of')}"
    name, extends = data.get("name"), data.get("extends")
    if isinstance(extends, str) and name is not None and name != extends:
        problems.append(
            Problem(
                "extends-name",
                f'An extension of "{extends}" has no other name.',
                "leave name out, or drop extends to define something new",
                positions.at(("name",)),
            )
        )
    found = extends if isinstance(extends, str) else name
    if isinstance(found, str):
        return found
    if kind:
        problems.append(
            Problem("name-missing", f"The {kind} has no name.", "write name: as the file is named", positions.at())
        )
    return ""
