"""From names to fields: roots, variables, paths through lookups and to the other side; operators are elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from formline.expressions.nodes import Constant, Field, Node
from formline.expressions.parser import Parsed
from formline.expressions.problems import ExpressionError, did_you_mean
from formline.expressions.scope import Member, Path, Scope
from formline.expressions.types import DATE, TEXT, Kind, Type, ref

#: Words a path may start with besides fields; which of them are allowed depends on the place.
PEOPLE = frozenset({"user", "submitter", "candidate"})
RESERVED = PEOPLE | {"this", "old", "input", "item", "setting"}
#: What a path may end with after money, and the part it means: the amount as it was entered, and its currency.
MONEY_PARTS = {"amount": "", "currency": "currency"}
#: The object that holds people.
USER = "user"


@dataclass(frozen=True)
class Frame:
    """What names mean at one place of an expression.

    ``row``: the object whose fields are bare names; ``this``: the object of the record itself; ``inner``: whether
    the two differ in meaning (inside a collection or a ``where`` about another object); ``found``: whether aggregates
    without a collection are over what a find finds; ``prefix``: where the row comes from, for dependencies.
    """

    scope: Scope
    row: str
    this: str
    roots: frozenset[str]
    variables: Mapping[str, Type]
    money: str = "base"
    inner: bool = False
    found: bool = False
    prefix: Path = ()

    def inside(self, object: str, prefix: Path) -> Frame:
        """Return the frame of the rows of ``object`` that the collection at ``prefix`` holds."""
        return replace(self, row=object, inner=True, found=False, prefix=prefix)


@dataclass(frozen=True, slots=True)
class Many:
    """A path to many: the collection, the object its rows are of, and the path on from a row (empty: the row itself).

    ``keys``: it is a many_to_many field itself, in memory a tuple of keys.
    """

    rows: Field
    object: str
    names: Path
    prefix: Path
    keys: bool


@dataclass
class Names:
    """Resolves names of one expression and remembers what it depends on."""

    parsed: Parsed
    dependencies: set[Path] = field(default_factory=set)
    volatile: set[str] = field(default_factory=set)

    def error(self, code: str, message: str, node: ast.expr, hint: str = "") -> ExpressionError:
        """Return an error at ``node``, to raise."""
        return ExpressionError([self.parsed.problem(code, message, node, hint)])

    def resolve(self, node: ast.expr, frame: Frame) -> Node | Many:
        """Return what the name or dotted path at ``node`` is."""
        names = self.spell(node)
        first = names[0]
        if first == "setting":
            return self._setting(names, node, frame)
        if first == "input" and "input" in frame.roots:
            return self._input(names, node, frame)
        if first in frame.variables:
            return self._variable(names, node, frame)
        if first in RESERVED:
            return self._root(names, node, frame)
        return self.walk("", frame.row, names, node, frame)

    def spell(self, node: ast.expr) -> Path:
        """Return the names of a dotted path, or raise."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            raise self.error("EXPR-PATH", "A path starts with a name.", node, "write customer.level")
        return (node.id, *reversed(names))

    def _setting(self, names: Path, node: ast.expr, frame: Frame) -> Node:
        found = frame.scope.setting(names[1]) if len(names) == 2 else None
        if found is None:
            raise self.error("EXPR-SETTING", f"There is no setting {'.'.join(names[1:]) or names[0]}.", node)
        self.dependencies.add(names)
        return Constant(*found)

    def _input(self, names: Path, node: ast.expr, frame: Frame) -> Node:
        known = frame.scope.input
        if len(names) != 2 or names[1] not in known:
            hint = did_you_mean(names[-1], known, "input.name, of what is asked for")
            raise self.error("EXPR-NAME", f"Nothing named {'.'.join(names[1:]) or 'input'} is asked for.", node, hint)
        return Field(known[names[1]], "input", names[1:])

    def _variable(self, names: Path, node: ast.expr, frame: Frame) -> Node | Many:
        type_ = frame.variables[names[0]]
        if len(names) == 1:
            return Field(type_, names[0], ())
        if type_.kind is not Kind.REF or type_.many or len(type_.objects) != 1:
            raise self.error("EXPR-PATH", f"{names[0]} is {type_}; it has no {names[1]}.", node)
        return self.walk(names[0], type_.objects[0], names[1:], node, frame)

    def _root(self, names: Path, node: ast.expr, frame: Frame) -> Node | Many:
        first, rest = names[0], names[1:] or ("id",)
        if first not in frame.roots:
            allowed = ", ".join(sorted(frame.roots)) or "none"
            raise self.error("EXPR-ROOT", f"{first} means nothing here.", node, f"roots of this place: {allowed}")
        if first == "user":
            self.volatile.add("user")
        object = USER if first in PEOPLE else frame.this
        root = ("this" if frame.inner else "") if first == "this" else first
        if rest == ("id",):
            self.depend(root, ("id",), frame)
            return Field(ref(object), root, ("id",))
        return self.walk(root, object, rest, node, frame)

    def walk(self, root: str, object: str, names: Path, node: ast.expr, frame: Frame) -> Node | Many:
        """Follow ``names`` from ``object``; ``root`` is where it starts ("" the row at hand)."""
        members: list[Member] = []
        own_part = ""
        for index, name in enumerate(names):
            if members and members[-1].type.kind is Kind.MONEY and index + 1 == len(names) and name in MONEY_PARTS:
                own_part = name
                break
            current = self._target(members[-1], names, index, node) if members else object
            member = frame.scope.field(current, name)
            if member is None:
                raise self._unknown(name, current, not members and not root, node, frame)
            self.volatile |= member.volatile
            members.append(member)
        whole, names = names, names[: len(members)]
        self.depend(root, names, frame)
        row = frame.inner and not root
        collections = [index for index, each in enumerate(members) if _is_collection(each)]
        if collections:
            at = collections[-1] + 1
            last = members[at - 1]
            keys = last.reverse is None and len(collections) == 1 and at == len(names)
            rows = Field(last.type, root, names[:at], "", row)
            return Many(rows, _targets(last)[0], whole[at:], self.prefix(root, names[:at], frame), keys)
        if own_part:
            type_ = TEXT if own_part == "currency" else replace(members[-1].type, kind=Kind.NUMBER)
            return Field(type_, root, names, MONEY_PARTS[own_part], row)
        part = "base" if members[-1].type.kind is Kind.MONEY and frame.money == "base" else ""
        return Field(members[-1].type, root, names, part, row)

    def rate_day(self, amount: Field, frame: Frame) -> Field | None:
        """Return the field that says at which day's rate ``amount`` is converted, beside it on the same record."""
        object = frame.this if amount.root in ("this", "old") else frame.row
        if amount.root not in ("", "this", "old"):
            return None
        for name in amount.path[:-1]:
            member = frame.scope.field(object, name)
            if member is None:
                return None
            object = _targets(member)[0]
        member = frame.scope.field(object, amount.path[-1])
        if member is None or member.rate_date is None:
            return None
        path = (*amount.path[:-1], member.rate_date)
        self.depend(amount.root, path, frame)
        return replace(amount, path=path, part="", type=DATE)

    def _target(self, member: Member, names: Path, index: int, node: ast.expr) -> str:
        path = ".".join(names[:index])
        if member.type.kind is not Kind.REF:
            hint = f"only lookups lead on; {path} is {member.type}"
            raise self.error("EXPR-PATH", f"{path} has no {names[index]}.", node, hint)
        targets = _targets(member)
        if len(targets) != 1:
            message = f"{path} may be of several objects ({', '.join(targets)}); a path cannot go through it."
            raise self.error("EXPR-PATH", message, node)
        return targets[0]

    def _unknown(self, name: str, object: str, first: bool, node: ast.expr, frame: Frame) -> ExpressionError:
        if first and name in ("today", "now"):
            return self.error("EXPR-NAME", f"{name} is a function.", node, f"write {name}()")
        known = [*frame.scope.names(object), *(frame.variables if first else ()), *(frame.roots if first else ())]
        hint = did_you_mean(name, known, f"fields of {object} are bare names; texts stand in quotes" if first else "")
        return self.error("EXPR-NAME", f"{object} has no field {name}.", node, hint)

    @staticmethod
    def prefix(root: str, names: Path, frame: Frame) -> Path:
        """Return the dependency path of ``names`` from ``root``."""
        if not root:
            return (*frame.prefix, *names)
        return names if root == "this" else (root, *names)

    def depend(self, root: str, names: Path, frame: Frame) -> None:
        """Remember that the expression reads ``names`` from ``root``, and each field on the way."""
        start = 1 if root not in ("", "this") else len(frame.prefix) if not root else 0
        path = self.prefix(root, names, frame)
        self.dependencies.update(path[:end] for end in range(start + 1, len(path) + 1))


def _targets(member: Member) -> tuple[str, ...]:
    return member.to or member.type.objects


def _is_collection(member: Member) -> bool:
    return member.type.many and member.type.kind is Kind.REF
