"""The two entry points: text to :class:`Expression`, structured find to :class:`Find`; the steps are in other modules."""

from __future__ import annotations

from collections.abc import Mapping

from formline.expressions.expression import Expression
from formline.expressions.scope import Scope
from formline.expressions.types import Type

ROOTS = frozenset({"this", "old", "user"})


def compile_expression(
    source: str,
    scope: Scope,
    *,
    object: str,
    roots: frozenset[str] = ROOTS,
    expects: Type | None = None,
    stored: bool = False,
    money: str = "base",
    where_of: str | None = None,
    variables: Mapping[str, Type] | None = None,
) -> Expression:
    """Parse and check ``source`` as an expression over a record of ``object``.

    ``roots``: the words besides fields it may start with, of ``this old user submitter candidate input item setting``.
    ``variables``: further names and their types (a loop's ``as: stop``, ``index``, what ``item`` is).
    ``where_of``: bare names are this object's fields and ``this`` is the record of ``object``.
    ``expects``: the type the value must fit; a condition takes anything that can be present or absent.
    ``stored``: refuse today, now and user. ``money``: ``base`` (amounts in the record's company currency) or ``own``.
    Raises ExpressionError with every problem found.
    """
    raise NotImplementedError
