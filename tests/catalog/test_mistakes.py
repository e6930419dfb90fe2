"""Every kind of mistake that a catalog finds: its code, its place and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from formline.errors import Level
from tests.fixtures.catalogs import problems_of

#: A small sound catalog; each case adds one definition with one mistake.
BASE = """
kind: object
name: customer
fields:
  name: {type: text, required: true}
  level: {type: choice, choices: {a: {label: Key}, b: {label: Other}}}
  credit: {type: money}
  since: {type: date}
  spent: {type: rollup, of: orders.amount, aggregate: sum}
---
kind: object
name: order
title: number
record_types:
  web: {label: Web, machines: {status: order_status}}
  shop: {label: Shop, machines: {status: order_status}}
fields:
  number: {type: auto_number, pattern: "O{n:4}"}
  customer: {type: lookup, to: customer, reverse: orders, required: true}
  amount: {type: money}
  status: {type: state}
  tags: {type: multi_choice, choices: [red, blue]}
  helpers: {type: many_to_many, to: user, reverse: helped_orders}
---
kind: state_machine
name: order_status
object: order
field: status
initial: open
states: {open: {label: Open}, done: {label: Done}}
transitions: {finish: {from: open, to: done}}
---
kind: choice_list
name: regions
choices: {north: {label: North}, south: {label: South}}
---
kind: role
name: clerk
objects: {customer: {read: all}, order: {read: all}}
"""
#: Marks the place in a case's text where the problem is reported.
PLACE = "▸"
NEAR = "kind: script\nname: near\nsource: result = []\nobject: "
RULE = "kind: matching_rule\nname: same_order\nobject: order\n"
POOL = "kind: pool\nname: free\nmembers: {role: clerk}\n"
SCORE = "kind: score\nname: liking\nobject: customer\n"
SHOP = (
    "kind: object\nname: piece\nfields:\n  name: {type: text}\n"
    "  basket: {type: parent, to: customer, reverse: pieces}\n"
    "  thing: {type: lookup, to: order}\n  count: {type: decimal}\n  price: {type: money}\n---\n"
    "kind: storefront\nname: shop\nof: customer\nobject: order\nusual_price: amount\n"
    "order: {object: customer, lines: pieces, product: thing, quantity: count, price: price}\n"
)
ENQUIRY = "kind: web_form\nname: enquiry\nobject: customer\nfields: "
FEED = "kind: integration\nname: feed\ndirection: "
SLA = "kind: sla\nname: answer\nstarts: name != null\n"
SEGMENT = "kind: segment\nname: rich\nobject: customer\n"
CONVERSION = "kind: conversion\nname: sell\nfrom: customer\n"


@dataclass(frozen=True)
class Case:
    """A text with one mistake at the mark; ``hint`` is a part of the hint."""

    code: str
    text: str
    hint: str = ""
    level: Level = Level.ERROR

    def __str__(self) -> str:
        return self.code


def automation(action: str, more: str = "", trigger: str = "created", about: str = "order") -> str:
    """Return an automation with one action."""
    return f"kind: automation\nname: watch\nobject: {about}\ntrigger: {trigger}\n{more}\nactions: [{action}]"


def visit(fields: str, more: str = "") -> str:
    """Return an object of the given fields besides its name, with more properties."""
    return f"kind: object\nname: visit\nfields:\n  name: {{type: text, required: true}}\n{fields}\n{more}"


#: Children of ``visit``.
STOPS = """
---
kind: object
name: stop
fields:
  name: {type: text}
  visit: {type: parent, to: visit, reverse: stops}
