"""Codes about objects and their fields: references, parameters, computed values, limits. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_VISIT = "kind: object\nname: visit\nfields:\n  name: {type: text}\n"
_ORDER = "---\nkind: object\nname: order\nfields:\n  name: {type: text}\n"
#: Visits with stops, their children.
_STOPS = (
    "---\nkind: object\nname: stop\nfields:\n  name: {type: text}\n  visit: {type: parent, to: visit, reverse: stops}\n"
)


def _field(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    """Describe a mistake in the fields of a visit; ``more`` is what stands beside it."""
    return CodeDoc(code, title, why, f"{_VISIT}  {wrong}\n{more}", f"{_VISIT}  {right}\n{more}", group="catalog")


def _object(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    """Describe a mistake in another property of an object."""
    return CodeDoc(code, title, why, f"{_VISIT}{wrong}\n{more}", f"{_VISIT}{right}\n{more}", group="catalog")


def _machine(name: str, object_name: str, field: str) -> str:
    return (
        f"---\nkind: state_machine\nname: {name}\nobject: {object_name}\nfield: {field}\n"
        "initial: open\nstates: {open: {label: Open}}\n"
    )


register(
    _field(
        "unknown-object",
        "There is no object of this name.",
        "A lookup, layout, role or find names it.",
        "order: {type: lookup, to: ordr}",
        "order: {type: lookup, to: order}",
        _ORDER,
    ),
    _field(
        "unknown-choice-list",
        "There is no shared list of this name.",
        "Lists live in choice_lists/.",
        "region: {type: choice, choice_list: region}",
        "region: {type: choice, choice_list: regions}",
        "---\nkind: choice_list\nname: regions\nchoices: [north, south]\n",
    ),
    _field(
        "unknown-state-machine",
        "There is no state machine of this name.",
        "Machines live in workflows/.",
        "stage: {type: state, machine: stage}",
        "stage: {type: state, machine: stages}",
        _machine("stages", "visit", "stage"),
    ),
    _field(
        "no-machine",
        "A state field has no machine.",
        "The field names one, or every record type does.",
        "stage: {type: state}",
        "stage: {type: state, machine: stages}",
        _machine("stages", "visit", "stage"),
    ),
    _field(
        "foreign-machine",
        "The machine moves another field.",
        "A machine belongs to one field of one object.",
        "stage: {type: state, machine: order_stages}",
        "stage: {type: state, machine: stages}",
        _machine("stages", "visit", "stage")
        + _ORDER
        + "  stage: {type: state, machine: order_stages}\n"
        + _machine("order_stages", "order", "stage"),
    ),
    _field(
        "unknown-parameter",
        "The field type has no such parameter.",
        "Each type has parameters of its own.",
        "guests: {type: integer, max_length: 3}",
        "guests: {type: integer, max: 999}",
    ),
    _field(
        "wrong-parameter",
        "The parameter cannot have this value with this field type.",
        "The bounds of a date are dates, for example.",
        "day: {type: date, min: 3}",
        'day: {type: date, min: "2020-01-01"}',
    ),
    _field(
        "missing-parameter",
        "The field type needs a parameter.",
        "A lookup without a target, a formula without an expression mean nothing.",
        "order: {type: lookup}",
        "order: {type: lookup, to: order}",
        _ORDER,
    ),
    _field(
        "computed-field",
        "The parameter is about writing, and nobody writes this field.",
        "Formulas, rollups, mirrors, states and numbers are filled by the platform.",
        "twice: {type: formula, returns: text, expression: name, required: true}",
        "twice: {type: formula, returns: text, expression: name}",
    ),
    _field(
        "parameter-range",
        "Two parameters contradict each other.",
        "No value lies between them.",
        "guests: {type: integer, min: 9, max: 1}",
        "guests: {type: integer, min: 1, max: 9}",
    ),
    _field(
        "bad-pattern",
        "The pattern is no regular expression that server and browser share.",
        "Patterns are those of RE2, which match in linear time, as far as JavaScript with the flag u reads them the "
        "same: no look-around, no back references, no flags such as (?i), and only escapes that both know.",
        'code: {type: text, pattern: "("}',
        'code: {type: text, pattern: "[A-Z]{3}"}',
    ),
    _field(
        "bad-number-pattern",
        "The pattern of an automatic number is wrong.",
        "It has text, {n:4} exactly once, {date:%Y%m} and paths such as {company.code}.",
        "number: {type: auto_number, pattern: V}",
        'number: {type: auto_number, pattern: "V{n:5}"}',
    ),
    _field(
        "choices-missing",
        "A choice field has nothing to choose from.",
        "It has choices of its own or takes a shared list.",
        "kind: {type: choice}",
        "kind: {type: choice, choices: [first, repeat]}",
    ),
    _field(
        "not-a-choice",
        "The field named here must be a choice.",
        "Choices depend on another choice field, and record types narrow choice fields.",
        "kind: {type: choice, choices: [a], depends_on: name}",
        "group: {type: choice, choices: [x]}\n  kind: {type: choice, choices: [a], depends_on: group}",
    ),
    _field(
        "unknown-choice",
        "The list has no such choice.",
        "A record type, a parent or a former name mentions it.",
        "kind: {type: choice, choices: [a]}\nrecord_types: {big: {choices: {kind: [b]}}}",
        "kind: {type: choice, choices: [a]}\nrecord_types: {big: {choices: {kind: [a]}}}",
    ),
    _field(
        "reverse-taken",
        "The name of the other side is taken.",
        "It would stand beside the fields of the target, where one name means one thing.",
        "order: {type: lookup, to: order, reverse: name}",
        "order: {type: lookup, to: order, reverse: visits}",
        _ORDER,
    ),
    _field(
        "clears-required",
        "Deleting the target cannot clear a required field.",
        "The record would be invalid at once.",
        "order: {type: lookup, to: order, required: true, on_delete: clear}",
        "order: {type: lookup, to: order, required: true, on_delete: restrict}",
        _ORDER,
    ),
    _field(
        "two-parents",
        "An object has one parent.",
        "Rights, locking and deletion follow it.",
        "order: {type: parent, to: order}\n  host: {type: parent, to: company}",
        "order: {type: parent, to: order}\n  host: {type: lookup, to: company}",
        _ORDER,
    ),
    _field(
        "path-ends",
        "The path cannot go on after this field.",
        "Paths go through lookups to one object.",
        "boss: {type: mirror, of: name.manager}",
        "host: {type: user}\n  boss: {type: mirror, of: host.manager}",
    ),
    _field(
        "unknown-reverse",
        "This is no other side of a lookup.",
        "Children are reached by the word reverse of their lookup.",
        "stop_count: {type: rollup, of: stop.id, aggregate: count}",
        "stop_count: {type: rollup, of: stops.id, aggregate: count}",
        _STOPS,
    ),
    _field(
        "rollup-path",
        "A rollup adds up a field of the children themselves.",
        "Longer paths cannot be kept right row by row.",
        "hosts: {type: rollup, of: stops.owner.name, aggregate: list}",
        "hosts: {type: rollup, of: stops.name, aggregate: list}",
        _STOPS,
    ),
    CodeDoc(
        "rollup-many",
        "A rollup follows lookups and parents.",
        "The other side of a many_to_many field has no single parent to lock.",
        "kind: object\nextends: user\nfields: {visits: {type: rollup, of: all_visits.id, aggregate: count}}\n---\n"
        + _VISIT
        + "  guests: {type: many_to_many, to: user, reverse: all_visits}\n",
        "kind: object\nextends: user\nfields: {visits: {type: rollup, of: all_visits.id, aggregate: count}}\n---\n"
        + _VISIT
        + "  guest: {type: lookup, to: user, reverse: all_visits}\n",
        group="catalog",
    ),
    _field(
        "aggregate-type",
        "The aggregate does not work on this type.",
        "Only numbers and money are summed.",
        "names: {type: rollup, of: stops.name, aggregate: sum}",
        "names: {type: rollup, of: stops.name, aggregate: list}",
        _STOPS,
    ),
    _field(
        "not-stored",
        "The field is computed when it is read.",
        "It can be neither added up, nor unique, nor indexed.",
        "host: {type: user}\n  mail: {type: mirror, of: host.email}\nunique: [{fields: [mail]}]",
        "host: {type: user}\n  mail: {type: email}\nunique: [{fields: [mail]}]",
    ),
    _field(
        "rollup-cycle",
        "Rollups add each other up in a circle.",
        "No order of computing them would ever end.",
        "up: {type: lookup, to: visit, reverse: below}\n  total: {type: rollup, of: below.total, aggregate: sum}",
        "up: {type: lookup, to: visit, reverse: below}\n  length: {type: integer}\n"
        "  total: {type: rollup, of: below.length, aggregate: sum}",
    ),
    _field(
        "mirror-cycle",
        "Mirrors show each other in a circle.",
        "There is no value at the end.",
        "up: {type: lookup, to: visit, reverse: below}\n  top: {type: mirror, of: up.top}",
        "up: {type: lookup, to: visit, reverse: below}\n  top: {type: mirror, of: up.name}",
    ),
    _field(
        "formula-cycle",
        "Formulas read each other in a circle.",
        "No order of computing them would ever end.",
        "a: {type: formula, returns: integer, expression: b + 1}\n"
        "  b: {type: formula, returns: integer, expression: a + 1}",
        "a: {type: formula, returns: integer, expression: b + 1}\n  b: {type: integer}",
    ),
    _field(
        "cannot-be-stored",
        "The value would change without being written.",
        "It depends on today, now, the user, or other records; without `stored` it is computed when read.",
        "age: {type: formula, returns: date, expression: today(), stored: true}",
        "age: {type: formula, returns: date, expression: today()}",
    ),
    _field(
        "no-default",
        "There is no default that could be computed again.",
        "`default_again_on` names the fields whose change computes it.",
        "price: {type: money, default_again_on: [name]}",
        "price: {type: money, default: 5, default_again_on: [name]}",
    ),
    _field(
        "wrong-default",
        "The default does not fit the field.",
        "Every new record would start with an error.",
        "guests: {type: integer, max: 3, default: 7}",
        "guests: {type: integer, max: 9, default: 7}",
    ),
    _field(
        "not-a-date",
        "The field named here must be a date.",
        "Exchange rates, periods and calendars need days.",
        "price: {type: money, rate_date: name}",
        "day: {type: date}\n  price: {type: money, rate_date: day}",
    ),
    _field(
        "base-amount",
        "A default takes an amount in the company's currency for one in the field's own (a warning).",
        "Amounts in expressions are in the company's currency. convert gives the amount in another one.",
        "cost: {type: money}\n  price: {type: money, currency: EUR, default: cost}",
        'cost: {type: money}\n  price: {type: money, currency: EUR, default: "convert(cost, \\"EUR\\")"}',
    ),
    _field(
        "not-a-currency",
        "The field named here holds no currency code.",
        "Name a choice of currencies or a text, or write a code.",
        "day: {type: date}\n  price: {type: money, currency: day}",
        "price: {type: money, currency: EUR}",
    ),
    _object(
        "unknown-field",
        "The object has no such field.",
        "The hint names the nearest one.",
        "search: [nme]",
        "search: [name]",
    ),
    _object(
        "title-type",
        "A title is text that names the record.",
        "Texts, automatic numbers, phone numbers and e-mail addresses do.",
        "  day: {type: date}\ntitle: day",
        "  day: {type: date}\ntitle: name",
    ),
    CodeDoc(
        "no-title",
        "Nothing names the records.",
        "A warning: lists, lookups and messages would show keys.",
        "kind: object\nname: visit\nfields: {day: {type: date}}\n",
        "kind: object\nname: visit\ntitle: topic\nfields: {topic: {type: text}}\n",
        group="catalog",
    ),
    _object(
        "tree-lookup",
        "A tree needs a lookup to the object itself.",
        "`within` follows it upward.",
        "  host: {type: user}\ntree: host",
        "  up: {type: lookup, to: visit, reverse: below}\ntree: up",
    ),
    _object(
        "not-searchable",
        "The field cannot be searched by words.",
        "Texts, numbers of records and addresses can.",
        "  day: {type: date}\nsearch: [day]",
        "  day: {type: date}\nsearch: [name]",
    ),
    _object(
        "no-parent",
        "There is no parent that could control access.",
        "`controlled_by_parent` needs a field of type parent.",
        "default_access: controlled_by_parent",
        "  order: {type: parent, to: order, reverse: visits}\ndefault_access: controlled_by_parent",
        _ORDER,
    ),
    _object(
        "null-comparison",
        "A check compares a field that may be empty.",
        "A warning: comparisons with nothing do not hold, so the rule would refuse every record without the value.",
        "  guests: {type: integer}\nrules: {few: {check: guests < 9, message: Too many.}}",
        "  guests: {type: integer}\nrules: {few: {when: guests != null, check: guests < 9, message: Too many.}}",
    ),
    _object(
        "too-many-fields",
        "An object has at most 400 fields.",
        "Move groups of them into objects of their own.",
        "".join(f"  f{number}: {{type: date}}\n" for number in range(400)),
        "  day: {type: date}",
    ),
    _object(
        "too-many-columns",
        "An object has at most 800 columns.",
        "Money has three each.",
        "".join(f"  f{number}: {{type: money}}\n" for number in range(270)),
        "  price: {type: money}",
    ),
    _object(
        "too-many-indexes",
        "An object has at most 32 indexes.",
        "Every lookup, unique and indexed field has one; each slows down writing.",
        "".join(f"  f{number}: {{type: date, index: true}}\n" for number in range(33)),
        "  day: {type: date, index: true}",
    ),
)
