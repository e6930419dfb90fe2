"""Codes about the text of a file: is it YAML, one definition, in its place. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_START = "kind: object\nname: customer\n"

register(
    CodeDoc(
        "yaml-syntax",
        "The text is not YAML.",
        "Reading stops there; where quotes mend the line, the hint is the line as it should be.",
        _START + 'rules:\n  region: {check: region in ["east", "west"], message: Choose a region.}\n',
        _START + 'rules:\n  region: {check: \'region in ["east", "west"]\', message: Choose a region.}\n',
    ),
    CodeDoc(
        "cut-expression",
        "YAML cuts an expression that stands without quotes.",
        "Inside braces a comma begins the next key, and ` #` begins a comment anywhere. Quote the expression.",
        _START + "fields:\n  best: {type: formula, returns: money, expression: min(price, offer)}\n",
        _START + 'fields:\n  best: {type: formula, returns: money, expression: "min(price, offer)"}\n',
    ),
    CodeDoc(
        "colon-space",
        "There is no space after a colon.",
        "Inside braces, `label:Name` is one word for YAML.",
        _START + "fields:\n  name: {type: text, label:Name}\n",
        _START + "fields:\n  name: {type: text, label: Name}\n",
    ),
    CodeDoc(
        "duplicate-key",
        "One map has a key twice.",
        "YAML readers keep one of the two silently; this one keeps the first and says so.",
        _START + "label: Customer\nlabel: Client\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "control-character",
        "A text has a character that stands for nothing.",
        "An escape such as `\\x02` in double quotes makes one. Pages and mails cannot show it.",
        _START + 'label: "Cust\\x02omer"\n',
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "anchor",
        "A YAML anchor (`&name`) marks a value for use elsewhere.",
        "Definitions say everything where it belongs, so that layers and the Studio can change each place.",
        _START + "label: &text Customer\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "alias",
        "A YAML alias (`*name`) stands for a value written elsewhere.",
        "Write the value out. A text that begins with * needs quotes.",
        _START + "label: &text Customer\nplural: *text\n",
        _START + "label: Customer\nplural: Customers\n",
    ),
    CodeDoc(
        "tag",
        "A YAML tag (`!name`) gives a value a type.",
        "Definitions have none. In a condition `!` is written `not`; other texts that begin with ! need quotes.",
        _START + "fields:\n  phone:\n    type: phone\n    visible: !blocked\n",
        _START + "fields:\n  phone:\n    type: phone\n    visible: not blocked\n",
    ),
    CodeDoc(
        "merge-key",
        "`<<` would merge another map in.",
        "Definitions have no merging inside a file; layers merge whole definitions.",
        _START + "fields:\n  name: {<<: {type: text}}\n",
        _START + "fields:\n  name: {type: text}\n",
    ),
    CodeDoc(
        "key-not-text",
        "A key is a list or a map.",
        "Keys are names. A text that begins with a bracket needs quotes.",
        _START + "fields:\n  [first, second]: {type: text}\n",
        _START + "fields:\n  first: {type: text}\n  second: {type: text}\n",
    ),
    CodeDoc(
        "too-deep",
        "Maps and lists are nested too deeply.",
        "Fifty levels are more than any definition needs.",
        _START + "label: " + "[" * 60 + "]" * 60 + "\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "file-too-large",
        "The file is larger than a definition can be.",
        "Two million characters are the limit. Large sets of records belong into an import.",
        _START + "help: " + "x" * 2_000_000 + "\n",
        _START + "help: x\n",
    ),
    CodeDoc(
        "not-utf8",
        "The file is not UTF-8 text.",
        "Save it as UTF-8 in the editor.",
        _START + "label: Käufer\n",
        _START + "label: Käufer\n",
        encoding="latin-1",
    ),
    CodeDoc(
        "empty-file", "The file has nothing but comments.", "Delete it, or write a definition.", "# later\n", _START
    ),
    CodeDoc(
        "not-a-map",
        "The definition is a list or a text.",
        "A definition is a map that starts with `kind` and `name`.",
        "- kind: object\n- name: customer\n",
        _START,
    ),
    CodeDoc(
        "several-definitions",
        "The file has several definitions, parted by `---`.",
        "One file is one definition, named after it.",
        _START + "---\nkind: object\nname: contact\n",
        _START,
    ),
    CodeDoc(
        "file-name",
        "The file and its definition have different names.",
        "A definition is found by its file name.",
        "kind: object\nname: client\n",
        _START,
    ),
    CodeDoc(
        "wrong-folder",
        "The file is in the folder of another kind.",
        "Each kind has its folder: objects, layouts, list_views, workflows, roles, apps, choice_lists, mappings ...",
        "kind: choice_list\nname: customer\nchoices: [small, large]\n",
        _START,
    ),
    CodeDoc("kind-missing", "The definition does not say its kind.", "It comes first.", "name: customer\n", _START),
    CodeDoc(
        "unknown-kind",
        "There is no kind of that name.",
        "The kinds are listed in the reference.",
        "kind: objekt\nname: customer\n",
        _START,
    ),
    CodeDoc(
        "unsupported-kind",
        "The kind belongs to the language but not to this version.",
        "Leave the file out, or install a version that knows it.",
        "kind: kpi\nname: revenue\n",
        _START,
        file="kpis/revenue.yaml",
    ),
    CodeDoc("name-missing", "The definition has no name.", "It is named as its file.", "kind: object\n", _START),
    CodeDoc(
        "extends-name",
        "An extension has a name of its own.",
        "It changes the definition it extends and is known by that name.",
        "kind: object\nextends: customer\nname: client\n",
        "kind: object\nextends: customer\n",
        below=_START,
    ),
)