"""


def machine(states: str = "{open: {label: Open}, done: {label: Done}}", transitions: str = "{}") -> str:
    """Return an object with a state field, and its machine."""
    ways = f"transitions: {transitions}" if transitions != "{}" else "transitions: {finish: {from: open, to: done}}"
    return visit(
        "  on: {type: date}\n  stage: {type: state, machine: stages}\n  to: {type: lookup, to: customer}",
        f"---\nkind: state_machine\nname: stages\nobject: visit\nfield: stage\ninitial: open\nstates: {states}\n{ways}",
    )


def layout(rest: str, kind: str = "layout") -> str:
    """Return a layout or list view of orders."""
    return f"kind: {kind}\nname: orders\nobject: order\n{rest}"


def dashboard(widget: str) -> str:
    """Return a dashboard of one widget."""
    return f"kind: dashboard\nname: start\nwidgets: [{widget}]"


def approval(steps: str, guards: str = "{transition: finish}") -> str:
    """Return a machine whose transition waits for an approval with these steps."""
    return f"{machine()}\n---\nkind: approval\nname: signing\nobject: visit\nguards: {guards}\nsteps: [{steps}]"


BOSS = "{approve: boss, approvers: {role: clerk}}"


CASES = [
    Case(
        "unknown-web-form",
        "kind: sample_data\nname: d\nrecords: {customer: {a: {name: A}}}\nsent: [{form: ▸ask, values: {name: B}}]",
    ),
    Case("web-form-field", "kind: web_form\nname: enquiry\nobject: order\nfields: {▸customer: {}}", "set:"),
    Case("web-form-field", "kind: web_form\nname: enquiry\nobject: order\nfields: {▸number: {}}", "set:"),
    Case("unknown-field", f"{ENQUIRY}{{▸nmae: {{}}}}", "name"),
    Case("web-form-set", f"{ENQUIRY}{{name: {{}}}}\nset: {{▸name: x}}", "one of the two"),
    Case("web-form-required", "kind: web_form\nname: enquiry\nobject: order\n▸fields: {amount: {}}", "customer"),
    Case("web-form-mail", f"{ENQUIRY}{{name: {{}}}}\nmail: {{subject: name, address: name, files: ▸name}}", "file"),
    Case("unknown-record-type", f"{ENQUIRY}{{name: {{}}}}\nrecord_type: ▸big", "leave"),
    Case("integration-parts", f"{FEED}▸out\non: [created]", "object:"),
    Case("integration-parts", f"{FEED}out\nobject: order\n▸rows: data", "remove"),
    Case("integration-message", f"{FEED}out\nobject: order\nmessage: ▸'{{amount + 1}}'", "formula"),
    Case("unknown-transition", f"{FEED}out\nobject: order\non: [{{transition: ▸finsh}}]", "finish"),
    Case("unknown-mapping", f"{FEED}in\nmapping: ▸orders"),
    Case("sla-object", visit("", f"append_only: true\n---\n{SLA}object: ▸visit\ntarget: 4wh"), "records change"),
    Case("sla-target", f"{SLA}object: customer\ntarget: ▸name", "duration"),
    Case("sla-target", f"{SLA}object: customer\ntarget: 4wh\n▸targets: {{a: {{time: 4wh}}}}", "targets"),
    Case("sla-target", f"{SLA}object: customer\ntargets: {{a: {{time: ▸name}}}}", "4wh"),
    Case("sla-since", f"{SLA}object: customer\ntarget: 4wh\nsince: ▸name", "datetime"),
    Case("sla-calendar", f"{SLA}object: customer\ntarget: 4wh\ncalendar: ▸owner", "calendar"),
    Case("sla-field", f"{SLA}object: customer\ntarget: 4wh\ndue: ▸name", "datetime"),
    Case("sla-field", f"{SLA}object: customer\ntarget: 4wh\nstatus: ▸name", "choice"),
    Case("segment-parts", f"{SEGMENT}field: ▸name\nwhere: credit > 5", "multi_choice"),
    Case("score-field", f"{SCORE}field: ▸name\ncriteria: {{a: {{points: 5}}}}", "integer or decimal"),
    Case(
        "score-decay", f"{SCORE}field: credit\ncriteria: {{a: {{points: 5, decay: {{since: ▸name, half_life: 3d}}}}}}"
    ),
    Case("pool-object", visit("", f"append_only: true\n---\n{POOL}object: ▸visit"), "people own"),
    Case("recycle-time", f"{POOL}object: customer\nrecycle: {{quiet: {{after: 30d, since: ▸name}}}}", "a date"),
    Case("recycle-time", f"{POOL}object: customer\nrecycle: {{quiet: ▸{{when: credit > 5}}}}", "after: 30d"),
    Case("selector-kind", f"{POOL}object: customer\nadministrators: ▸{{field: owner}}", "role"),
    Case("unknown-object", visit("  a: {type: lookup, to: ▸custmer}"), '"customer"'),
    Case("unknown-choice-list", visit("  a: {type: choice, choice_list: ▸region}"), '"regions"'),
    Case("unknown-state-machine", visit("  a: {type: state, machine: ▸order_states}"), '"order_status"'),
    Case("no-machine", visit("  ▸a: {type: state}"), "machine:"),
    Case("foreign-machine", visit("  st: {type: state, machine: ▸order_status}"), "of this field"),
    Case("unknown-parameter", visit("  a: {type: integer, ▸max_length: 3}")),
    Case("wrong-parameter", visit("  a: {type: date, min: ▸3}"), "first day"),
    Case("computed-field", visit('  a: {type: formula, returns: integer, expression: "1", ▸required: true}'), "remove"),
    Case("missing-parameter", visit("  ▸a: {type: lookup}"), "to:"),
    Case("choices-missing", visit("  ▸a: {type: choice}"), "choice_list"),
    Case("bad-pattern", visit('  a: {type: text, pattern: ▸"("}')),
    Case("bad-number-pattern", visit("  a: {type: auto_number, pattern: ▸X}"), "{n:4}"),
    Case("parameter-range", visit("  a: {type: integer, min: ▸5, max: 2}"), "swap"),
    Case("reverse-taken", visit("  a: {type: lookup, to: customer, reverse: ▸level}"), "another name"),
    Case("reverse-taken", visit("  a: {type: lookup, to: customer, reverse: ▸orders}"), "another name"),
    Case("clears-required", visit("  a: {type: lookup, to: order, required: true, on_delete: ▸clear}"), "restrict"),
    Case("two-parents", visit("  a: {type: parent, to: customer}\n  b: {type: ▸parent, to: order}"), "lookup"),
    Case("no-parent", visit("", "default_access: ▸controlled_by_parent"), "parent"),
    Case("unknown-field", visit("", "title: ▸nme"), '"name"'),
    Case("title-type", visit("  day: {type: date}", "title: ▸day"), "text"),
    Case("no-title", "kind: object\nname: ▸visit\nfields: {day: {type: date}}", "title:", Level.WARNING),
    Case("tree-lookup", visit("  up: {type: lookup, to: customer}", "tree: ▸up"), "lookup to visit"),
    Case("not-searchable", visit("  day: {type: date}", "search: [name, ▸day]"), "texts"),
    Case("unknown-reverse", visit("  a: {type: rollup, of: ▸stops.length, aggregate: sum}"), "reverse: stops"),
    Case(
        "rollup-many",
        "kind: object\nextends: user\nfields: {n: {type: rollup, of: ▸helped_orders.id, aggregate: count}}",
    ),
    Case(
        "rollup-path",
        visit("  n: {type: rollup, of: ▸stops.visit.name, aggregate: list}") + STOPS,
    ),
    Case(
        "aggregate-type",
        visit("  n: {type: rollup, of: stops.name, aggregate: ▸sum}") + STOPS,
        "count",
    ),
    Case(
        "not-stored",
        visit("  n: {type: rollup, of: ▸stops.age, aggregate: max}")
        + STOPS
        + "  age: {type: formula, returns: date, expression: today()}\n",
        "stored field",
    ),
    Case(
        "rollup-cycle",
        visit("  up: {type: lookup, to: visit, reverse: below}\n  ▸n: {type: rollup, of: below.n, aggregate: sum}"),
    ),
    Case("mirror-cycle", visit("  up: {type: lookup, to: visit, reverse: below}\n  ▸top: {type: mirror, of: up.top}")),
    Case(
        "formula-cycle",
        visit(
            "  ▸a: {type: formula, returns: integer, expression: b + 1}\n"
            "  b: {type: formula, returns: integer, expression: a + 1}"
        ),
        "break",
    ),
    Case(
        "cannot-be-stored",
        visit("  a: {type: formula, returns: date, expression: today(), stored: ▸true}"),
        "remove stored",
    ),
    Case("EXPR-NAME", visit("  a: {type: formula, returns: integer, expression: 1 + ▸nme}")),
    Case("EXPR-TYPE", visit("  a: {type: formula, returns: date, expression: ▸name}")),
    Case("EXPR-NAME", visit("  a: {type: user, default: {find: user, where: 'login == ▸nme'}}")),
    Case("unknown-object", visit("  a: {type: user, default: {find: ▸usr, where: 'login == name'}}"), '"user"'),
    Case("not-a-choice", visit("  a: {type: choice, depends_on: ▸name, choices: [x]}"), "name a choice"),
    Case("no-default", visit("  a: {type: integer, ▸default_again_on: [name]}"), "default:"),
    Case("wrong-default", visit("  a: {type: integer, max: 3, default: ▸7}")),
    Case("not-a-date", visit("  a: {type: money, rate_date: ▸name}"), "date field"),
    Case(
        "base-amount",
        visit("  a: {type: money}\n  b: {type: money, currency: EUR, default: ▸a * 2}"),
        'convert(a, "EUR")',
        Level.WARNING,
    ),
    Case("not-a-currency", visit("  a: {type: money, currency: ▸day}\n  day: {type: date}"), "EUR"),
    Case("path-ends", visit("  a: {type: mirror, of: ▸shop.level.label}\n  shop: {type: lookup, to: customer}")),
    Case("unknown-choice", visit("  a: {type: choice, choices: [x]}", "record_types: {t: {choices: {a: [▸y]}}}")),
    Case("not-a-state", visit("", "record_types: {t: {machines: {▸name: order_status}}}"), "type state"),
    Case(
        "null-comparison",
        visit("  a: {type: integer}", "rules: {r: {check: ▸a > 3, message: No.}}"),
        "when:",
        Level.WARNING,
    ),
    Case("EXPR-NAME", visit("", "rules: {r: {check: name != null, message: 'Sorry {▸nme}.'}}")),
    Case("unknown-field", visit("", "rules: {r: {check: name != null, field: ▸nme, message: No.}}"), '"name"'),
    Case(
        "not-stored",
        visit("  a: {type: mirror, of: c.name}\n  c: {type: lookup, to: customer}", "unique: [{fields: [▸a]}]"),
    ),
    Case("not-a-date", visit("  a: {type: date}", "unique: [{fields: [name], during: [a, ▸name]}]"), "two date"),
    Case(
        "too-many-fields",
        visit("\n".join(f"  f{n}: {{type: date}}" for n in range(400))).replace("fields:", "▸fields:"),
    ),
    Case(
        "too-many-columns",
        visit("\n".join(f"  f{n}: {{type: money}}" for n in range(270))).replace("fields:", "▸fields:"),
    ),
    Case(
        "too-many-indexes",
        visit("\n".join(f"  f{n}: {{type: date, index: true}}" for n in range(33))).replace(
            "name: visit", "name: ▸visit"
        ),
    ),
    Case("unknown-field", layout("form: [{section: a, rows: [[number, ▸amout]]}]"), '"amount"'),
    Case("unknown-record-type", layout("for: {record_types: [▸wep]}"), '"web"'),
    Case("unknown-role", layout("for: {roles: [▸clark]}"), '"clerk"'),
    Case("unknown-app", layout("for: {app: ▸sales}")),
    Case("unknown-reverse", layout("form: [{section: l, table: ▸lines}]"), "reverse: lines"),
    Case("unknown-reverse", layout("related: [{list: ▸lines}]"), "reverse: lines"),
    Case("layout-loosens", layout("fields: {customer: {▸required: false}}"), "on the object"),
    Case("board-groups", layout("board: {group_by: ▸amount}"), "state or choice"),
    Case("no-total", layout("board: {group_by: status, total: ▸number}"), "number or money"),
    Case(
        "picture-field", "kind: layout\nname: all\nobject: customer\nmap: {list: orders, above: ▸number}", "lookup to"
    ),
    Case("storefront-field", f"{SHOP}pictures: ▸number", "type image"),
    Case("not-a-date", layout("calendar: {start: ▸number}"), "date field"),
    Case("print-source", "kind: print_template\nname: slip\nobject: order\nsource: ▸slip.docx", "body", Level.WARNING),
    Case("print-image", "kind: print_template\nname: slip\nobject: order\nbody: [{image: ▸number}]", "image"),
    Case(
        "EXPR-NAME",
        'kind: print_template\nname: slip\nobject: order\nbody: [{text: a, html: "<b>{number} {▸amont | rmb}</b>"}]',
    ),
    Case("print-source", "kind: print_template\nname: slip\nobject: order\nsource: ▸slip.docx", "body", Level.WARNING),
    Case("print-image", "kind: print_template\nname: slip\nobject: order\nbody: [{image: ▸number}]", "image"),
    Case(
        "EXPR-NAME",
        'kind: print_template\nname: slip\nobject: order\nbody: [{text: a, html: "<b>{number} {▸amont | rmb}</b>"}]',
    ),
    Case(
        "match-where", RULE + 'where: ▸amount > 1 and customer.level == "a"\nmatch: {same: [{field: number}]}', "record"
    ),
    Case("match-field", RULE + "match: {same: [{field: ▸helpers}]}", "stored"),
    Case("match-by", RULE + "match: {same: [{field: ▸status}]}", "exact"),
    Case("convert-target", CONVERSION + "create: {order: {link: ▸status}}", "lookup to"),
    Case("convert-target", CONVERSION + "create: {order: {link: customer}}\nkeep: {level: ▸order}"),
    Case("convert-required", CONVERSION + "create: {▸order: {set: {amount: credit}}}", "set: {customer: ...}"),
    Case("not-sortable", layout("columns: [number]\nsort: [▸tags]", "list_view"), "another field"),
    Case("not-groupable", layout("columns: [number]\ngroup_by: ▸helpers", "list_view"), "choice"),
    Case("no-total", layout("columns: [{field: number, total: ▸sum}]", "list_view"), "count"),
    Case("EXPR-NAME", layout("columns: [number]\nwhere: ▸amont > 3", "list_view")),
    Case("unknown-item", "kind: app\nname: sales\nitems: [customer, ▸ordr]", '"order"'),
    Case("unknown-page", "kind: app\nname: sales\nitems: [{page: ▸inbx}]", '"inbox"'),
    Case("unknown-list-view", "kind: app\nname: sales\nitems: [{list_view: ▸mine}]"),
    Case("unknown-dashboard", "kind: app\nname: sales\nitems: [{dashboard: ▸mine}]"),
    Case("unknown-object", dashboard("{number: n, object: ▸ordr}"), '"order"'),
    Case("unknown-list-view", dashboard("{list: n, view: ▸orders}")),
    Case("not-a-date", dashboard("{number: n, object: order, date: ▸number}"), "date field"),
    Case("not-a-person", dashboard("{number: n, object: order, owner: ▸customer}"), "type user"),
    Case("no-total", dashboard("{number: n, object: order, aggregate: sum, of: ▸number}"), "number or money"),
    Case("no-total", dashboard("{number: n, object: order, aggregate: ▸sum}"), "aggregate: count"),
    Case("EXPR-NAME", dashboard("{number: n, object: order, where: ▸amont > 3}")),
    Case("not-groupable", dashboard("{chart: n, object: order, group_by: ▸helpers}"), "choice"),
    Case("funnel-steps", dashboard("{chart: n, type: funnel, object: order, group_by: ▸number}"), "type: bar"),
    Case("unknown-role", f"{dashboard('{number: n, object: order}')}\nfor: {{roles: [▸clark]}}", '"clerk"'),
    Case("unknown-object", "kind: role\nname: seller\nobjects: {▸custmer: {read: all}}", '"customer"'),
    Case("unknown-role", "kind: role\nname: seller\nincludes: [▸clark]", '"clerk"'),
    Case("role-cycle", "kind: role\nname: a\nincludes: ▸[b]\n---\nkind: role\nname: b\nincludes: [a]", "circle"),
    Case("unknown-action", "kind: role\nname: seller\nobjects: {order: {read: all, actions: [▸finnish]}}", '"finish"'),
    Case(
        "unknown-field", "kind: role\nname: seller\nobjects: {order: {read: all, fields: {▸amout: hidden}}}", '"amount"'
    ),
    Case(
        "title-hidden", "kind: role\nname: seller\nobjects: {customer: {read: all, fields: {name: ▸hidden}}}", "title"
    ),
    Case("scope-without-owner", "kind: role\nname: seller\nobjects: {company: {read: ▸own}}", "all"),
    Case("plain-right", "kind: role\nname: seller\nobjects: {order: {import: ▸amount > 3}}", "true or false"),
    Case("EXPR-NAME", "kind: role\nname: seller\nobjects: {order: {read: ▸regon == 1}}"),
    Case(
        "right-without-effect",
        "kind: role\nname: seller\nobjects: {customer: {read: all, fields: {spent: ▸edit}}, order: {read: all}}",
        "read",
        Level.WARNING,
    ),
    Case(
        "reveals-source",
        "kind: object\nname: bill\nfields:\n  name: {type: text}\n  customer: {type: lookup, to: customer}\n"
        "  ▸limit: {type: mirror, of: customer.credit}\n---\nkind: role\nname: seller\nobjects: {bill: {read: all}}",
        "reveals: [customer.credit]",
        Level.WARNING,
    ),
    Case("not-writable", machine("{open: {set: {▸created_at: now()}}, done: {label: Done}}")),
    Case("wrong-value", machine("{open: {label: Open}, done: {set: {name: ▸3}}}").replace("▸3", '▸"\\u0007"')),
    Case("EXPR-TYPE", machine("{open: {label: Open}, done: {set: {on: ▸name}}}")),
    Case("EXPR-NAME", visit("  a: {type: choice, choices: {x: {label: X, when: '▸naem == 1'}}}")),
    Case("wrong-default", visit("  a: {type: boolean, default: ▸yes}"), "write true"),
    Case("wrong-default", visit("  a: {type: date, default: ▸31.12.2026}"), "2026-12-31"),
    Case("not-yet", visit("  a: {type: user, ▸on_owner_change: keep}"), "leave it out", Level.WARNING),
    Case("block-kind", approval("▸{label: Boss}"), "approve"),
    Case("block-key", approval("{approve: boss, approvers: {role: clerk}, ▸over: name}"), "remove over"),
    Case("missing-else", approval(BOSS + ", ▸{choose: size, cases: {big: {when: on != null, steps: []}}}"), "else"),
    Case("risk-not-accepted", approval("▸").replace("[▸]", "▸[{cc: told, to: {role: clerk}}]"), "accept_risk"),
    Case("risk-not-accepted", approval("{approve: boss, approvers: {role: clerk}, when_empty: ▸skip}"), "accept_risk"),
    Case("unknown-field", approval("{approve: boss, approvers: ▸manager}"), "{managers_of: "),
    Case("unknown-field", approval("{approve: boss, approvers: ▸clerk}"), "{role: clerk}"),
    Case("due-without-time", approval("{approve: boss, approvers: {role: clerk}, on_due: ▸remind}"), "due_in"),
    Case("unknown-step", approval("{approve: boss, approvers: {role: clerk}, return_to: [▸sales]}")),
    Case("step-order", approval("{approve: a, approvers: {role: clerk}, return_to: [▸boss]}, " + BOSS), "earlier"),
    Case("unknown-transition", approval(BOSS, "{transition: ▸finsh}"), '"finish"'),
    Case("script-source", "kind: script\nname: s\nobject: order\nruns: rule\nsource: ▸import os", "scripts.md"),
    Case(
        "EXPR-ROOT",
        "kind: script\nname: s\nobject: order\nruns: after_commit\nwhen: ▸old.amount == null\nsource: x = 1",
    ),
    Case("not-items", approval("{for_each: part, over: ▸name, steps: [" + BOSS + "]}"), "distinct"),
    Case("unknown-approval", approval(BOSS + ", {subprocess: credit, approval: ▸nothing}")),
    Case(
        "other-object",
        approval(BOSS + ", {subprocess: credit, approval: ▸credit}")
        + "\n---\nkind: approval\nname: credit\nobject: customer\nguards: subprocess\nsteps: ["
        + BOSS
        + "]",
        "same object",
    ),
    Case("endless-approval", approval(BOSS + ", {subprocess: again, approval: ▸signing}"), "lead back"),
    Case("unknown-field", machine("{open: {label: Open}, done: {read_only: [▸nme]}}"), '"name"'),
    Case("unknown-field", machine(transitions="{finish: {from: open, to: done, requires: [▸nme]}}"), '"name"'),
    Case("unknown-role", machine(transitions="{finish: {from: open, to: done, allowed: {role: ▸clark}}}"), '"clerk"'),
    Case("selector-kind", machine(transitions="{finish: {from: open, to: done, allowed: ▸{chosen_by: to}}}"), "role"),
    Case("not-people", machine(transitions="{finish: {from: open, to: done, allowed: {field: ▸to}}}"), "type user"),
    Case("EXPR-NAME", machine(transitions="{finish: {from: open, to: done, when: ▸nme == null}}")),
    Case(
        "null-comparison",
        machine(
            transitions="{finish: {from: open, to: done, checks: {c: {check: ▸on > created_on, message: No.}}}}"
        ).replace("  on: {type: date}", "  on: {type: date}\n  created_on: {type: date, required: true}"),
        "when:",
        Level.WARNING,
    ),
    Case(
        "unknown-field", visit("  up: {type: user}\n  a: {type: mirror, of: up.email, reveals: [▸up.mail]}"), '"email"'
    ),
    Case(
        "unused-machine",
        "kind: state_machine\nname: ▸spare\nobject: order\nfield: status\ninitial: a\nstates: {a: {label: A}}",
        "machine: spare",
        Level.WARNING,
    ),
    Case(
        "not-a-state",
        "kind: state_machine\nname: m\nobject: order\nfield: ▸amount\ninitial: a\nstates: {a: {label: A}}",
    ),
    Case(
        "no-state-field",
        "kind: state_machine\nname: m\nobject: ▸customer\ninitial: a\nstates: {a: {label: A}}",
        "state",
    ),
    Case("unknown-choice", "kind: choice_list\nname: towns\nparent: regions\nchoices: {x: {parent: ▸nort}}", '"north"'),
    Case("not-writable", "kind: mapping\nname: m\nobject: customer\ncolumns: {▸spent: Spent}", "leave the column out"),
    Case("not-writable", "kind: mapping\nname: m\nobject: order\ncolumns: {▸status: Status}", "set_state: true"),
    Case("unknown-part", "kind: mapping\nname: m\nobject: order\ncolumns: {▸amount.curency: C}", '"currency"'),
    Case("wrong-value", "kind: mapping\nname: m\nobject: customer\ncolumns: {level: {from: L, values: {K: ▸key2}}}"),
    Case(
        "find-without-lookup",
        "kind: mapping\nname: m\nobject: customer\ncolumns: {since: {from: S, ▸find: {by: name}}}",
    ),
    Case(
        "unknown-field",
        "kind: mapping\nname: m\nobject: order\ncolumns: {customer: {from: C, find: {by: ▸nme}}}",
        '"name"',
    ),
    Case(
        "wrong-target",
        "kind: mapping\nname: m\nobject: order\ncolumns: {customer: {from: C, find: {object: ▸order, by: number}}}",
    ),
    Case("unknown-field", "kind: sample_data\nname: s\nrecords: {customer: {c1: {▸nme: A}}}", '"name"'),
    Case("wrong-value", "kind: sample_data\nname: s\nrecords: {customer: {c1: {name: A, since: ▸soon}}}"),
    Case("unknown-object", "kind: reference_data\nname: s\nrecords: {▸custmer: {c1: {name: A}}}", '"customer"'),
    Case(
        "grants-administration",
        "kind: role\nname: chief\nadmin: [manage_definitions]\n---\n"
        "kind: role\nname: personnel\ngrants: [▸chief]\nadmin: [manage_users]",
        "take admin: out",
    ),
    Case(
        "rule-without-effect",
        "kind: sharing_rule\nname: all\nobject: ▸company\nto: {role: clerk}",
        "default_access: private",
        Level.WARNING,
    ),
    Case(
        "shared-by-parent",
        "kind: object\nname: part\ndefault_access: controlled_by_parent\nfields:\n"
        "  name: {type: text, required: true}\n  of: {type: parent, to: order, reverse: parts}\n---\n"
        "kind: sharing_rule\nname: all\nobject: ▸part\nto: {role: clerk}",
        "share the parent",
    ),
    Case(
        "selector-kind",
        "kind: sharing_rule\nname: all\nobject: order\nto: ▸{chosen_by: owner}",
        "name people by one of user, role",
    ),
    Case("unknown-script", "kind: sharing_rule\nname: all\nobject: order\nto: {script: ▸nearest}"),
    Case(
        "wrong-object",
        f"kind: sharing_rule\nname: all\nobject: order\nto: {{script: ▸near}}\n---\n{NEAR}customer\nruns: people",
        "of this object",
    ),
    Case(
        "selector-kind",
        approval("{approve: boss, approvers: {script: ▸near}}") + f"\n---\n{NEAR}visit\nruns: patch",
        "runs: people",
    ),
    Case("script-occasion", f"{NEAR}order\nruns: people\n▸order: 10", "remove order"),
    Case(
        "selector-kind",
        "kind: sharing_rule\nname: all\nobject: order\nto: ▸{field: helpers}",
        "name a group",
    ),
    Case(
        "not-people",
        "kind: restriction_rule\nname: some\nobject: order\nwhere: amount > 3\nonly: ▸{field: customer}",
        "type user",
    ),
    Case(
        "setting-taken",
        "kind: package\nname: one\nversion: 1.0.0\nsettings: {limit: {type: integer, default: 1}}\n---\n"
        "kind: package\nname: two\nversion: 1.0.0\nsettings: {▸limit: {type: integer, default: 2}}",
        "another name",
    ),
    Case("action-kind", automation("{set: {customer: null}, stop: true}").replace("{set", "▸{set"), "begin with"),
    Case("action-key", automation("{stop: true, ▸values: {amount: 1}}"), "remove values"),
    Case("action-timing", automation("{▸create: customer}", "timing: before_save").replace("{▸create: ", "{create: ▸")),
    Case("action-place", automation("{script: ▸near}") + f"\n---\n{NEAR}order\nruns: people", "runs: action"),
    Case("trigger-kind", automation("{stop: true}", trigger="▸{outcome: approved}"), "begin with"),
    Case("trigger-key", automation("{stop: true}", trigger="{updated: [amount], ▸at: '09:00'}"), "remove at"),
    Case("derived-trigger", automation("{stop: true}", trigger="{updated: [▸spent]}", about="customer"), "made of"),
    Case("bad-schedule", automation("{stop: true}", trigger="{schedule: ▸'0 25 * * *'}")),
    Case("unknown-zone", automation("{stop: true}", trigger="{schedule: '0 6 * * 1', zone: ▸Mars/Base}"), "Asia/"),
    Case(
        "run-as-nobody",
        automation("{stop: true}", "run_as: ▸triggering_user", "{date: since}", "customer"),
        "integration user",
    ),
    Case(
        "automation-circle",
        automation("{set: {amount: 3}}", trigger="▸updated"),
        "add a when",
        Level.WARNING,
    ),
    Case("not-a-record", automation("{update: ▸amount, values: {name: a}}"), "for_each"),
    Case("wrong-object", automation("{convert: ▸sell}") + "\n---\n" + CONVERSION + "create: {order: {}}"),
    Case("missing-value", automation("{create: customer, values: ▸{credit: 3}}"), "add name"),
    Case("taken-name", automation("{for_each: customer.orders, as: ▸amount, do: [{stop: true}]}"), "one_amount"),
    Case("unknown-notification", automation("{notify: ▸look, to: {field: owner}}")),
    Case("unknown-assignment-rule", automation("{assign: {rule: ▸by_turns}}")),
    Case("unknown-conversion", automation("{convert: ▸sale}")),
    Case("unknown-script", automation("{script: ▸count}")),
    Case("unknown-integration", automation("{webhook: ▸erp}")),
]


def place_of(text: str) -> tuple[str, str]:
    """Return the text without the mark, and line:column of the mark."""
    before, _, after = text.partition(PLACE)
    return before + after, f"{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_mistake_is_reported_where_it_stands_with_a_way_to_mend_it(case: Case) -> None:
    text, place = place_of(case.text)
    problems = problems_of(BASE, text)
    found = [one for one in problems if one.code == case.code]
    assert [str(one.position) for one in found] == [f"text2.yaml:{place}"], problems
    assert case.hint in found[0].hint
    assert found[0].level is case.level


def test_a_check_of_a_required_or_tested_field_is_no_trap() -> None:
    ways = "{finish: {from: open, to: done, requires: [on], checks: {c: {check: on > created_at, message: No.}}}}"
    sound = machine(transitions=ways.replace("created_at", "start")).replace(
        "  on:", "  start: {type: date, required: true}\n  on:"
    )
    assert problems_of(BASE, sound) == []
    tested = "rules: {r: {check: a == null or a > 3, message: No.}}"
    assert problems_of(BASE, visit("  a: {type: integer}", tested)) == []


def test_what_is_computed_is_not_to_be_made_required() -> None:
    fields = "  a: {type: integer}\n  b: {type: formula, returns: integer, expression: a + 1}"
    (found,) = problems_of(BASE, visit(fields, "rules: {r: {check: b > 3, message: No.}}"))
    assert (found.code, found.hint) == ("null-comparison", "add when: b != null")


def test_a_word_that_is_neither_scope_nor_field_is_told_the_scopes() -> None:
    (found,) = problems_of(BASE, "kind: role\nname: seller\nobjects: {company: {read: everyone}}")
    assert (found.code, found.hint[:30]) == ("unknown-scope", "one of: account, account_and_b")


def test_a_mistake_is_not_said_again_of_what_depends_on_it() -> None:
    role = "kind: role\nname: seller\nobjects: {customer: {read: everyone, update: nme == 1}}"
    person = "kind: sample_data\nname: people\nrecords: {user: {ann: {name: Ann, roles: [seller]}}}"
    assert [one.code for one in problems_of(BASE, role, person)] == ["unknown-scope", "EXPR-NAME"]


def test_the_sound_catalog_has_no_problem() -> None:
    assert problems_of(BASE) == []


def test_all_mistakes_of_a_catalog_are_reported_at_once() -> None:
    texts = [place_of(case.text)[0] for case in CASES if case.text.startswith("kind: role\nname: seller")][:4]
    renamed = [text.replace("name: seller", f"name: seller{number}") for number, text in enumerate(texts)]
    assert len({one.position for one in problems_of(BASE, *renamed)}) >= 4


def test_roles_that_see_a_result_without_its_source_are_named_together() -> None:
    bill = "kind: object\nname: bill\nfields:\n  name: {type: text}\n  customer: {type: lookup, to: customer}\n"
    bill += "  limit: {type: mirror, of: customer.credit}\n"
    roles = [f"---\nkind: role\nname: {name}\nobjects: {{bill: {{read: all}}}}\n" for name in ("payer", "keeper")]
    (found,) = [one for one in problems_of(BASE, bill + "".join(roles)) if one.code == "reveals-source"]
    assert '"payer"' in found.message
    assert '"keeper"' in found.message
