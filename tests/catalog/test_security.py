"""What a plan says about rights: who newly sees or may do what."""

from __future__ import annotations

import pytest

from formline.catalog.security import Direction, security_diff
from formline.catalog.security_report import grouped, of_new_roles
from tests.fixtures.catalogs import catalog_from

CUSTOMER = """
kind: object
name: customer
fields:
  name: {type: text}
  phone: {type: phone}
  cost: {type: money, sensitive: true}
"""
ROLE = """
kind: role
name: sales
objects: {customer: {create: true, read: own, update: own, fields: {phone: masked}}}
"""
CHANGES = [
    ("the same", CUSTOMER, ROLE, []),
    (
        "wider scope",
        CUSTOMER,
        ROLE.replace("read: own", "read: department"),
        ["role sales: read of customer: own -> department"],
    ),
    ("unmasked", CUSTOMER, ROLE.replace("masked", "read"), ["role sales: field phone of customer: masked -> read"]),
    (
        "no longer sensitive",
        CUSTOMER.replace(", sensitive: true", ""),
        ROLE,
        ["role sales: field cost of customer: hidden -> edit"],
    ),
    (
        "a new field is visible",
        CUSTOMER + "  birthday: {type: date}\n",
        ROLE,
        ["role sales: field birthday of customer: hidden -> edit"],
    ),
    (
        "open to all by default",
        CUSTOMER + "default_access: read\n",
        ROLE,
        ["role sales: read of customer: own -> all"],
    ),
    (
        "people outside",
        CUSTOMER,
        f"{ROLE}---\nkind: web_form\nname: ask\nobject: customer\nfields: {{name: {{}}, phone: {{}}}}\n",
        ["rules: web form ask of customer: none -> people outside fill in name, phone"],
    ),
    (
        "deletes",
        CUSTOMER,
        ROLE.replace("update: own", "update: own, delete: own"),
        ["role sales: delete of customer: none -> own"],
    ),
    (
        "administers",
        CUSTOMER,
        ROLE + "admin: [manage_users]\n",
        ["role sales: administration manage_users: none -> allowed"],
    ),
    (
        "a condition instead of a scope",
        CUSTOMER,
        ROLE.replace("read: own", "read: phone == null"),
        ["role sales: read of customer: own -> where phone == null"],
    ),
    (
        "a renamed field stays as it was",
        CUSTOMER.replace("phone:", "mobile: {type: phone, was: phone}\n  x:").replace("\n  x: {type: phone}", ""),
        ROLE.replace("phone", "mobile"),
        [],
    ),
]


@pytest.mark.parametrize(
    ("customer", "role", "expected"), [case[1:] for case in CHANGES], ids=[case[0] for case in CHANGES]
)
def test_a_plan_lists_the_rights_that_change(customer: str, role: str, expected: list[str]) -> None:
    changes = security_diff(catalog_from(CUSTOMER, ROLE), catalog_from(customer, role))
    assert [str(one) for one in changes] == expected


def test_a_role_of_its_own_right_is_not_held_back_by_one_it_includes() -> None:
    boss = ROLE.replace("name: sales", "name: boss\nincludes: [sales]").replace(", fields: {phone: masked}", "")
    changes = security_diff(catalog_from(CUSTOMER, ROLE), catalog_from(CUSTOMER, ROLE, boss))
    assert "role boss: field phone of customer: hidden -> edit" in [str(one) for one in changes]


def test_what_is_given_comes_before_what_is_taken() -> None:
    old, new = catalog_from(CUSTOMER, ROLE), catalog_from(CUSTOMER, ROLE.replace("create: true", "export: own"))
    assert [one.direction for one in security_diff(old, new)] == [Direction.WIDER, Direction.NARROWER]


MACHINE = """
kind: object
name: deal
fields: {name: {type: text}, stage: {type: state, machine: stages}}
---
kind: state_machine
name: stages
object: deal
field: stage
initial: open
states: {open: {}, won: {}}
transitions: {win: {from: open, to: won, allowed: {role: sales}}}
"""
OPEN = MACHINE.replace(", allowed: {role: sales}", "")


def test_a_transition_that_loses_its_people_is_for_the_roles_that_list_it() -> None:
    old, new = catalog_from(CUSTOMER, ROLE, MACHINE), catalog_from(CUSTOMER, ROLE, OPEN)
    assert [str(one) for one in security_diff(old, new)] == [
        "rules: transition stages.win of deal: role sales -> roles with this action"
    ]


def test_a_new_transition_is_told_of_with_the_roles_that_may_take_it() -> None:
    role = ROLE.replace("objects: {", "objects: {deal: {read: all, actions: [win]}, ")
    old = catalog_from(
        CUSTOMER, ROLE.replace("objects: {", "objects: {deal: {read: all}, "), OPEN.replace("win:", "lose:")
    )
    told = [str(one) for one in security_diff(old, catalog_from(CUSTOMER, role, OPEN))]
    assert "role sales: action win of deal: none -> allowed" in told
    assert [one for one in told if one.startswith(("everybody", "rules"))] == []
    named = security_diff(old, catalog_from(CUSTOMER, role, MACHINE))
    assert "rules: transition stages.win of deal: none -> role sales" in [str(one) for one in named]


def test_a_report_is_short() -> None:
    more = "---\nkind: object\nname: project\nfields: {name: {type: text}, cost: {type: money}}\n"
    watcher = "---\nkind: role\nname: watcher\nobjects: {project: {read: all, create: true}}\n"
    small = "kind: object\nname: note\ndefault_access: read\nfields: {text: {type: text}}\n"
    before, after = catalog_from(small, CUSTOMER, ROLE), catalog_from(small, CUSTOMER, ROLE, more, watcher)
    there = grouped(security_diff(before, after), {"project"}, everyday=of_new_roles(after, {"watcher"}))
    assert ("role watcher", ["project: new: create, read all"]) in there
    assert "note" not in str(there)
    back = grouped(security_diff(after, before), (), {"project"}, {"watcher"})
    assert ("role watcher", ["gone with all it gave"]) in back


def test_sharing_and_restriction_rules_are_part_of_who_sees_what() -> None:
    share = 'kind: sharing_rule\nname: known\nobject: customer\nwhere: name == "A"\nto: {role: sales}'
    restrict = 'kind: restriction_rule\nname: secret\nobject: customer\nwhere: name == "B"'
    old, new = catalog_from(CUSTOMER, ROLE), catalog_from(CUSTOMER, ROLE, share, restrict)
    found = security_diff(old, new)
    assert [(str(one), one.direction) for one in found] == [
        ('rules: sharing rule known of customer: none -> read where name == "A" to role sales', Direction.WIDER),
        ('rules: restriction rule secret of customer: all -> all but where name == "B"', Direction.NARROWER),
    ]
