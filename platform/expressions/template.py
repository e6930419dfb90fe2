"""A piece of SQL text with holes for arguments, as one SQLAlchemy element; which text is said elsewhere."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

_PLAIN = re.compile(r'[\w."%():\[\]]+')
#: A longer argument that a template repeats is calculated once, in a subquery.
_REPEATABLE = 60


class Template(FunctionElement[Any]):
    """``text`` with ``{0}``, ``{1}``, ... (or ``{all}``) replaced by the arguments, in brackets where needed.

    An argument the text repeats is calculated once: otherwise nested templates would double at each level.
    ``aggregate``: the text aggregates rows, so its arguments must stay where they are.
    """

    inherit_cache = True
    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's own form
        *FunctionElement._traverse_internals,
        ("text", InternalTraversal.dp_string),
        ("type", InternalTraversal.dp_type),
        ("aggregate", InternalTraversal.dp_boolean),
    ]

    def __init__(
        self, text: str, type_: TypeEngine[Any], *arguments: ColumnElement[Any], aggregate: bool = False
    ) -> None:
        """Keep the text; ``type_`` is what the element gives."""
        self.text = text
        self.aggregate = aggregate
        self.type = type_
        super().__init__(*arguments)


@compiles(Template)
def _render(element: Template, compiler: SQLCompiler, **options: Any) -> str:
    options.pop("add_to_result_map", None)
    texts = [_bracketed(compiler.process(each, **options)) for each in element.clauses]
    repeated = [index for index, text in enumerate(texts) if _repeats(element.text, index) and len(text) > _REPEATABLE]
    if element.aggregate or not repeated:
        return element.text.format(*texts, all=", ".join(texts))
    # OFFSET 0 keeps PostgreSQL from putting the calculation back into every place.
    inner = ", ".join(f"{texts[index]} AS a{index}" for index in repeated)
    outer = [f"o.a{index}" if index in repeated else text for index, text in enumerate(texts)]
    return f"(SELECT {element.text.format(*outer)} FROM (SELECT {inner} OFFSET 0) AS o)"  # noqa: S608 - texts of this package, compiled parts


def _repeats(text: str, index: int) -> bool:
    return text.count(f"{{{index}}}") > 1


def _bracketed(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else f"({text})"
