"""Every code of an expression is described, and its description is true."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from formline import expressions
from formline.expressions import codes as described
from formline.expressions.compiler import compile_expression
from formline.expressions.environment import Env
from formline.expressions.problems import ExpressionError
from formline.expressions.scope import Member
from formline.expressions.types import DATE, MONEY, NUMBER, TEXT, Kind, Type, ref, refs
from formline.metadata import codes
from tests.expressions.rows import Rows
from tests.expressions.tables import WorldContext

DOCS = [doc for doc in codes.CODES.values() if doc.group == "expressions"]
PAGE = Path(__file__).parents[2] / "docs" / "errors" / "expressions.md"
FIELDS: dict[str, dict[str, Type]] = {
    "deal": {"id": ref("deal"), "amount": NUMBER, "price": MONEY, "name": TEXT, "close_date": DATE,
             "stage": Type(Kind.CHOICE, choices=frozenset({"open", "won"})), "customer": ref("customer"),
             "lines": refs("line")},
    "customer": {"id": ref("customer"), "level": TEXT},
    "line": {"id": ref("line"), "amount": NUMBER, "product": ref("product")},
    "user": {"id": ref("user"), "name": TEXT},
}  # fmt: skip


class Deals:
    """The names the examples use."""

    input: Mapping[str, Type] = {}

    def field(self, object: str, name: str) -> Member | None:
        """Return the member."""
        type_ = FIELDS.get(object, {}).get(name)
        return Member(name, type_, type_.objects, ("line", "deal") if name == "lines" else None) if type_ else None

    def names(self, object: str) -> Iterable[str]:
        """Return all names."""
        return FIELDS[object]

    def setting(self, name: str) -> tuple[Type, Any] | None:
        """Return the only setting."""
        return (NUMBER, Decimal(1000)) if name == "large_deal" else None

    def natural_key(self, object: str) -> str | None:
        """Return nothing: records have no keys here."""
        return None


def found(text: str, code: str) -> set[str]:
    """Return the codes that compiling, and using in every target, gives."""
    source = yaml.safe_load(text) if text.startswith("{") else text
    try:
        compiled = compile_expression(source, Deals(), object="deal", stored=code == "EXPR-VOLATILE")
        if not compiled.reads or all(len(read.path) == 1 and read.rows is None for read in compiled.reads):
            record = {"amount": Decimal(5), "name": "a" * 100, "price": Decimal(5), "price.currency": "EUR"}
            compiled.python(Env(record, convert=Rows._convert))
        if code == "EXPR-BROWSER":
            compiled.javascript()
        if code == "EXPR-SQL":
            compiled.sql(WorldContext("sqlite", ZoneInfo("UTC"), {}))
    except ExpressionError as error:
        return {problem.code for problem in error.problems}
    return set()


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.code)
def test_the_wrong_example_has_the_mistake(doc: codes.CodeDoc) -> None:
    assert found(doc.wrong, doc.code) == {doc.code}


@pytest.mark.parametrize("doc", [doc for doc in DOCS if doc.code != "EXPR-SQL"], ids=lambda doc: doc.code)
def test_the_right_example_has_not(doc: codes.CodeDoc) -> None:
    assert found(doc.right, doc.code) == set()


def test_every_code_is_described() -> None:
    folder = Path(expressions.__file__).parent
    sources = [path for path in folder.rglob("*.py") if path.name != Path(described.__file__).name]
    used = {code for path in sources for code in re.findall(r'"(EXPR-[A-Z-]+)"', path.read_text(encoding="utf-8"))}
    assert used == {doc.code for doc in DOCS}


def test_the_page_is_what_the_registry_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == codes.page("expressions", "Errors in expressions")
