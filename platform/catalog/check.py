"""The check of a whole catalog: every definition is built, every reference and expression examined, nothing is run."""

from __future__ import annotations

from collections.abc import Iterator

from formline.catalog.catalog import Catalog
from formline.catalog.checker import Checker
from formline.catalog.checks.reveals import check_reveals
from formline.catalog.kinds import kinds
from formline.errors import DefinitionError, Level, Position, Problem
from formline.metadata.names import did_you_mean


def check(catalog: Catalog) -> list[Problem]:
    """Return every problem of a catalog in the order of files and lines; warnings are among them."""
    found = [problem for checker in examine(catalog) for problem in checker.problems]
    if not any(problem.level is Level.ERROR for problem in found):
        found += check_reveals(catalog)
    return sorted(dict.fromkeys(found), key=_place)


def examine(catalog: Catalog) -> Iterator[Checker]:
    """Yield each definition with the problems and uses that its kind's check found."""
    registered = kinds()
    for (kind, _), definition in catalog.definitions.items():
        checker = Checker(catalog, definition)
        if kind not in registered:
            hint = did_you_mean(kind, registered)
            checker.error("unknown-kind", f'There is no kind "{kind}".', ("kind",), hint)
        elif (check_kind := registered[kind].check) is not None:
            try:
                check_kind(checker)
            except DefinitionError as error:
                checker.broken(error, ())
        yield checker


def _place(problem: Problem) -> tuple[Position, str, str]:
    return problem.position or Position("", 0, 0), problem.code, problem.message
