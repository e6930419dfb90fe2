"""Codes about documents. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_DEAL = "---\nkind: object\nname: deal\nfields:\n  name: {type: text}\n  seal: {type: image}\n"
_START = "kind: print_template\nname: offer\nobject: deal\n"


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    file = "print_templates/offer.yaml"
    return CodeDoc(code, title, why, f"{_START}{wrong}\n{_DEAL}", f"{_START}{right}\n{_DEAL}", file, group="catalog")


register(
    _doc(
        "print-source",
        "The document is in a file that this version does not read.",
        "The template is kept, but no button offers it.",
        "source: offer.docx",
        'body: [{text: head, html: "<h1>{name}</h1>"}]',
    ),
    _doc(
        "print-image",
        "The field holds no pictures.",
        "An image in a document is a file of the record.",
        "body: [{image: name}]",
        "body: [{image: seal}]",
    ),
)
