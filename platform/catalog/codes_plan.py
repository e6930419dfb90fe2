"""Codes that ``formline plan`` reports about a change: what it means for records that are there. Descriptions only.

Of each, ``below`` is what is live, with records in it; ``wrong`` is the change and ``right`` a better one.
"""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

GROUP = "plan"


def _object(*fields: str) -> str:
    return "\n".join(["kind: object", "name: customer", "fields:", "  name: {type: text}", *fields, ""])


def _doc(code: str, title: str, why: str, live: str, wrong: str, right: str) -> CodeDoc:
    return CodeDoc(code, title, why, wrong, right, below=live, group=GROUP)


_PHONE = "  phone: {type: text}"
_STATES = "kind: state_machine\nname: steps\nobject: customer\nfield: step\ninitial: new\nstates: {new: {label: New}, "
_STEP = _object("  step: {type: state, machine: steps}") + "---\n" + _STATES

register(
    _doc(
        "removed-values",
        "A field with values, or an object with records, goes away.",
        "The values stay in quarantine and come back with `formline restore`; keep the field, or hide it by rights.",
        _object(_PHONE),
        _object(),
        _object(_PHONE),
    ),
    _doc(
        "looks-renamed",
        "A field goes away while another of its type appears.",
        "If it is the same field, say so with `was`, and its values stay.",
        _object(_PHONE),
        _object("  mobile: {type: text}"),
        _object("  mobile: {type: text, was: phone}"),
    ),
    _doc(
        "values-change",
        "A retyped field loses or changes values.",
        "The plan shows examples; as they are, the values stay in quarantine. `apply` wants `--accept-loss`.",
        _object(_PHONE),
        _object("  phone: {type: integer}"),
        _object("  phone: {type: long_text}"),
    ),
    _doc(
        "sealed-copies",
        "Texts become secret that were stored readable.",
        "Values are sealed; the old column keeps the texts while it is in quarantine, and the history its own.",
        _object(_PHONE),
        _object("  phone: {type: encrypted_text}"),
        _object(_PHONE),
    ),
    _doc(
        "required-added",
        "A field becomes required that records may lack.",
        "They stay as they are until somebody changes them; then it must be filled in.",
        _object(_PHONE),
        _object("  phone: {type: text, required: true}"),
        _object(_PHONE),
    ),
    _doc(
        "choice-removed",
        "A choice goes away that records may have.",
        "They would keep a value nothing knows: retire the choice, or say with `was` which takes its place.",
        _object("  level: {type: choice, choices: {a: {}, b: {}}}"),
        _object("  level: {type: choice, choices: {a: {}}}"),
        _object("  level: {type: choice, choices: {a: {}, b: {retired: true}}}"),
    ),
    _doc(
        "state-removed",
        "A state goes away that records may be in.",
        "Say with `was` which state takes its place.",
        _STEP + "old: {label: Old}}\n",
        _STEP + "done: {label: Done}}\n",
        _STEP + "done: {label: Done, was: old}}\n",
    ),
)
register(
    CodeDoc(
        "comes-back-empty",
        "A field or object has a name of something that was removed.",
        "It starts empty. `formline restore` brings the former one back with its values while it is in quarantine.",
        _object(_PHONE),
        _object("  phone_number: {type: text}"),
        below=_object(),
        beside=_object(_PHONE),
        group=GROUP,
    ),
)
