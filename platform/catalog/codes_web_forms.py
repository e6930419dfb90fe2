"""Codes about web forms. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_OBJECT = (
    "---\nkind: object\nname: lead\nfields:\n  name: {type: text, required: true}\n  email: {type: email}\n"
    "  need: {type: long_text}\n  source: {type: choice, choices: [web, mail]}\n  part_of: {type: lookup, to: lead}\n"
)
_FORM = f"---\nkind: web_form\nname: asked\nobject: lead\nfields: {{name: {{}}}}\n{_OBJECT}"
_SENT = "kind: sample_data\nname: demo\nrecords: {lead: {a: {name: A}}}\nsent: [{form: %s, values: {name: B}}]\n"


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: web_form\nname: enquiry\nobject: lead\n"
    file = "web_forms/enquiry.yaml"
    return CodeDoc(code, title, why, f"{start}{wrong}\n{_OBJECT}", f"{start}{right}\n{_OBJECT}", file, group="catalog")


register(
    CodeDoc(
        "unknown-web-form",
        "There is no web form of this name.",
        "Sample data sends forms that the definitions have.",
        _SENT % "ask" + _FORM,
        _SENT % "asked" + _FORM,
        "sample_data/demo.yaml",
        group="catalog",
    ),
    _doc(
        "web-form-field",
        "A web form cannot ask for this field.",
        "People outside may not choose among records, nor give what the platform works out or keeps secret.",
        "fields: {name: {}, part_of: {}}",
        "fields: {name: {}, need: {}}",
    ),
    _doc(
        "web-form-set",
        "A field is asked for and set by the form at once.",
        "What people fill in would be lost.",
        "fields: {name: {}, source: {}}\nset: {source: web}",
        "fields: {name: {}}\nset: {source: web}",
    ),
    _doc(
        "web-form-required",
        "The form leaves out what every record needs.",
        "Nobody could ever send it.",
        "fields: {email: {}}",
        "fields: {name: {}, email: {}}",
    ),
    _doc(
        "web-form-mail",
        "A field does not take this part of a mail.",
        "Subjects, texts and addresses belong into fields of text, attachments into a field of files, and replies lead "
        "to what they answer.",
        "fields: {name: {}, email: {}}\nmail: {subject: name, text: source, address: email}",
        "fields: {name: {}, email: {}}\nmail: {subject: name, text: need, address: email}",
    ),
)
