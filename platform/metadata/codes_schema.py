"""Codes about keys and values: what the schema of a kind allows. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_START = "kind: object\nname: customer\n"
_FIELDS = _START + "fields:\n"

register(
    CodeDoc(
        "unknown-key",
        "The key does not exist here.",
        "The hint names the nearest key, or those there are.",
        _START + "lable: Customer\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "condition-word",
        "The key is another word for a condition.",
        "There are four and no others: `when` (this applies if), `where` (which rows), `check` (must hold), and "
        "`visible`, `required`, `read_only` (true, false or an expression).",
        _START + "rules:\n  limit: {if: blocked, check: amount < 10, message: Too much.}\n",
        _START + "rules:\n  limit: {when: blocked, check: amount < 10, message: Too much.}\n",
    ),
    CodeDoc(
        "missing-key",
        "A key that must be there is missing.",
        "The hint shows how it looks.",
        _FIELDS + "  name: {label: Name}\n",
        _FIELDS + "  name: {type: text, label: Name}\n",
    ),
    CodeDoc(
        "wrong-type",
        "The value is of another type than it must be.",
        "Only `true`, `false`, `null` and numbers are more than text: `yes` and `12:30` are texts.",
        _FIELDS + "  name: {type: text, required: true, unique: yes}\n",
        _FIELDS + "  name: {type: text, required: true, unique: true}\n",
    ),
    CodeDoc(
        "empty-value",
        "Nothing stands behind the colon.",
        "Write a value, or leave the key out.",
        _START + "label:\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "empty-text",
        "The text is empty.",
        "Leave the key out where there is nothing to say.",
        _START + 'label: ""\n',
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "unknown-value",
        "The value is not one of those allowed.",
        "The hint names the nearest one.",
        _FIELDS + "  amount: {type: mony}\n",
        _FIELDS + "  amount: {type: money}\n",
    ),
    CodeDoc(
        "bad-name",
        "The name cannot be used.",
        "Names have small letters, digits and underscores and begin with a letter; the text for people is the label.",
        _FIELDS + "  closeDate: {type: date}\n",
        _FIELDS + "  close_date: {type: date}\n",
    ),
    CodeDoc(
        "name-too-long",
        "The name has more than 40 characters.",
        "The text for people is the label and may be longer.",
        _FIELDS + f"  {'very_' * 8}long: {{type: date}}\n",
        _FIELDS + "  very_long: {type: date}\n",
    ),
    CodeDoc(
        "bad-format",
        "The text does not look as it must.",
        "The hint shows how durations, versions or icons are written.",
        _START + "icon: Big Building\n",
        _START + "icon: building\n",
    ),
    CodeDoc(
        "too-long",
        "The text is longer than it may be.",
        "Labels have up to 200 characters, help texts 4,000.",
        _START + f"label: {'Customer ' * 30}\n",
        _START + "label: Customer\n",
    ),
    CodeDoc(
        "too-few",
        "The list or map has fewer entries than it needs.",
        "Leave the key out where there is nothing to say.",
        _START + "unique: [{fields: []}]\n",
        _START + "unique: [{fields: [name]}]\n",
    ),
    CodeDoc(
        "too-many",
        "The list has more entries than it may.",
        "A row of a form, for example, has up to four fields.",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, rows: [[a, b, c, d, e]]}\n",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, rows: [[a, b], [c, d, e]]}\n",
        file="layouts/customer.yaml",
    ),
    CodeDoc(
        "duplicate-item",
        "An entry stands twice in a list.",
        "Keep one of them.",
        _FIELDS + "  size: {type: choice, choices: [small, large, small]}\n",
        _FIELDS + "  size: {type: choice, choices: [small, large]}\n",
    ),
    CodeDoc(
        "out-of-range",
        "The number is too small or too large.",
        "The hint says the limit.",
        _FIELDS + "  weight: {type: decimal, scale: 9}\n",
        _FIELDS + "  weight: {type: decimal, scale: 6}\n",
    ),
    CodeDoc(
        "patch-without-extends",
        "insert_before, insert_after, change, remove and replace change a list of a lower layer.",
        "They have a meaning only in a file that extends a definition.",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, change: head}\n",
        "kind: layout\nname: customer\nobject: customer\nform:\n  - {section: all, rows: [[name]]}\n",
        file="layouts/customer.yaml",
    ),
)
