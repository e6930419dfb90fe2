"""Codes about automations and lists of actions. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_DEAL = (
    "---\nkind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n  note: {type: text}\n"
    "  day: {type: date}\n  amount: {type: decimal}\n  customer: {type: lookup, to: customer}\n"
    "  double: {type: formula, returns: decimal, expression: amount * 2}\n"
    "---\nkind: object\nname: customer\nfields: {name: {type: text, required: true}, size: {type: integer}}\n"
    "---\nkind: notification\nname: look\nlabel: Have a look\nobject: deal\n"
    "---\nkind: notification\nname: greet\nlabel: Say hello\nobject: customer\n"
)
_TIDY = "---\nkind: script\nname: tidy\nobject: deal\nsource: x = 1\nruns: "
_SET = "actions: [{set: {note: seen}}]"


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: automation\nname: watch\nobject: deal\n"
    return CodeDoc(
        code,
        title,
        why,
        f"{start}{wrong}\n{_DEAL}",
        f"{start}{right}\n{_DEAL}",
        "workflows/watch.yaml",
        group="catalog",
    )


def _action(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    return _doc(code, title, why, f"trigger: created\nactions: [{wrong}]", f"trigger: created\nactions: [{right}]")


def _trigger(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    return _doc(code, title, why, f"trigger: {wrong}\n{_SET}", f"trigger: {right}\n{_SET}")


register(
    CodeDoc(
        "not-yet",
        "The key has no effect in this version.",
        "A warning: the language has it, and nothing acts on it yet.",
        "kind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n"
        "  boss: {type: user, on_owner_change: keep}\n",
        "kind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n  boss: {type: user}\n",
        "objects/deal.yaml",
        group="catalog",
    ),
    _action(
        "action-kind",
        "An item of the list is no action, or more than one.",
        "Each item has one word that says what is done; what belongs to it stands beside.",
        "{set: {note: a}, stop: true}",
        "{set: {note: a}}, {stop: true}",
    ),
    _action(
        "action-key",
        "The action has no such key.",
        "Every action has keys of its own.",
        "{notify: look, to: {field: owner}, values: {note: a}}",
        "{notify: look, to: {field: owner}}",
    ),
    _doc(
        "action-timing",
        "The action cannot run at this time.",
        "Before a save only the record at hand is changed, or the save refused; after a deletion the record is gone.",
        "trigger: created\ntiming: before_save\nactions: [{notify: look, to: {field: owner}}]",
        "trigger: created\nactions: [{notify: look, to: {field: owner}}]",
    ),
    _doc(
        "action-place",
        "The action has no place here.",
        "Only records that people own are assigned; a script that runs inside a save is started by no action.",
        f"trigger: created\nactions: [{{script: tidy}}]\n{_TIDY}patch",
        f"trigger: created\nactions: [{{script: tidy}}]\n{_TIDY}action",
    ),
    _trigger(
        "trigger-kind",
        "Nothing says what makes the automation run.",
        "A trigger begins with one of its words.",
        "{outcome: approved}",
        "updated",
    ),
    _trigger(
        "trigger-key",
        "The trigger has no such key.",
        "zone belongs to schedule, offset and at to date, outcome to approval.",
        "{updated: [amount], at: '09:00'}",
        "{updated: [amount]}",
    ),
    _trigger(
        "derived-trigger",
        "The field changes by itself.",
        "Formulas and rollups are worked out from other fields; no event tells of them.",
        "{updated: [double]}",
        "{updated: [amount]}",
    ),
    _trigger(
        "bad-schedule",
        "The text is no schedule.",
        "Five fields: minute, hour, day, month, weekday.",
        "{schedule: '0 25 * * *'}",
        "{schedule: '0 6 * * 1'}",
    ),
    _trigger(
        "unknown-zone",
        "There is no such time zone.",
        "Time zones are named by continent and city.",
        "{schedule: '0 6 * * 1', zone: Mars/Base}",
        "{schedule: '0 6 * * 1', zone: Asia/Shanghai}",
    ),
    _doc(
        "run-as-nobody",
        "There is nobody whose rights could be taken.",
        "A schedule and a date are caused by nobody; what runs before a save belongs to that save.",
        f"trigger: {{date: day}}\nrun_as: triggering_user\n{_SET}",
        f"trigger: {{date: day}}\nrun_as: {{integration: erp}}\n{_SET}",
    ),
    _doc(
        "automation-circle",
        "Automations may set each other off in a circle.",
        "A warning: after a few rounds the run is stopped and fails. A when, or fields under updated, ends it.",
        "trigger: updated\nactions: [{set: {amount: amount + 1}}]",
        "trigger: {updated: [name]}\nactions: [{set: {amount: amount + 1}}]",
    ),
    _action(
        "not-a-record",
        "The path leads to no record, or to several.",
        "update changes one record; for several there is for_each.",
        "{update: name, values: {name: a}}",
        "{update: customer, values: {name: a}}",
    ),
    _action(
        "wrong-object",
        "What is named is about another object.",
        "A notification, an approval, a conversion, a rule or an integration belongs to an object.",
        "{notify: greet, to: {field: owner}}",
        "{notify: look, to: {field: owner}}",
    ),
    _action(
        "missing-value",
        "A new record needs a value that is not given.",
        "A required field without a default must be among the values, or the action fails each time.",
        "{create: customer, values: {size: 3}}",
        "{create: customer, values: {name: New, size: 3}}",
    ),
    _action(
        "taken-name",
        "The name means something else here.",
        "An item of a loop would hide a field, or the item of a loop around it.",
        "{for_each: {find: customer}, as: name, do: [{stop: true}]}",
        "{for_each: {find: customer}, as: each_one, do: [{stop: true}]}",
    ),
    _action(
        "unknown-notification",
        "There is no notification of this name.",
        "What a notice says is a definition of its own, so that it can be translated.",
        "{notify: lok, to: {field: owner}}",
        "{notify: look, to: {field: owner}}",
    ),
    _action(
        "unknown-assignment-rule",
        "There is no assignment rule of this name.",
        "assign: {rule: ...} names an assignment rule.",
        "{assign: {rule: by_turns}}",
        "{assign: {field: owner}}",
    ),
    _action(
        "unknown-conversion",
        "There is no conversion of this name.",
        "convert names a conversion.",
        "{convert: deal_to_order}",
        "{stop: true}",
    ),
    _action(
        "unknown-script",
        "There is no script of this name.",
        "script names a script that runs after the commit.",
        "{script: count}",
        "{stop: true}",
    ),
    _action(
        "unknown-integration",
        "There is no integration of this name.",
        "webhook names an integration that sends.",
        "{webhook: erp}",
        "{stop: true}",
    ),
)
