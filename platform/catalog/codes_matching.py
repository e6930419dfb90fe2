"""Codes about matching rules and conversions. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_FIRM = "---\nkind: object\nname: firm\nfields:\n  name: {type: text}\n  size: {type: integer}\n"
_PARENT = "  parent: {type: lookup, to: firm, reverse: parts}\n"
_RULE = "kind: matching_rule\nname: same_firm\nobject: firm\n"
_CONVERSION = "kind: conversion\nname: split_off\nfrom: firm\n"


def _rule(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    firm = _FIRM + _PARENT
    file = "matching_rules/same_firm.yaml"
    return CodeDoc(code, title, why, f"{_RULE}{wrong}\n{firm}", f"{_RULE}{right}\n{firm}", file, group="catalog")


register(
    _rule(
        "match-where",
        "The condition of a matching rule reads other records.",
        "Whether a record takes part is asked for every record that is written, so the record itself decides.",
        "where: parent.size > 10\nmatch: {same_name: [{field: name}]}",
        "where: size > 10\nmatch: {same_name: [{field: name}]}",
    ),
    CodeDoc(
        "match-field",
        "A field of this type cannot be compared.",
        "Computed fields and sealed ones are not stored as they are read.",
        f"{_RULE}match: {{same_note: [{{field: note, by: exact}}]}}\n{_FIRM}  note: {{type: encrypted_text}}\n",
        f"{_RULE}match: {{same_name: [{{field: name}}]}}\n{_FIRM}  note: {{type: encrypted_text}}\n",
        "matching_rules/same_firm.yaml",
        group="catalog",
    ),
    _rule(
        "match-by",
        "The field is not compared in this way.",
        "Numbers, dates and choices are equal or not; only texts and company names can be alike.",
        "match: {same_size: [{field: size, by: company_name}]}",
        "match: {same_size: [{field: size, by: exact}]}",
    ),
    CodeDoc(
        "convert-target",
        "A conversion cannot put this together.",
        "A link leads to what is converted, a rule compares what is made, lines belong to it, what is kept was made.",
        f"{_CONVERSION}create: {{firm: {{set: {{name: name}}}}}}\nkeep: {{parent: branch}}\n{_FIRM}{_PARENT}",
        f"{_CONVERSION}create: {{firm: {{set: {{name: name}}}}}}\nkeep: {{parent: firm}}\n{_FIRM}{_PARENT}",
        "conversions/split_off.yaml",
        group="catalog",
    ),
    CodeDoc(
        "convert-required",
        "A conversion leaves out a field that must be filled.",
        "The dialog of a conversion asks for no values, so nobody could ever convert.",
        f"{_CONVERSION}create: {{firm: {{set: {{name: name}}}}}}\n{_FIRM}  site: {{type: text, required: true}}\n",
        f"{_CONVERSION}create: {{firm: {{set: {{name: name, site: name}}}}}}\n"
        f"{_FIRM}  site: {{type: text, required: true}}\n",
        "conversions/split_off.yaml",
        group="catalog",
    ),
)
