"""Mistakes of form: in the text, its kind and its keys. One mistake per text; what follows from it is not listed."""

from __future__ import annotations

OBJECT = "kind: object\nname: customer\n"
FIELDS = OBJECT + "fields:\n"
LAYOUT = "kind: layout\nname: customer\nobject: customer\n"
MACHINE = (
    "kind: state_machine\nname: stage\nobject: deal\ninitial: open\n"
    "states:\n  open: {label: Open}\n  won: {label: Won}\n"
)
MAPPING = "kind: mapping\nname: rows\nobject: customer\n"
VIEW = "kind: list_view\nname: mine\nobject: customer\n"

#: name, text, code and place, part of the hint
CASES: tuple[tuple[str, str, str, str], ...] = (
    # text of the file
    (
        "a tab as indentation",
        OBJECT + "fields:\n\tname: {type: text}\n",
        "yaml-syntax 4:1",
        "indent with spaces, not tabs",
    ),
    (
        "a mark of direction in a label",
        OBJECT + 'label: "Pro\\u202Eject"\n',
        "control-character 3:8",
        "remove the escape",
    ),
    (
        "a space of no width",
        OBJECT + "label: Pro\u200bject\n",
        "control-character 3:8",
        "an editor may not show",
    ),
    ("an unclosed brace", FIELDS + "  name: {type: text\n", "yaml-syntax 5:1", "close the brace that opens on line 4"),
    ("an unclosed bracket", OBJECT + "search: [name\n", "yaml-syntax 4:1", "close the bracket that opens on line 3"),
    ("an unclosed quote", OBJECT + 'label: "Customer\n', "yaml-syntax 4:1", "close the quote that opens on line 3"),
    (
        "a bad indentation",
        OBJECT + "fields:\n  a: {type: text}\n b: {type: text}\n",
        "yaml-syntax 5:2",
        "check indentation, brackets and quotes near",
    ),
    ("a colon in a text", OBJECT + "help: Note: read this\n", "yaml-syntax 3:11", 'write  help: "Note: read this"'),
    (
        "a colon in an expression",
        OBJECT + 'rules:\n  a:\n    check: kind == "a: b"\n    message: No.\n',
        "yaml-syntax 5:22",
        "write  check: 'kind == \"a: b\"'",
    ),
    ("a text that begins with @", OBJECT + "help: @all\n", "yaml-syntax 3:7", 'write  help: "@all"'),
    ("a text that begins with a backtick", OBJECT + "help: `x`\n", "yaml-syntax 3:7", 'write  help: "`x`"'),
    ("a percent sign first", OBJECT + "help: %d of us\n", "yaml-syntax 3:7", 'write  help: "%d of us"'),
    (
        "an expression that begins with a quote",
        OBJECT + 'rules:\n  a:\n    check: "x" == name\n    message: No.\n',
        "yaml-syntax 5:16",
        "write  check: '\"x\" == name'",
    ),
    (
        "brackets in a flow map",
        OBJECT + 'rules:\n  a: {check: region in ["SH", "JS"], message: No.}\n',
        "yaml-syntax 4:24",
        'write  a: {check: \'region in ["SH", "JS"]\',',
    ),
    (
        "a control character",
        OBJECT + "label: a\x00b\n",
        "yaml-syntax 3:9",
        "remove the character, or write it as \\x..",
    ),
    (
        "two values on a line",
        OBJECT + "label: [a] b\n",
        "yaml-syntax 3:12",
        "check indentation, brackets and quotes near",
    ),
    (
        "a comma cuts a call",
        FIELDS + "  a: {type: formula, returns: money, expression: min(b, c)}\n",
        "cut-expression 4:50",
        "write  a: {type: formula, returns: money,",
    ),
    (
        "two commas cut a call",
        FIELDS + "  a: {type: formula, returns: money, expression: min(b, c, d), label: A}\n",
        "cut-expression 4:50",
        "write  a: {type: formula, returns: money,",
    ),
    (
        "a comma cuts a text",
        OBJECT + 'rules:\n  a: {check: name != "a, b", message: No.}\n',
        "cut-expression 4:14",
        "write  a: {check: 'name != \"a, b\"', message: No.}",
    ),
    (
        "a comma cuts nested calls",
        FIELDS + "  a: {type: formula, returns: money, expression: round(min(b, c), 2)}\n",
        "cut-expression 4:50",
        "write  a: {type: formula, returns: money,",
    ),
    (
        "a comma cuts in a list",
        "kind: choice_list\nname: sizes\nchoices: [f(a, b), c]\n",
        "cut-expression 3:11",
        'write  choices: ["f(a, b)", c]',
    ),
    (
        "a hash cuts a text",
        OBJECT + 'rules:\n  a:\n    check: name != "a #b"\n    message: No.\n',
        "cut-expression 5:12",
        "write  check: 'name != \"a #b\"'",
    ),
    (
        "a hash cuts a call",
        FIELDS + '  a:\n    type: formula\n    returns: integer\n    expression: find(name, "a #")\n',
        "cut-expression 7:17",
        "write  expression: 'find(name, \"a #\")'",
    ),
    ("a key twice", OBJECT + "label: A\nlabel: B\n", "duplicate-key 4:1", "keep one of them; the first is on line 3"),
    (
        "a field twice",
        FIELDS + "  a: {type: text}\n  a: {type: date}\n",
        "duplicate-key 5:3",
        "keep one of them; the first is on line 4",
    ),
    (
        "a key twice in braces",
        FIELDS + "  a: {type: text, type: date}\n",
        "duplicate-key 4:19",
        "keep one of them; the first is on line 4",
    ),
    ("an anchor", OBJECT + "label: &a Customer\n", "anchor 3:8", "write the value out, or quote a text that"),
    (
        "an anchor on a map",
        OBJECT + "fields: &a\n  a: {type: text}\n",
        "anchor 3:9",
        "write the value out, or quote a text that",
    ),
    ("an alias", OBJECT + "label: &a Customer\nplural: *a\n", "alias 4:9", "write the value out, or quote a text that"),
    ("a star first", OBJECT + "help: *important\n", "alias 3:7", "write the value out, or quote a text that"),
    ("a tag", OBJECT + "label: !!str 12\n", "tag 3:8", "quote a text that starts with !; in a"),
    (
        "an exclamation mark",
        FIELDS + "  a:\n    type: text\n    visible: !blocked\n",
        "tag 6:14",
        "quote a text that starts with !; in a",
    ),
    ("a merge key", FIELDS + "  a: {<<: {type: text}}\n", "merge-key 4:7", "write the keys out"),
    (
        "a list as a key",
        FIELDS + "  [a, b]: {type: text}\n",
        "key-not-text 4:3",
        "quote a text that starts with [ or {",
    ),
    ("an empty key", FIELDS + '  "": {type: text}\n', "key-not-text 4:3", "write a name before the colon"),
    ("no space after a colon", FIELDS + "  a: {type:text}\n", "colon-space 4:7", "write  type: text"),
    (
        "no space after a colon of a line",
        OBJECT + "label:Customer\nicon: a\n",
        "yaml-syntax 3:1",
        "write  label: Customer",
    ),
    (
        "a map as a key",
        FIELDS + "  ? {a: b}\n  : {type: text}\n",
        "key-not-text 4:5",
        "quote a text that starts with [ or {",
    ),
    ("sixty levels", OBJECT + "help: " + "[" * 60 + "]" * 60 + "\n", "too-deep 3:56", "flatten the definition"),
    # the definition itself
    ("nothing", "# only a comment\n", "empty-file 1:1", "write kind: and name:"),
    ("a list", "- kind: object\n", "not-a-map 1:1", "start with kind: and name:"),
    ("a text", "object customer\n", "not-a-map 1:1", "start with kind: and name:"),
    ("no kind", "name: customer\n", "kind-missing 1:1", "one of: object"),
    ("a kind that is a list", "kind: [object]\nname: customer\n", "kind-missing 1:7", "one of: object"),
    ("a misspelt kind", "kind: objct\nname: customer\n", "unknown-kind 1:7", 'did you mean "object"?'),
    ("a kind in the plural", "kind: objects\nname: customer\n", "unknown-kind 1:7", 'did you mean "object"?'),
    (
        "a kind of a later version",
        "kind: report\nname: home\n",
        "unsupported-kind 1:7",
        "leave the file out for now",
    ),
    ("no name", "kind: object\nlabel: Customer\n", "name-missing 1:1", "write name: as the file is named"),
    (
        "an extension with another name",
        "kind: object\nextends: customer\nname: client\n",
        "extends-name 3:7",
        "leave name out, or drop extends to define",
    ),
    # keys
    ("a misspelt key", OBJECT + "lable: Customer\n", "unknown-key 3:1", 'did you mean "label"?'),
    ("swapped letters in a key", OBJECT + "fileds: {}\n", "unknown-key 3:1", 'did you mean "fields"?'),
    ("a key in capitals", OBJECT + "Label: Customer\n", "unknown-key 3:1", 'did you mean "label"?'),
    (
        "a key of another kind",
        OBJECT + "columns: [name]\n",
        "unknown-key 3:1",
        "keys here: kind, name, extends, was, label,",
    ),
    (
        "a misspelt field key",
        FIELDS + "  a: {type: text, requierd: true}\n",
        "unknown-key 4:19",
        'did you mean "required"?',
    ),
    (
        "a camel case key",
        FIELDS + "  a: {type: text, maxLength: 10}\n",
        "unknown-key 4:19",
        'did you mean "max_length"?',
    ),
    (
        "a hyphen in a key",
        FIELDS + "  a: {type: text, read-only: true}\n",
        "unknown-key 4:19",
        'did you mean "read_only"?',
    ),
    (
        "if for when",
        OBJECT + "rules:\n  a: {if: b, check: c, message: No.}\n",
        "condition-word 4:7",
        "write when instead",
    ),
    (
        "condition for when",
        MACHINE + "transitions:\n  win: {from: open, to: won, condition: paid}\n",
        "condition-word 9:30",
        "write when instead",
    ),
    (
        "if on a field",
        FIELDS + "  a: {type: text, if: b}\n",
        "condition-word 4:19",
        "conditions here: where, visible, required,",
    ),
    ("show_if for visible", FIELDS + "  a: {type: text, show_if: b}\n", "condition-word 4:19", "write visible instead"),
    (
        "mandatory for required",
        FIELDS + "  a: {type: text, mandatory: true}\n",
        "condition-word 4:19",
        "write required instead",
    ),
    (
        "readonly for read_only",
        FIELDS + "  a: {type: text, readonly: true}\n",
        "condition-word 4:19",
        "write read_only instead",
    ),
    (
        "hidden for visible",
        FIELDS + "  a: {type: text, hidden: true}\n",
        "condition-word 4:19",
        "write visible: not (...)",
    ),
    ("filter for where", VIEW + "columns: [name]\nfilter: active\n", "condition-word 5:1", "write where instead"),
    (
        "assert for check",
        OBJECT + "rules:\n  a: {assert: b, message: No.}\n",
        "condition-word 4:7",
        "write check instead",
    ),
    (
        "unless",
        OBJECT + "rules:\n  a: {unless: b, check: c, message: No.}\n",
        "condition-word 4:7",
        "write when: not (...)",
    ),
    ("no type", FIELDS + "  a: {label: A}\n", "missing-key 4:3", "for example  type: money"),
    ("no message", OBJECT + "rules:\n  a: {check: b}\n", "missing-key 4:3", 'for example  message: "Enter the amount'),
    ("no check", OBJECT + "rules:\n  a: {message: No.}\n", "missing-key 4:3", 'for example  check: "amount > 0"'),
    ("no columns", VIEW, "missing-key 1:1", "for example  columns: [name, amount, stage]"),
    (
        "no states",
        "kind: state_machine\nname: stage\nobject: deal\ninitial: open\n",
        "missing-key 1:1",
        "for example  states: {won: {label: Won,",
    ),
    (
        "no target of a transition",
        MACHINE + "transitions:\n  win: {from: open}\n",
        "missing-key 9:3",
        "for example  to: propose",
    ),
    (
        "a section without a name",
        LAYOUT + "form:\n  - {rows: [[name]]}\n",
        "missing-key 5:5",
        "write section or table:",
    ),
    (
        "a column without a source",
        MAPPING + "columns:\n  name: {default: x}\n",
        "missing-key 5:9",
        "write from, value, template or expression:",
    ),
    (
        "a patch in a new definition",
        LAYOUT + "form:\n  - {remove: deal}\n",
        "patch-without-extends 5:6",
        "it has a meaning only in a file with extends:",
    ),
    (
        "a patch of a list in a new definition",
        VIEW + "columns: [{insert_after: name, columns: [phone]}]\n",
        "patch-without-extends 4:12",
        "it has a meaning only in a file with extends:",
    ),
)
