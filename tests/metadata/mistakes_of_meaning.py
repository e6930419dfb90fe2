"""Mistakes in values, in names and between keys. One mistake per text; what follows from it is not listed."""

from __future__ import annotations

OBJECT = "kind: object\nname: customer\n"
FIELDS = OBJECT + "fields:\n"
LAYOUT = "kind: layout\nname: customer\nobject: customer\n"
MACHINE = (
    "kind: state_machine\nname: stage\nobject: deal\ninitial: open\n"
    "states:\n  open: {label: Open}\n  won: {label: Won}\n"
)
ROLE = "kind: role\nname: sales\n"
DASHBOARD = "kind: dashboard\nname: x\nwidgets:\n"
APP = "kind: app\nname: sales\n"
PACKAGE = "kind: package\nname: crm\nversion: 1.0.0\n"
MAPPING = "kind: mapping\nname: rows\nobject: customer\n"
VIEW = "kind: list_view\nname: mine\nobject: customer\n"
CHOICES = "kind: choice_list\nname: sizes\n"
DATA = "kind: sample_data\nname: demo\nrecords:\n"
TRANSLATION = "kind: translations\nlanguage: de\nof: object\n"

#: name, text, code and place, part of the hint
CASES: tuple[tuple[str, str, str, str], ...] = (
    # values
    ("yes for true", FIELDS + "  a: {type: text, required: yes, unique: yes}\n", "wrong-type 4:29", "write true"),
    ("on for true", OBJECT + "history: on\n", "wrong-type 3:10", "write true, without quotes"),
    ("a capital True", OBJECT + "history: True\n", "wrong-type 3:10", "write true, without quotes"),
    ("a quoted true", OBJECT + 'history: "true"\n', "wrong-type 3:10", "write true, without quotes"),
    ("a number for a text", OBJECT + "label: 12\n", "wrong-type 3:8", 'put it in quotes: "12"'),
    ("true for a text", OBJECT + "label: true\n", "wrong-type 3:8", 'put it in quotes: "true"'),
    (
        "a quoted number",
        FIELDS + '  a: {type: text, max_length: "10"}\n',
        "wrong-type 4:31",
        "write the number without quotes, units or",
    ),
    (
        "a number with a leading zero",
        FIELDS + "  a: {type: text, max_length: 010}\n",
        "wrong-type 4:31",
        "write the number without quotes, units or",
    ),
    (
        "a fraction for a whole number",
        FIELDS + "  a: {type: text, max_length: 1.5}\n",
        "wrong-type 4:31",
        "for example  120",
    ),
    (
        "a list for a map",
        OBJECT + "fields:\n  - {name: a, type: text}\n",
        "wrong-type 4:3",
        "named things are maps keyed by name: write ",
    ),
    (
        "a map for a list",
        LAYOUT + "form:\n  deal: {rows: [[name]]}\n",
        "wrong-type 5:3",
        "for example  [{section: deal, rows: [[name,",
    ),
    ("a text for a list", OBJECT + "search: name\n", "wrong-type 3:9", "write a list: [name]"),
    ("a text for a map", FIELDS + "  a: text\n", "wrong-type 4:6", "for example  {type: text, required: true,"),
    ("nothing behind the colon", OBJECT + "label:\n", "empty-value 3:7", "write a text, or leave the key out"),
    ("no fields behind the colon", FIELDS, "empty-value 3:8", "write a map, or leave the key out"),
    ("a field without a body", FIELDS + "  a:\n", "empty-value 4:5", "write a map, or leave the key out"),
    ("an empty text", OBJECT + 'label: ""\n', "empty-text 3:8", "write something, or leave the key out"),
    ("a misspelt type", FIELDS + "  a: {type: lookpu, to: b}\n", "unknown-value 4:13", 'did you mean "lookup"?'),
    (
        "a type of another language",
        FIELDS + "  a: {type: varchar}\n",
        "unknown-value 4:13",
        "one of: text, long_text, rich_text,",
    ),
    ("a misspelt access", OBJECT + "default_access: privat\n", "unknown-value 3:17", 'did you mean "private"?'),
    (
        "a misspelt colour",
        MACHINE.replace("{label: Won}", "{label: Won, color: gren}"),
        "unknown-value 7:28",
        'did you mean "green"?',
    ),
    (
        "an unknown aggregate",
        FIELDS + "  a: {type: rollup, of: b.c, aggregate: total}\n",
        "unknown-value 4:41",
        "one of: avg, count, first, last, list, max,",
    ),
    (
        "a wrong level",
        OBJECT + "rules:\n  a: {check: b, message: No., level: warn}\n",
        "unknown-value 4:38",
        'did you mean "warning"?',
    ),
    ("an unknown right", ROLE + "admin: [manage_user]\n", "unknown-value 3:9", 'did you mean "manage_users"?'),
    (
        "an unknown field right",
        ROLE + "objects:\n  a: {fields: {b: mask}}\n",
        "unknown-value 4:19",
        'did you mean "masked"?',
    ),
    (
        "a capital in a name",
        FIELDS + "  closeDate: {type: date}\n",
        "bad-name 4:3",
        "write close_date; the text for people is the label",
    ),
    (
        "a hyphen in a name",
        FIELDS + "  close-date: {type: date}\n",
        "bad-name 4:3",
        "write close_date; the text for people is the label",
    ),
    ("a digit first", FIELDS + "  1st: {type: text}\n", "bad-name 4:3", "A name: small letters, digits and"),
    (
        "a space in a name",
        "kind: object\nname: big customer\n",
        "bad-name 2:7",
        "write big_customer; the text for people is",
    ),
    (
        "a name in another script",
        FIELDS + "  客户: {type: text}\n",
        "bad-name 4:3",
        "A name: small letters, digits and",
    ),
    (
        "a name that is too long",
        FIELDS + "  " + "long_" * 9 + "name: {type: text}\n",
        "name-too-long 4:3",
        "shorten it; the text for people is the label",
    ),
    ("a space in a path", VIEW + "columns: [close date]\n", "bad-name 4:11", "A field, or a path through lookups."),
    (
        "a choice with a space",
        CHOICES + "choices: [very large]\n",
        "bad-name 3:11",
        "The stored value of a choice: letters,",
    ),
    (
        "a wrong duration",
        MACHINE.replace("{label: Open}", "{label: Open, limit: {time: 10 days}}"),
        "bad-format 6:37",
        "for example  30m, 10wd",
    ),
    ("a wrong icon", OBJECT + "icon: Building\n", "bad-format 3:7", "for example  target, building-store"),
    ("a wrong version", PACKAGE.replace("1.0.0", "one"), "bad-format 3:10", "for example  2.1.0"),
    ("a version that is a number", PACKAGE.replace("1.0.0", "1.0"), "wrong-type 3:10", 'put it in quotes: "1.0"'),
    ("a wrong range", PACKAGE + 'requires: {base: "1.2"}\n', "bad-format 4:18", "for example  >=1.2, >=1.0, <2"),
    (
        "a wrong language",
        TRANSLATION.replace("de", "german") + "texts: {a: {label: A}}\n",
        "bad-format 2:11",
        "for example  de, zh_CN",
    ),
    ("a label that is too long", OBJECT + "label: " + "long " * 50 + "\n", "too-long 3:8", "shorten it"),
    ("an empty list", OBJECT + "unique: [{fields: []}]\n", "too-few 3:19", "add items, or leave the key out"),
    ("no choices", CHOICES + "choices: {}\n", "too-few 3:10", "add entries, or leave the key out"),
    ("five in a row", LAYOUT + "form:\n  - {section: a, rows: [[a, b, c, d, e]]}\n", "too-many 5:25", "leave some out"),
    (
        "three dates of a period",
        OBJECT + "unique: [{fields: [a], during: [b, c, d]}]\n",
        "too-many 3:32",
        "leave some out",
    ),
    ("a choice twice", CHOICES + "choices: [a, b, a]\n", "duplicate-item 3:17", "keep one of them"),
    ("a role twice", ROLE + "includes: [a, a]\n", "duplicate-item 3:15", "keep one of them"),
    ("too many digits", FIELDS + "  a: {type: decimal, scale: 9}\n", "out-of-range 4:29", "write 6 or less"),
    ("a negative length", FIELDS + "  a: {type: text, max_length: -1}\n", "out-of-range 4:31", "write 1 or more"),
    # names
    ("a field named class", FIELDS + "  class: {type: text}\n", "keyword-name 4:3", "write class_ or a fuller name"),
    ("a state named in", MACHINE.replace("  won:", "  in:"), "keyword-name 7:3", "write in_ or a fuller name"),
    ("an object named from", "kind: object\nname: from\n", "keyword-name 2:7", "write from_ or a fuller name"),
    ("a field named item", FIELDS + "  item: {type: text}\n", "reserved-name 4:3", "write item_ or a fuller name"),
    (
        "a way back named old",
        FIELDS + "  a: {type: lookup, to: b, reverse: old}\n",
        "reserved-name 4:37",
        "choose another name for the way back",
    ),
    (
        "a system field",
        FIELDS + "  created_at: {type: datetime}\n",
        "system-field 4:3",
        "leave it out, or choose another name",
    ),
    (
        "an owner of another type",
        FIELDS + "  owner: {type: text}\n",
        "system-field 4:3",
        "choose another name",
    ),
    ("a company of another object", FIELDS + "  company: {type: lookup, to: firm}\n", "system-field 4:3", "choose"),
    ("a name with foreign letters", FIELDS + "  Größe: {type: text}\n", "bad-name 4:3", "write grosse"),
    (
        "one way back twice",
        FIELDS + "  a: {type: lookup, to: x, reverse: b}\n  c: {type: lookup, to: x, reverse: b}\n",
        "duplicate-name 5:37",
        "give each its own name",
    ),
    (
        "renamed and still there",
        FIELDS + "  a: {type: text}\n  b: {type: text, was: a}\n",
        "was-still-there 5:24",
        "remove the old one, or the word was",
    ),
    (
        "renamed to two",
        FIELDS + "  a: {type: text, was: c}\n  b: {type: text, was: c}\n",
        "was-twice 5:24",
        "one name becomes one name",
    ),
    (
        "two choices with one label",
        CHOICES + "choices:\n  a: {label: A}\n  b: {label: A}\n",
        "same-label 5:14",
        "nobody could tell them apart",
    ),
    # contradictions
    (
        "own and shared choices",
        FIELDS + "  a: {type: choice, choices: [b], choice_list: c}\n",
        "contradicting-keys 4:48",
        "keep one of them",
    ),
    (
        "editable and read_only",
        MACHINE.replace("{label: Won}", "{label: Won, editable: [a], read_only: [b]}"),
        "contradicting-keys 7:47",
        "keep one of them",
    ),
    (
        "an automatic transition that asks",
        MACHINE + 'transitions:\n  win: {from: open, to: won, automatic: true, when: a, confirm: "Sure?"}\n',
        "contradicting-keys 9:65",
        "remove confirm or automatic",
    ),
    (
        "an automatic transition without when",
        MACHINE + "transitions:\n  win: {from: open, to: won, automatic: true}\n",
        "automatic-without-when 9:41",
        "write when: and a condition",
    ),
    (
        "an unknown initial state",
        MACHINE.replace("initial: open", "initial: opn"),
        "unknown-state 4:10",
        'did you mean "open"?',
    ),
    (
        "an unknown source",
        MACHINE + "transitions:\n  win: {from: [open, lots], to: won}\n",
        "unknown-state 9:22",
        "one of: open, won",
    ),
    (
        "an unknown target",
        MACHINE + "transitions:\n  win: {from: open, to: wonn}\n",
        "unknown-state 9:25",
        'did you mean "won"?',
    ),
    ("a state nobody reaches", MACHINE, "unreachable-state 7:3", "add one, or remove the state"),
    (
        "an open brace",
        OBJECT + 'rules:\n  a: {check: b, message: "Only {c left"}\n',
        "open-brace 4:26",
        "write {expression}, or {{ for a brace",
    ),
    (
        "a misspelt scope",
        ROLE + "objects:\n  a: {read: own_and_report}\n",
        "unknown-scope 4:13",
        'did you mean "own_and_reports"?',
    ),
    ("a role in itself", ROLE + "includes: [sales]\n", "includes-itself 3:12", "remove it"),
    (
        "a field twice in a form",
        LAYOUT + "form:\n  - {section: a, rows: [[b], [b]]}\n",
        "field-twice 5:31",
        "keep one of them",
    ),
    (
        "two sections of one name",
        LAYOUT + "form:\n  - {section: a, rows: [[b]]}\n  - {section: a, rows: [[c]]}\n",
        "duplicate-name 6:5",
        "keep one of them",
    ),
    (
        "columns without a table",
        LAYOUT + "form:\n  - {section: a, columns: [b]}\n",
        "contradicting-keys 5:18",
        "write table: and the name of the children,",
    ),
    ("a column twice", VIEW + "columns: [a, b, a]\n", "duplicate-item 4:17", "keep one of them"),
    ("a sort key twice", VIEW + "columns: [a]\nsort: [a, -a]\n", "duplicate-item 5:11", "keep one of them"),
    (
        "a widget twice",
        DASHBOARD + "  - {number: a, object: b}\n  - {list: a, view: c}\n",
        "duplicate-name 5:5",
        "keep one",
    ),
    ("a list of no view", DASHBOARD + "  - {list: a}\n", "missing-key 4:5", "write view:"),
    ("a chart of no groups", DASHBOARD + "  - {chart: a, object: b}\n", "missing-key 4:5", "write group_by:"),
    (
        "a number of a view",
        DASHBOARD + "  - {number: a, object: b, view: c}\n",
        "contradicting-keys 4:28",
        "is for list",
    ),
    (
        "a comparison without a date",
        DASHBOARD + "  - {number: a, object: b, compare: to_date}\n",
        "missing-key 4:28",
        "write date:",
    ),
    ("an entry twice", APP + "items: [a, a]\n", "duplicate-item 3:12", "keep one of them"),
    ("a group without entries", APP + "items: [{group: a}]\n", "missing-key 3:9", "write items: [...]"),
    (
        "entries without a group",
        APP + "items: [{object: a, items: [b]}]\n",
        "contradicting-keys 3:28",
        "write group: and a name first",
    ),
    (
        "two sources of a column",
        MAPPING + "columns:\n  a: {from: A, value: b}\n",
        "contradicting-keys 5:16",
        "keep one of them",
    ),
    (
        "otherwise without values",
        MAPPING + "columns:\n  a: {from: A, otherwise: b}\n",
        "contradicting-keys 5:16",
        "write values:, or default:",
    ),
    (
        "a wrong date format",
        MAPPING + "columns:\n  a: {from: A, format: month/day}\n",
        "bad-format 5:24",
        "write it in Y M D h m s, as M/D/YYYY",
    ),
    (
        "an open brace in a template",
        MAPPING + 'columns:\n  a: {template: "{A of B"}\n',
        "open-brace 5:17",
        "write {heading}",
    ),
    (
        "a key without a column",
        MAPPING + "key: [b]\ncolumns: {a: A}\n",
        "key-not-mapped 4:7",
        "say where it comes from in columns",
    ),
    ("update without a key", MAPPING + "mode: update\ncolumns: {a: A}\n", "contradicting-keys 4:7", "write key: [...]"),
    (
        "a sheet of a csv file",
        MAPPING + "source: {format: csv, sheet: x}\ncolumns: {a: A}\n",
        "contradicting-keys 4:23",
        "remove it, or change the format",
    ),
    (
        "a default of another type",
        PACKAGE + "settings:\n  a: {type: integer, default: high}\n",
        "setting-default 5:31",
        "change the default or the type",
    ),
    (
        "a default above max",
        PACKAGE + "settings:\n  a: {type: integer, default: 200, max: 100}\n",
        "setting-default 5:31",
        "change the default or the type",
    ),
    (
        "a default that is no choice",
        PACKAGE + "settings:\n  a: {type: choice, default: x, choices: [y]}\n",
        "setting-default 5:30",
        "change the default or the type",
    ),
    ("a package that requires itself", PACKAGE + 'requires: {crm: ">=1.0"}\n', "requires-itself 4:12", "remove it"),
    (
        "a wrong relative date",
        DATA + "  customer:\n    a: {since: today+30days}\n",
        "bad-format 5:16",
        "for example  today+30d, now-2h, today-1y",
    ),
    (
        "a translated kind that is none",
        TRANSLATION.replace("of: object", "of: objekt") + "texts: {a: {label: A}}\n",
        "unknown-kind 3:5",
        'did you mean "object"?',
    ),
    (
        "a translation that is a list",
        TRANSLATION + "texts:\n  a: {label: [A]}\n",
        "wrong-type 5:14",
        "named things are maps keyed by name: write ",
    ),
)
