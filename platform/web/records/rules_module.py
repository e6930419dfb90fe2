"""The rules of a form as a static ES module: the browser works them out while a person types.

A condition that reads what the person may not read, or what is not in the form, is not sent: the server answers it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from formline.expressions.expression import Expression
from formline.expressions.problems import ExpressionError
from formline.expressions.types import Kind
from formline.web.records.form_spec import ControlSpec, FormSpec
from formline.web.records.form_states import FieldRules, rules_of
from formline.web.visit import Visit

if TYPE_CHECKING:
    from formline.runtime.access.rights import ObjectAccess


def module(visit: Visit, spec: FormSpec, runtime: str, *, ask: bool = True) -> str:
    """Return the ES module of a form: one function per condition, and the fields that the server answers for.

    ``runtime`` is the address of the language's functions. ``ask``: whether the server may be asked while one types.
    """
    rules = rules_of(spec)
    own, server = [], []
    for each in rules:
        choices = _choices(spec.controls[each.field.name], each)
        if each.constant and not choices:
            continue
        if all(in_browser(visit, spec, one) for one in each.expressions()):
            own.append(f"    {json.dumps(each.field.name)}: {{{', '.join([*_functions(each), *choices])}}},")
        elif ask:
            server.append(each.field.name)
    asked = {
        read.path[1] for each in rules for one in each.expressions() for read in one.reads if read.path[0] == "user"
    }
    user = {name: _plain(value) for name, value in visit.actor.user.items() if name in asked}
    user["roles"] = sorted(visit.rights.role_names)
    clock = {"today": visit.today.isoformat(), "zone": visit.zone_name}
    environment = {"user": user, **clock, "roots": {}, "paths": {}, "old": {}}
    return "\n".join(
        [
            f'import * as f from "{runtime}";',
            f"const e = {json.dumps(environment, ensure_ascii=False, sort_keys=True)};",
            # While something is half typed a condition may have no answer; then the field stays as it is.
            "const ask = (test) => { try { return test(); } catch { return undefined; } };",
            'const holds = (value) => value !== null && value !== undefined && value !== false && value !== "";',
            "export default {",
            "  fields: {",
            *own,
            "  },",
            f"  server: {json.dumps(server)},",
            "};",
            "",
        ]
    )


def _functions(rules: FieldRules) -> Iterable[str]:
    for name, conditions, word in (
        ("visible", rules.visible, " && "),
        ("required", rules.required, " || "),
        ("readOnly", rules.read_only, " || "),
    ):
        if all(isinstance(each, bool) for each in conditions):
            continue
        tests = [
            str(each).lower() if isinstance(each, bool) else f"holds((() => {{{each.javascript()}}})())"
            for each in conditions
        ]
        yield f"{name}: (r) => ask(() => {word.join(tests)})"


def _choices(control: ControlSpec, rules: FieldRules) -> list[str]:
    """Return the function of a choice that depends on another one, or of which some are offered only at times."""
    parent = str(control.field.params.get("depends_on") or "")
    if not control.options or not (parent or rules.choices):
        return []
    table: dict[str, list[str]] = {}
    for option in control.options:
        table.setdefault(option.parent if parent else "", []).append(option.value)
    key = f'r[{json.dumps(parent)}] ?? ""' if parent else '""'
    offered = f"({json.dumps(table)})[{key}] ?? []"
    if not rules.choices:
        return [f"choices: (r) => {offered}"]
    # A condition that reads what is not there yet has no answer; saving decides then.
    tests = ", ".join(
        f"{json.dumps(name)}: ask(() => holds((() => {{{test.javascript()}}})()))" for name, test in rules.choices
    )
    return [f"choices: (r) => {{ const only = {{{tests}}}; return ({offered}).filter((one) => only[one] !== false); }}"]


def in_browser(visit: Visit, spec: FormSpec, expression: Expression) -> bool:
    """Whether the browser may and can work a condition out: it reads only readable inputs of the form."""
    if expression.browser_problem or not expression.in_row or "now" in expression.volatile:
        return False
    access = visit.rights.object(spec.object.name)
    for read in expression.reads:
        root = read.path[0]
        if read.type.kind is Kind.DATETIME:
            return False  # a moment in an input has no zone; the server knows the person's
        if root == "user":
            continue
        if root == "old":
            return False
        name = root.split(".")[0]
        field = spec.object.fields.get(name)
        if field is None or name not in spec.controls or field.confidential or not _known(access, name):
            return False
    try:
        expression.javascript()
    except ExpressionError:
        return False
    return True


def _known(access: ObjectAccess, name: str) -> bool:
    """Whether somebody may know a value: they may read the field, or are the only one who gives it."""
    return access.readable(name) or (access.write_only and name in access.writable)


def _plain(value: Any) -> Any:
    """Return a value as JSON holds it."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(one) for one in value]
    return str(value)


def server_fields(visit: Visit, spec: FormSpec) -> frozenset[str]:
    """Return the fields whose rules the server answers."""
    return frozenset(
        each.field.name
        for each in rules_of(spec)
        if not all(in_browser(visit, spec, one) for one in each.expressions())
    )
