"""Codes about what uses objects: pages, rights, machines, mappings, rows, packages. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_DEAL = (
    "---\nkind: object\nname: deal\nrecord_types: {sale: {label: Sale}}\nfields:\n"
    "  name: {type: text, required: true}\n"
    "  amount: {type: money}\n  day: {type: date}\n  tags: {type: multi_choice, choices: [a, b]}\n"
    "  host: {type: user}\n  stage: {type: state, machine: stages}\n"
)
_STAGES = (
    "---\nkind: state_machine\nname: stages\nobject: deal\nfield: stage\ninitial: open\n"
    "states: {open: {label: Open}, won: {label: Won}}\n"
)
_WIN = "transitions: {win: {from: open, to: won}}\n"
_ROLE = "---\nkind: role\nname: seller\nobjects: {deal: {read: all}}\n"


def _doc(code: str, title: str, why: str, wrong: str, right: str, file: str, more: str = "") -> CodeDoc:
    """Describe a mistake in a definition beside the object ``deal`` and its machine."""
    beside = _DEAL + _STAGES + _WIN + more
    return CodeDoc(code, title, why, f"{wrong}\n{beside}", f"{right}\n{beside}", file, group="catalog")


def _layout(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    start = "kind: layout\nname: deals\nobject: deal\n"
    return _doc(code, title, why, start + wrong, start + right, "layouts/deals.yaml", more)


def _list(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: list_view\nname: deals\nobject: deal\n"
    return _doc(code, title, why, start + wrong, start + right, "list_views/deals.yaml")


def _app(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    start = "kind: app\nname: sales\nitems: "
    return _doc(code, title, why, start + wrong, start + right, "apps/sales.yaml", more)


def _role(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    start = "kind: role\nname: clerk\n"
    return _doc(code, title, why, start + wrong, start + right, "roles/clerk.yaml", more)


def _machine(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    """Describe a mistake in what follows the states of the machine of deals."""
    start = (_DEAL + _STAGES).removeprefix("---\n")
    return CodeDoc(
        code, title, why, f"{start}{wrong}\n{more}", f"{start}{right}\n{more}", "workflows/stages.yaml", group="catalog"
    )


def _sharing(code: str, title: str, why: str, wrong: str, right: str, more: str = "") -> CodeDoc:
    start = "kind: sharing_rule\nname: large_deals\n"
    return _doc(code, title, why, start + wrong, start + right, "roles/large_deals.yaml", _ROLE + more)


def _mapping(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: mapping\nname: deals\nobject: deal\ncolumns:\n  name: Name\n"
    return _doc(code, title, why, f"{start}  {wrong}", f"{start}  {right}", "mappings/deals.yaml")


register(
    _layout(
        "unknown-record-type",
        "The object has no such record type.",
        "The layout would never be shown.",
        "for: {record_types: [sales]}",
        "for: {record_types: [sale]}",
    ),
    _layout(
        "unknown-role",
        "There is no role of this name.",
        "Layouts, other roles, transitions and selectors name roles.",
        "for: {roles: [sellers]}",
        "for: {roles: [seller]}",
        _ROLE,
    ),
    _layout(
        "unknown-app",
        "There is no app of this name.",
        "Layouts and roles name apps.",
        "for: {app: sale}",
        "for: {app: sales}",
        "---\nkind: app\nname: sales\nitems: [deal]\n",
    ),
    _layout(
        "layout-loosens",
        "A layout may only hide or tighten.",
        "What holds for every path is said on the object.",
        "fields: {name: {required: false}}",
        "fields: {day: {required: true}}",
    ),
    _layout(
        "picture-field",
        "A map or a route cannot draw this field.",
        "A route goes by a date, an order and places; a map by lookups between the children and by choices.",
        "map: {list: visits, above: name}",
        "map: {list: visits, above: up}",
        "---\nkind: object\nname: visit\nfields:\n  name: {type: text}\n  up: {type: lookup, to: visit}\n"
        "  deal: {type: lookup, to: deal, reverse: visits}\n",
    ),
    _layout(
        "board-groups",
        "A board has one column per choice or state.",
        "Other fields have too many values.",
        "board: {group_by: amount}",
        "board: {group_by: stage}",
    ),
    _list(
        "no-total",
        "The field cannot be added up.",
        "Numbers and money can; other columns can be counted.",
        "columns: [{field: name, total: sum}]",
        "columns: [{field: amount, total: sum}]",
    ),
    _list(
        "not-sortable",
        "The field has no order.",
        "Several choices and long texts have none.",
        "columns: [name]\nsort: [tags]",
        "columns: [name]\nsort: [day]",
    ),
    _list(
        "not-groupable",
        "The field makes no groups.",
        "Group by a choice, a state, a lookup or a date.",
        "columns: [name]\ngroup_by: tags",
        "columns: [name]\ngroup_by: stage",
    ),
    _app(
        "unknown-item",
        "Nothing of this name can be shown.",
        "A bare name is an object, a list view or a page of the platform.",
        "[deals]",
        "[deal]",
    ),
    _app(
        "unknown-list-view",
        "There is no list view of this name.",
        "List views live in list_views/.",
        "[{list_view: mine}]",
        "[{list_view: my_deals}]",
        "---\nkind: list_view\nname: my_deals\nobject: deal\ncolumns: [name]\n",
    ),
    _app(
        "unknown-page",
        "The platform has no such page.",
        "The hint names the nearest.",
        "[{page: inbx}]",
        "[{page: inbox}]",
    ),
    _role(
        "role-cycle",
        "Roles include each other in a circle.",
        "They would all be one role.",
        "includes: [boss]",
        "objects: {deal: {read: all}}",
        "---\nkind: role\nname: boss\nincludes: [clerk]\n",
    ),
    _role(
        "unknown-action",
        "The object has no such transition or button.",
        "The right would never be used.",
        "objects: {deal: {read: all, actions: [wim]}}",
        "objects: {deal: {read: all, actions: [win]}}",
    ),
    _role(
        "title-hidden",
        "The title cannot be hidden.",
        "It is shown wherever a record is named.",
        "objects: {deal: {read: all, fields: {name: hidden}}}",
        "objects: {deal: {read: all, fields: {amount: hidden}}}",
    ),
    _role(
        "scope-without-owner",
        "Nobody owns these records.",
        "People, departments and companies belong to nobody, so the scope holds for none.",
        "objects: {company: {read: own}}",
        "objects: {company: {read: all}}",
    ),
    _role(
        "plain-right",
        "This right is given or not.",
        "Creating and importing happen before there is a record to judge.",
        "objects: {deal: {import: amount > 3}}",
        "objects: {deal: {import: true}}",
    ),
    _role(
        "right-without-effect",
        "Nobody edits this field.",
        "A warning: states, formulas, rollups, mirrors and numbers are filled by the platform.",
        "objects: {deal: {read: all, fields: {stage: edit}}}",
        "objects: {deal: {read: all, fields: {stage: read}}}",
    ),
    _role(
        "reveals-source",
        "A role may read a computed value but not what it is made of.",
        "A warning: hide the result too, or write `reveals` at the field, where it is meant.",
        "objects: {deal: {read: all, fields: {amount: hidden}}}\n---\nkind: object\nextends: company\nfields:\n"
        "  total: {type: rollup, of: offers.amount, aggregate: sum}\n---\nkind: object\nname: offer\nfields:\n"
        "  name: {type: text}\n  amount: {type: money}\n  company_of: {type: lookup, to: company, reverse: offers}",
        "objects: {offer: {read: all}}\n---\nkind: object\nextends: company\nfields:\n"
        "  total: {type: rollup, of: offers.amount, aggregate: sum}\n---\nkind: object\nname: offer\nfields:\n"
        "  name: {type: text}\n  amount: {type: money}\n  company_of: {type: lookup, to: company, reverse: offers}",
    ),
    _machine(
        "not-people",
        "The path does not lead to people.",
        "Selectors name fields of type user.",
        "transitions: {win: {from: open, to: won, allowed: {field: company}}}",
        "transitions: {win: {from: open, to: won, allowed: {field: host}}}",
    ),
    _machine(
        "selector-kind",
        "Who may press a transition cannot be said this way.",
        "Teams, scripts and finds choose people; here one user is asked about.",
        "transitions: {win: {from: open, to: won, allowed: {chosen_by: host}}}",
        "transitions: {win: {from: open, to: won, allowed: {field: host}}}",
    ),
    _machine(
        "unused-machine",
        "No field or record type uses the machine.",
        "A warning: its states would never be seen.",
        _WIN + "---\nkind: state_machine\nname: spare\nobject: deal\nfield: stage\ninitial: a\nstates: {a: {label: A}}",
        _WIN,
    ),
    _machine(
        "not-a-state",
        "The field named here must be a state field.",
        "Machines and record types move fields of type state.",
        _WIN + "---\nkind: state_machine\nname: other\nobject: deal\nfield: day\ninitial: a\nstates: {a: {label: A}}",
        _WIN,
    ),
    _machine(
        "no-state-field",
        "The object has no state field.",
        "A machine without `field` moves the object's only state field.",
        _WIN + "---\nkind: state_machine\nname: other\nobject: company\ninitial: a\nstates: {a: {label: A}}",
        _WIN,
    ),
    _mapping(
        "not-writable",
        "The field is filled by the platform.",
        "Neither imports nor states write it; `set_state: true` lets an import create records in any state.",
        "stage: Stage",
        "amount: Amount",
    ),
    _mapping(
        "unknown-part",
        "The field has no such part.",
        "Money has `currency`.",
        "amount.curency: Currency",
        "amount.currency: Currency",
    ),
    _mapping(
        "wrong-value",
        "The value does not fit the field.",
        "Every row with it would be refused.",
        "day: {value: soon}",
        'day: {value: "2026-01-31"}',
    ),
    _mapping(
        "find-without-lookup",
        "Only a lookup finds records.",
        "Other fields take the cell itself.",
        "day: {from: Day, find: {by: name}}",
        "host: {from: Host, find: {by: login}}",
    ),
    _mapping(
        "wrong-target",
        "The lookup does not point to this object.",
        "`object` chooses among several targets.",
        "host: {from: Host, find: {object: deal, by: name}}",
        "host: {from: Host, find: {by: login}}",
    ),
    _doc(
        "setting-taken",
        "Two packages have a setting of one name.",
        "Expressions read `setting.name`, whichever package it is from.",
        "kind: package\nname: sales\nversion: 1.0.0\nsettings: {limit: {type: integer, default: 1}}",
        "kind: package\nname: sales\nversion: 1.0.0\nsettings: {sales_limit: {type: integer, default: 1}}",
        "package.yaml",
        "---\nkind: package\nname: finance\nversion: 1.0.0\nsettings: {limit: {type: integer, default: 2}}\n",
    ),
    _role(
        "grants-administration",
        "A role would give away rights of administration that its holders lack.",
        "`grants` is for roles that administer nothing.",
        "grants: [chief]\nadmin: [manage_users]",
        "grants: [seller]\nadmin: [manage_users]",
        _ROLE + "---\nkind: role\nname: chief\nadmin: [manage_definitions]\n",
    ),
    _sharing(
        "rule-without-effect",
        "Everybody has this right already.",
        "The object's `default_access` gives it to everybody inside the company, so the rule adds nothing.",
        "object: user\nto: {role: seller}\n",
        "object: deal\nto: {role: seller}\n",
    ),
    _sharing(
        "shared-by-parent",
        "Its records are not shared by themselves.",
        "Records with `default_access: controlled_by_parent` are seen by whoever sees their parent.",
        "object: deal_line\nto: {role: seller}\n",
        "object: deal\nto: {role: seller}\n",
        "---\nkind: object\nname: deal_line\ndefault_access: controlled_by_parent\nfields:\n"
        "  name: {type: text, required: true}\n  deal: {type: parent, to: deal, reverse: lines}\n",
    ),
)
