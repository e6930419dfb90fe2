"""Checks of an approval against its object: blocks, names, conditions, people, and risks somebody must accept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from formline.catalog.catalog import Catalog
from formline.catalog.checker import Checker
from formline.catalog.checks.nulls import warn_of_nulls
from formline.catalog.objects import Object
from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path
from formline.workflow.actions.checking import check_actions
from formline.workflow.actions.places import Place
from formline.workflow.approvals.building import BLOCKS, OUTCOMES, kind_of
from formline.workflow.approvals.people_checks import PEOPLE_ROOTS, check_over, check_people
from formline.workflow.approvals.risks import risks

#: Keys of each kind of block: those it must have, those it may have besides label, help, was and when.
_APPROVE = (
    "decision",
    "due_in",
    "on_due",
    "when_empty",
    "when_submitter",
    "same_person",
    "editable",
    "show",
    "opinion",
    "signature",
    "return_to",
    "after_return",
    "on_reject",
    "may",
    "candidates",
    "different_from",
)
KEYS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "approve": (frozenset({"approvers"}), frozenset(_APPROVE)),
    "cc": (frozenset({"to"}), frozenset()),
    "parallel": (frozenset({"branches"}), frozenset()),
    "inclusive": (frozenset({"branches"}), frozenset({"else"})),
    "choose": (frozenset({"cases"}), frozenset({"else"})),
    "for_each": (frozenset({"over", "steps"}), frozenset()),
    "subprocess": (frozenset({"approval"}), frozenset({"wait"})),
    "do": (frozenset({"actions"}), frozenset()),
}
_EVERYWHERE = frozenset({"label", "help", "was", "when", "because"})
#: ``lines where product.manager == item``: which rows of another side a step shows.
SHOWN_ROWS = re.compile(r"^([a-z][a-z0-9_]*)\s+where\s+(.+)$", re.DOTALL)
Variables = Mapping[str, Any]


def check_approval(checker: Checker) -> None:
    """Check an approval."""
    data = checker.data
    object_ = checker.object(data["object"], ("object",))
    if object_ is None:
        return
    _check_guards(checker, object_)
    condition(checker, object_, data.get("when"), ("when",), {})
    for key in ("requires", "editable"):
        checker.fields(object_, data.get(key), (key,))
    if "administrators" in data:
        check_people(checker, object_, data["administrators"], ("administrators",), {})
    for outcome in OUTCOMES:
        check_actions(checker, place(checker, object_), data.get(f"on_{outcome}"), (f"on_{outcome}",))
    _check_names(checker)
    _Steps(checker, object_).check(data["steps"], ("steps",), {})
    if "accept_risk" not in data:
        for path, message, hint in risks(data["steps"], ("steps",)):
            checker.error("risk-not-accepted", message, path, hint)


def condition(checker: Checker, object_: Object, source: Any, path: Path, variables: Variables) -> None:
    """Compile a condition and warn of optional fields it compares."""
    test = checker.condition(source, path, object_.name, roots=PEOPLE_ROOTS, variables=variables)
    if test is not None:
        warn_of_nulls(checker, object_, test, False, path, checker.data.get("requires") or ())


def _check_guards(checker: Checker, object_: Object) -> None:
    guards = checker.data["guards"]
    if isinstance(guards, str):
        return
    if "update" in guards:
        for index, name in enumerate(guards["update"]):
            field = checker.field(object_, name, ("guards", "update", index))
            if field is not None and (not field.writable or field.type.name == "state"):
                message = f'"{name}" is of type {field.type.name}; nobody writes it, so nothing can wait.'
                checker.error("not-writable", message, ("guards", "update", index), "guard a field people write")
        return
    names = [name for machine in _machines(checker, object_) for name in machine.get("transitions") or ()]
    if guards["transition"] not in names:
        message = f'No machine of {object_.name} has the transition "{guards["transition"]}".'
        hint = did_you_mean(guards["transition"], names)
        checker.error("unknown-transition", message, ("guards", "transition"), hint)


def _machines(checker: Checker, object_: Object) -> Iterator[Mapping[str, Any]]:
    for name in checker.catalog.names("state_machine"):
        machine = checker.catalog.source("state_machine", name).data
        if machine.get("object") == object_.name:
            yield machine


def walk_items(steps: Sequence[Mapping[str, Any]], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield (path, item) of every block in the order of the file."""
    for index, item in enumerate(steps):
        here = (*path, index)
        yield here, item
        for key in ("branches", "cases"):
            for name, branch in (item.get(key) or {}).items():
                yield from walk_items(branch.get("steps") or (), (*here, key, name, "steps"))
        yield from walk_items((item.get("else") or {}).get("steps") or (), (*here, "else", "steps"))
        yield from walk_items(item.get("steps") or (), (*here, "steps"))


