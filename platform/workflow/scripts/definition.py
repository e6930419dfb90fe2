"""The kind ``script``: how it is built and checked; its source is read only by a locked-down process."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from formline.catalog.kinds import Kind, register
from formline.expressions.compiler import ROOTS
from formline.expressions.expression import Expression
from formline.fields.field import humanise
from formline.runtime.scripts import conversation
from formline.runtime.scripts.conversation import RowEnd
from formline.runtime.scripts.launcher import Launcher, ScriptsOffError

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.checker import Checker
    from formline.metadata.layers import Definition

IN_SAVE = ("patch", "rule")
PEOPLE = "people"
#: What says when a script runs by itself.
_OCCASIONS = ("on", "fields", "when", "order")
#: Seconds in which all sources of a catalog must be examined.
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """One script. ``runs``: patch, rule, after_commit, action or people; ``on``: created, updated.

    No ``fields``: any change.
    """

    name: str
    label: str
    object: str
    runs: str
    on: frozenset[str]
    fields: frozenset[str]
    when: Expression | None
    order: int
    inputs: Mapping[str, Any]
    source: str


def build_script(catalog: Catalog, definition: Definition) -> Script:
    """Make a script of a checked definition."""
    data = definition.data
    when = data.get("when")
    return Script(
        definition.name,
        str(data.get("label") or humanise(definition.name)),
        str(data["object"]),
        str(data["runs"]),
        frozenset(data.get("on") or ("created", "updated")),
        frozenset(data.get("fields") or ()),
        None if when is None else catalog.compiler.compile(str(when), object=str(data["object"])),
        int(data.get("order", 100)),
        MappingProxyType(dict(data.get("inputs") or {})),
        str(data["source"]),
    )


def check_script(checker: Checker) -> None:
    """Check what a script names, and that its source is one."""
    object_ = checker.object(checker.data["object"], ("object",))
    if object_ is not None:
        checker.fields(object_, checker.data.get("fields"), ("fields",))
        # After a commit nobody knows the values before any more.
        roots = ROOTS if checker.data["runs"] in IN_SAVE else ROOTS - {"old"}
        checker.condition(checker.data.get("when"), ("when",), object_.name, roots=roots)
    if checker.data["runs"] == PEOPLE:
        for key in _OCCASIONS:
            if key in checker.data:
                message = f"It chooses people when a selector asks for them; it has no {key}."
                checker.error("script-occasion", message, (key,), f"remove {key}", key=True)
    found = _examined(checker.catalog).get(checker.definition.name)
    if found is not None and found.error is not None:
        checker.error("script-source", found.error.message, ("source",), "see docs/explanation/scripts.md")


_known: WeakKeyDictionary[Catalog, dict[str, RowEnd]] = WeakKeyDictionary()


def _examined(catalog: Catalog) -> dict[str, RowEnd]:
    """Return what a locked-down process finds wrong with the sources, all of them at once, by name.

    Nothing where this machine has no such process: there scripts do not run either.
    """
    if catalog not in _known:
        names = catalog.names("script")
        sources = [str(catalog.source("script", name).data.get("source")) for name in names]
        with tempfile.TemporaryDirectory() as folder:
            launcher = Launcher(Path(folder))
            try:
                ended = conversation.run(launcher, {"sources": sources}, conversation.refuse, seconds=_PATIENCE)
                _known[catalog] = dict(zip(names, ended.rows, strict=False))
            except ScriptsOffError:
                _known[catalog] = {}
            finally:
                launcher.close()
    return _known[catalog]


register(Kind("script", build_script, check_script))
