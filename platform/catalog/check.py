"""The check of a whole catalog: every definition is built, every reference and expression examined, nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from formline.catalog.affected import Affected, affected
from formline.catalog.catalog import Catalog
from formline.catalog.checker import Checker
from formline.catalog.checks.not_yet import check_not_yet
from formline.catalog.checks.reveals import check_reveals
from formline.catalog.kinds import kinds
from formline.errors import DefinitionError, Level, Position, Problem
from formline.expressions.problems import ExpressionError
from formline.metadata.names import did_you_mean

_WORD = re.compile(r"[a-z][a-z0-9_]*")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def check(catalog: Catalog, sound: Catalog | None = None) -> list[Problem]:
    """Return every problem of a catalog in the order of files and lines; warnings are among them.

    ``sound`` is a catalog that was checked and has no errors, such as the live release's: then only definitions that
    the difference may concern are examined, and warnings are those of them.
    """
    only = None if sound is None else affected(sound, catalog)
    checkers = list(examine(catalog, only))
    found = [problem for checker in checkers for problem in checker.problems]
    if not _errors(found):  # else they are said where they stand
        found += [problem for checker in checkers for problem in checker.echoes]
    if not _errors(found):
        everywhere = only is None or any(kind == "role" for kind, _ in only.changed)
        found += check_reveals(catalog, None if only is None or everywhere else only.keys)
    return sorted(dict.fromkeys(found), key=_place)


def check_beside(
    catalog: Catalog, known: Sequence[Problem], texts: Iterable[str], sound: Catalog | None = None
) -> list[Problem]:
    """Return the errors of a catalog from which files with mistakes are missing, but none that may follow from those.

    ``known`` are the mistakes, ``texts`` the files as they are. What stands in the same files, or misses something that
    one of them speaks of, waits until they are mended; so do warnings.
    """
    files = {problem.position.file for problem in known if problem.position is not None}
    words = {PurePath(file).stem for file in files}.union(*(_WORD.findall(text) for text in texts))
    try:
        found = check(catalog, sound)
    except (DefinitionError, ExpressionError, KeyError):
        return []  # what is missing keeps the rest from being built
    return [
        problem
        for problem in found
        if problem.level is Level.ERROR
        and (problem.position is None or problem.position.file not in files)
        and words.isdisjoint(_missing(problem))
    ]


def _missing(problem: Problem) -> list[str]:
    """Return the words of an error that may name what is missing: those in quotes, in expressions any."""
    if problem.code.startswith("EXPR"):
        return _WORD.findall(problem.message)
    return _WORD.findall(" ".join(double or single for double, single in _QUOTED.findall(problem.message)))


def examine(catalog: Catalog, only: Affected | None = None) -> Iterator[Checker]:
    """Yield each definition (those affected, where given) with the problems and uses that its kind's check found."""
    registered = kinds()
    for (kind, name), definition in catalog.definitions.items():
        if only is not None and (kind, name) not in only.keys:
            continue
        unchanged = only is not None and (kind, name) not in only.changed
        checker = Checker(catalog, definition, only if unchanged else None)
        if kind not in registered:
            hint = did_you_mean(kind, registered)
            checker.error("unknown-kind", f'There is no kind "{kind}".', ("kind",), hint)
        elif (check_kind := registered[kind].check) is not None:
            try:
                check_kind(checker)
            except (DefinitionError, ExpressionError) as error:
                checker.echo(error)
        check_not_yet(checker)
        yield checker


def _errors(problems: list[Problem]) -> bool:
    return any(problem.level is Level.ERROR for problem in problems)


def _place(problem: Problem) -> tuple[Position, str, str]:
    return problem.position or Position("", 0, 0), problem.code, problem.message
