"""Codes about a definition that contradicts itself, and about translations. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_START = "kind: object\nname: customer\n"
_FIELDS = _START + "fields:\n"
_MACHINE = "kind: state_machine\nname: stage\nobject: deal\ninitial: open\nstates: {open: {}, won: {final: true}}\n"
_MACHINE_FILE = "workflows/stage.yaml"
_WIN = "transitions:\n  win: {from: open, to: won}\n"
_MAPPING = "kind: mapping\nname: customers\nobject: customer\n"
_MAPPING_FILE = "mappings/customers.yaml"
_PACKAGE = "kind: package\nname: projects\nversion: 1.0.0\n"
_TRANSLATION = "kind: translations\nlanguage: de\nof: object\ntexts:\n"

register(
    CodeDoc(
        "keyword-name",
        "The name is a word of the expression language.",
        "Names like `class`, `from` or `in` could not be read in an expression.",
        _FIELDS + "  class: {type: text}\n",
        _FIELDS + "  school_class: {type: text, label: Class}\n",
    ),
    CodeDoc(
        "reserved-name",
        "The name means something else in every expression.",
        "this, old, user, submitter, candidate, input, item and setting are where expressions start.",
        _FIELDS + "  item: {type: text}\n",
        _FIELDS + "  article: {type: text, label: Item}\n",
    ),
    CodeDoc(
        "system-field",
        "Every record has this field.",
        "id, created_at, created_by, updated_at, updated_by, version, approval_status and record_type are there; "
        "owner, department and company may be declared as what they are, to say more about them.",
        _FIELDS + "  created_at: {type: datetime}\n",
        _FIELDS + "  founded_on: {type: date}\n",
    ),
    CodeDoc(
        "duplicate-name",
        "Two things have one name.",
        "Two lookups to one object, for example, need two names for the way back.",
        _FIELDS + "  seller: {type: user, reverse: customers}\n  keeper: {type: user, reverse: customers}\n",
        _FIELDS + "  seller: {type: user, reverse: sold}\n  keeper: {type: user, reverse: kept}\n",
    ),
    CodeDoc(
        "was-still-there",
        "Something was renamed, and its old name is still there.",
        "`was` carries the data of something that is gone.",
        _FIELDS + "  phone: {type: phone}\n  mobile: {type: phone, was: phone}\n",
        _FIELDS + "  mobile: {type: phone, was: phone}\n",
    ),
    CodeDoc(
        "was-twice",
        "Two things have the same former name.",
        "One name becomes one name; a copy is made by `convert_from`.",
        _FIELDS + "  work: {type: phone, was: phone}\n  home: {type: phone, was: phone}\n",
        _FIELDS + "  work: {type: phone, was: phone}\n  home: {type: phone, convert_from: phone}\n",
    ),
    CodeDoc(
        "same-label",
        "Two things to choose from have one label (a warning).",
        "Nobody could tell them apart.",
        _FIELDS + "  work: {type: phone, label: Phone}\n  home: {type: phone, label: Phone}\n",
        _FIELDS + "  work: {type: phone, label: Phone at work}\n  home: {type: phone, label: Phone at home}\n",
    ),
    CodeDoc(
        "contradicting-keys",
        "Two keys exclude each other.",
        "The hint says which to keep.",
        _FIELDS + "  size: {type: choice, choices: [small], choice_list: sizes}\n",
        _FIELDS + "  size: {type: choice, choice_list: sizes}\n",
    ),
    CodeDoc(
        "open-brace",
        "A brace in a text is not closed.",
        "`{expression}` puts a value in; `{{` is a brace.",
        _START + 'rules:\n  left: {check: amount >= 0, message: "Only {amount left."}\n',
        _START + 'rules:\n  left: {check: amount >= 0, message: "Only {amount} left."}\n',
    ),
    CodeDoc(
        "unknown-state",
        "The machine has no such state.",
        "The hint names the nearest one.",
        _MACHINE + "transitions:\n  win: {from: opn, to: won}\n",
        _MACHINE + _WIN,
        file=_MACHINE_FILE,
    ),
    CodeDoc(
        "unreachable-state",
        "No transition leads to a state (a warning).",
        "Records could only be imported into it.",
        _MACHINE,
        _MACHINE + _WIN,
        file=_MACHINE_FILE,
    ),
    CodeDoc(
        "automatic-without-when",
        "An automatic transition does not say when.",
        "It would be taken at once, always.",
        _MACHINE + "transitions:\n  win: {from: open, to: won, automatic: true}\n",
        _MACHINE + "transitions:\n  win: {from: open, to: won, automatic: true, when: paid}\n",
        file=_MACHINE_FILE,
    ),
    CodeDoc(
        "unknown-scope",
        "There is no scope of that name.",
        "Scopes are words such as own, department_and_below, all; anything else is read as an expression.",
        "kind: role\nname: sales\nobjects:\n  customer: {read: departement}\n",
        "kind: role\nname: sales\nobjects:\n  customer: {read: department}\n",
        file="roles/sales.yaml",
    ),
    CodeDoc(
        "includes-itself",
        "A role includes itself.",
        "It has its own rights anyway.",
        "kind: role\nname: sales\nincludes: [sales]\n",
        "kind: role\nname: sales\nincludes: [reader]\n",
        file="roles/sales.yaml",
    ),
    CodeDoc(
        "field-twice",
        "A field stands twice in a form (a warning).",
        "Keep one of them.",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, rows: [[name, phone], [name]]}\n",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, rows: [[name, phone]]}\n",
        file="layouts/customer.yaml",
    ),
    CodeDoc(
        "key-not-mapped",
        "A key field of a mapping gets no value.",
        "Records are found by it, so the columns must say where it comes from.",
        _MAPPING + "key: [number]\ncolumns: {name: account}\n",
        _MAPPING + "key: [number]\ncolumns: {number: id, name: account}\n",
        file=_MAPPING_FILE,
    ),
    CodeDoc(
        "setting-default",
        "The default of a setting is no value of its type.",
        "It must be one a site could enter.",
        _PACKAGE + "settings:\n  threshold: {type: integer, default: high}\n",
        _PACKAGE + "settings:\n  threshold: {type: integer, default: 70}\n",
        file="package.yaml",
    ),
    CodeDoc(
        "requires-itself",
        "A package requires itself.",
        "It names the packages it needs besides.",
        _PACKAGE + 'requires: {projects: ">=1.0"}\n',
        _PACKAGE + 'requires: {crm: ">=1.0"}\n',
        file="package.yaml",
    ),
    CodeDoc(
        "unknown-text",
        "A translation has no counterpart.",
        "Translations have the shape of what they translate; list items are named by their first key.",
        _TRANSLATION + "  custommer: {label: Kunde}\n",
        _TRANSLATION + "  customer: {label: Kunde}\n",
        file="translations/de/object.yaml",
        below=_START,
    ),
    CodeDoc(
        "secret-value",
        "The value looks like a password or key.",
        "Definitions are read by many, copied and kept: they name a secret and never hold one.",
        _PACKAGE + "settings:\n  gateway_token: {type: text, default: q7Rf2LxV9sKd4Wm8Zt1B}\n",
        _PACKAGE + "settings:\n  gateway_token: {type: text}\n",
        file="package.yaml",
    ),
)
