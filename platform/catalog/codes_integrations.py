"""Codes about integrations. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_OBJECT = "---\nkind: object\nname: deal\nfields:\n  name: {type: text, required: true}\n  amount: {type: money}\n"
_FILE = "integrations/deals_out.yaml"


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: integration\nname: deals_out\ndirection: out\n"
    return CodeDoc(code, title, why, f"{start}{wrong}\n{_OBJECT}", f"{start}{right}\n{_OBJECT}", _FILE, group="catalog")


register(
    _doc(
        "integration-parts",
        "The integration lacks what its direction needs, or says what belongs to the other.",
        "What leaves is told of an object; what arrives becomes records through a mapping.",
        "on: [created]\nrows: data",
        "on: [created]\nobject: deal",
    ),
    _doc(
        "integration-message",
        "A brace of the message holds more than a path.",
        "Values are read with the rights of the integration's account, field by field: what must be computed is a "
        "formula field.",
        "object: deal\non: [created]\nmessage: 'Sold {name + 1}'",
        "object: deal\non: [created]\nmessage: 'Sold {name}'",
    ),
    CodeDoc(
        "unknown-mapping",
        "There is no mapping of this name.",
        "A mapping says which key of what arrives fills which field.",
        f"kind: integration\nname: deals_in\ndirection: in\nmapping: deal\n{_OBJECT}",
        "kind: integration\nname: deals_in\ndirection: in\nmapping: deals\n"
        f"---\nkind: mapping\nname: deals\nobject: deal\ncolumns: {{name: title}}\n{_OBJECT}",
        "integrations/deals_in.yaml",
        group="catalog",
    ),
)
