"""Where a list of actions stands: which record it is about, which names its expressions may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from formline.expressions.compiler import ROOTS
from formline.expressions.types import BOOLEAN, Type
from formline.fields.field import Field

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object
    from formline.expressions.expression import Expression

Source = str | Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """The names of a list of actions about records of ``object``.

    ``variables``: types of loop variables by name; ``inputs``: what a button asks for. ``before``: the list runs
    before the save, so it changes the record at hand only, and ``old`` is known. ``submitter``: there is one.
    ``alive``: the record still exists.
    """

    catalog: Catalog
    object: Object
    variables: Mapping[str, Type] = field(default_factory=dict)
    inputs: Mapping[str, Field] = field(default_factory=dict)
    before: bool = False
    submitter: bool = False
    alive: bool = True

    @property
    def roots(self) -> frozenset[str]:
        """Words that expressions may start with, besides fields and variables."""
        found = ROOTS if self.before else ROOTS - {"old"}
        return found | ({"submitter"} if self.submitter else set()) | ({"input"} if self.inputs else set())

    @property
    def names(self) -> dict[str, Any]:
        """What compiling an expression here takes."""
        asked = {name: one.value_type for name, one in self.inputs.items()}
        return {"roots": self.roots, "variables": self.variables, "inputs": asked}

    def compile(self, source: Source, *, expects: Type | None = None, where_of: str | None = None) -> Expression:
        """Compile an expression or a find; raises ExpressionError."""
        return self.catalog.compiler.compile(
            source, object=self.object.name, expects=expects, where_of=where_of, **self.names
        )

    def condition(self, source: Any) -> Expression | None:
        """Compile a condition; None where there is none."""
        return None if source is None else self.compile(str(source), expects=BOOLEAN)

    def inside(self, name: str, type_: Type) -> Place:
        """Return the place inside a loop whose items are called ``name``."""
        return replace(self, variables={**self.variables, name: type_})