def _check_names(checker: Checker) -> None:
    """Blocks have different names, none is called as the submitter is."""
    seen: set[str] = set()
    for path, item in walk_items(checker.data["steps"], ("steps",)):
        word = kind_of(item)
        name = item.get(word)
        if name in seen:
            message = f'There are two steps called "{name}".'
            checker.error("duplicate-name", message, (*path, word), "rename one of them")
        if name == "submitter":
            checker.error("reserved-name", "submitter is who submitted it.", (*path, word), "choose another name")
        seen.add(str(name))


def _inside(catalog: Catalog, name: str, seen: set[str]) -> set[str]:
    """Return the names of an approval and of all approvals inside it."""
    if name in seen or not catalog.has("approval", name):
        return seen
    seen.add(name)
    for _, item in walk_items(catalog.source("approval", name).data.get("steps") or (), ()):
        if "subprocess" in item:
            _inside(catalog, str(item.get("approval")), seen)
    return seen


class _Steps:
    """Checks blocks inside out; ``before`` are the names of the approve steps that were passed."""

    def __init__(self, checker: Checker, object_: Object) -> None:
        self.checker = checker
        self.object = object_
        self.before: list[str] = []
        self.names = [str(item.get(kind_of(item))) for _, item in walk_items(checker.data["steps"], ())]

    def check(self, steps: Sequence[Mapping[str, Any]], path: Path, variables: Variables) -> None:
        for index, item in enumerate(steps):
            word = self._kind(item, (*path, index))
            if word:
                condition(self.checker, self.object, item.get("when"), (*path, index, "when"), variables)
                _CHECKS[word](self, item, (*path, index), variables)

    def _kind(self, item: Mapping[str, Any], path: Path) -> str:
        """Return the kind of a block whose keys belong together, else report and return nothing."""
        words = [word for word in BLOCKS if word in item]
        if len(words) != 1:
            message = "A block is of one kind." if words else "This block does not say what it is."
            self.checker.error("block-kind", message, path, f"begin with one of {', '.join(BLOCKS)}")
            return ""
        must, may = KEYS[words[0]]
        for key in sorted(must - set(item)):
            message = f'"{key}" is missing.'
            self.checker.error("missing-key", message, path, f"add {key} to the {words[0]} block")
        for key in item:
            if key not in must | may | _EVERYWHERE | {words[0]}:
                message = f"{words[0]} has no {key}."
                self.checker.error("block-key", message, (*path, key), f"remove {key}", key=True)
        return words[0] if must <= set(item) else ""

    def approve(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        self._people(item, ("approvers", "candidates"), path, variables)
        if not isinstance(item.get("when_empty", ""), str):
            self._people(item, ("when_empty",), path, variables)
        due = item.get("on_due")
        if isinstance(due, Mapping):
            for word in ("transfer", "escalate"):
                self._people(due, (word,), (*path, "on_due"), variables)
        if due is not None and "due_in" not in item:
            self.checker.error("due-without-time", "The step is never due.", (*path, "on_due"), "add due_in")
        self._earlier(item, "return_to", path, {"submitter"})
        self._earlier(item, "different_from", path, set())
        for index, dotted in enumerate(item.get("editable") or ()):
            self._shown(dotted, (*path, "editable", index))
        self._show(item.get("show"), (*path, "show"), variables)
        self.before.append(str(item["approve"]))

    def _people(self, item: Mapping[str, Any], keys: Sequence[str], path: Path, variables: Variables) -> None:
        for key in keys:
            if key in item:
                check_people(self.checker, self.object, item[key], (*path, key), variables)

    def _earlier(self, item: Mapping[str, Any], key: str, path: Path, also: set[str]) -> None:
        for index, name in enumerate(item.get(key) or ()):
            if name in also or name in self.before:
                continue
            if name in self.names:
                message = f'"{name}" is no approve step before this one.'
                self.checker.error("step-order", message, (*path, key, index), "name an earlier step")
            else:
                hint = did_you_mean(name, [*also, *self.before])
                self.checker.error("unknown-step", f'There is no step "{name}".', (*path, key, index), hint)

    def _show(self, show: Any, path: Path, variables: Variables) -> None:
        if isinstance(show, list):
            for index, dotted in enumerate(show):
                self._shown(dotted, (*path, index))
        elif isinstance(show, str):
            found = SHOWN_ROWS.match(show)
            if found is None:
                self._shown(show, path)
                return
            rows = self.checker.reverse(self.object, found[1], path)
            if rows is not None:
                more: dict[str, Any] = {"where_of": rows.name, "roots": PEOPLE_ROOTS, "variables": variables}
                self.checker.condition(found[2], path, self.object.name, start=found.start(2), text=show, **more)

    def _shown(self, dotted: str, path: Path) -> None:
        """Check a field of the record, or of the rows of its other side: ``lines.floor_price``."""
        first, _, rest = dotted.partition(".")
        if self.object.child(first) is None:
            self.checker.dotted(self.object, dotted, path)
            return
        rows = self.checker.reverse(self.object, first, path)
        if rows is not None and rest:
            self.checker.dotted(rows, rest, path)

    def cc(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        self._people(item, ("to",), path, variables)

    def branches(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        word = kind_of(item)
        key = "cases" if word == "choose" else "branches"
        if word == "choose" and "else" not in item:
            message = "Nothing says what happens where no case holds."
            self.checker.error("missing-else", message, path, "add else: {steps: []}, or steps that then run")
        for name, branch in item[key].items():
            here: Path = (*path, key, name)
            if "when" not in branch and word != "parallel":
                self.checker.error("missing-key", '"when" is missing.', here, f"say when {name} is taken")
            condition(self.checker, self.object, branch.get("when"), (*here, "when"), variables)
            self.check(branch.get("steps") or (), (*here, "steps"), variables)
        self.check((item.get("else") or {}).get("steps") or (), (*path, "else", "steps"), variables)

    def for_each(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        found = check_over(self.checker, self.object, item["over"], (*path, "over"), variables)
        self.check(item["steps"], (*path, "steps"), {**variables, **({"item": found} if found else {})})

    def subprocess(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        name = str(item["approval"])
        here = (*path, "approval")
        if not self.checker.known("approval", name, here):
            return
        other = self.checker.catalog.source("approval", name).data
        if other.get("object") != self.object.name:
            message = f"{name} approves records of {other.get('object')}, not of {self.object.name}."
            self.checker.error("other-object", message, here, "name an approval of the same object")
        elif self.checker.data["name"] in _inside(self.checker.catalog, name, set()):
            message = f"{name} contains this approval, so it would never end."
            self.checker.error("endless-approval", message, here, "name an approval that does not lead back here")

    def do(self, item: Mapping[str, Any], path: Path, variables: Variables) -> None:
        here: Path = (*path, "actions")
        check_actions(self.checker, place(self.checker, self.object), item["actions"], here)
        for index, one in enumerate(item["actions"]):
            if "submit" in one:
                message = "While this approval runs the record cannot be submitted to another one."
                self.checker.error("action-place", message, (*here, index), "put it into on_approved")


def place(checker: Checker, object_: Object) -> Place:
    """Return where the lists of actions of an approval stand."""
    return Place(checker.catalog, object_, submitter=True)


_CHECKS: Mapping[str, Callable[[_Steps, Mapping[str, Any], Path, Variables], None]] = {
    "approve": _Steps.approve,
    "cc": _Steps.cc,
    "parallel": _Steps.branches,
    "inclusive": _Steps.branches,
    "choose": _Steps.branches,
    "for_each": _Steps.for_each,
    "subprocess": _Steps.subprocess,
    "do": _Steps.do,
}
