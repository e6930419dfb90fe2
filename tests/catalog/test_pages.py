"""Layouts and lists: the most specific wins, and there is always one; labels in other languages."""

from __future__ import annotations

import pytest

from formline.catalog.pages import best_layout, fitting_for
from tests.fixtures.catalogs import catalog_from

DEAL = """
kind: object
name: deal
plural: Deals
record_types: {sale: {label: Sale}, project: {label: Project}}
fields:
  name: {type: text, required: true}
  note: {type: long_text}
  kind: {type: choice, choices: {x: {label: Ex}, y: {label: Why}}}
  amount: {type: money}
  day: {type: date}
---
kind: object
name: line
title: text
fields: {text: {type: text}, deal: {type: parent, to: deal, reverse: lines}}
"""
LAYOUTS = """
kind: layout
name: plain
object: deal
form: [{section: a, rows: [[name]]}, {table: lines, columns: [text]}]
fields: {amount: {visible: false}, kind: {read_only: true}}
---
kind: layout
name: projects
object: deal
for: {record_types: [project]}
---
kind: layout
name: bosses
object: deal
for: {roles: [boss]}
---
kind: layout
name: bosses_projects
object: deal
for: {record_types: [project], roles: [boss]}
---
kind: role
name: boss
---
kind: app
name: phone
items: [deal]
---
kind: layout
name: on_phone
object: deal
for: {app: phone}
"""


@pytest.mark.parametrize(
    ("record_type", "roles", "app", "expected"),
    [
        ("sale", [], "", "plain"),
        ("sale", ["boss"], "", "bosses"),
        ("project", [], "", "projects"),
        ("project", ["other", "boss"], "", "bosses_projects"),
        ("sale", [], "phone", "on_phone"),
        ("project", [], "phone", "projects"),
    ],
)
def test_the_most_specific_layout_wins(record_type: str, roles: list[str], app: str, expected: str) -> None:
    deal = catalog_from(DEAL, LAYOUTS).object("deal")
    assert best_layout(deal, record_type, roles, app).name == expected


def test_without_a_layout_one_is_made_of_all_fields() -> None:
    layout = best_layout(catalog_from(DEAL).object("deal"))
    assert layout.generated
    assert layout.form[0].rows == (("name", "kind"), ("amount", "day"), ("owner",), ("note",))
    assert [one.list for one in layout.related] == ["lines"]


def test_a_layout_only_for_some_leaves_a_generated_one_for_the_others() -> None:
    only = "kind: layout\nname: projects\nobject: deal\nfor: {record_types: [project]}\n"
    deal = catalog_from(DEAL, only).object("deal")
    assert best_layout(deal, "project").name == "projects"
    assert best_layout(deal, "sale").generated


def test_a_layout_hides_and_locks_for_display() -> None:
    layout = best_layout(catalog_from(DEAL, LAYOUTS).object("deal"), "sale")
    assert (layout.hidden, layout.read_only) == ({"amount"}, {"kind"})
    assert layout.form[1].table == "lines"


def test_without_a_list_view_one_is_made() -> None:
    view = catalog_from(DEAL).object("deal").list_views[0]
    assert view.generated
    assert view.columns == ("name", "kind", "amount", "day", "owner")
    assert view.sort == (("created_at", True),)


def test_list_views_are_those_for_the_person() -> None:
    views = """
kind: list_view
name: all_deals
object: deal
columns: [name, {field: amount, total: sum}]
sort: [-amount, name]
---
kind: list_view
name: of_bosses
object: deal
for: {roles: [boss]}
columns: [name]
---
kind: role
name: boss
"""
    deal = catalog_from(DEAL, views).object("deal")
    assert [one.name for one in fitting_for(deal.list_views, "", [], "")] == ["all_deals"]
    assert [one.name for one in fitting_for(deal.list_views, "", ["boss"], "")] == ["all_deals", "of_bosses"]
    assert deal.list_views[0].sort == (("amount", True), ("name", False))
    assert deal.list_views[0].details["amount"].total == "sum"


def test_labels_come_in_the_persons_language_and_else_in_the_base_language() -> None:
    texts = """
kind: translations
language: de
of: object
texts: {deal: {label: Geschäft, fields: {kind: {choices: {x: {label: Ix}}}}}}
"""
    catalog = catalog_from(DEAL, texts)
    assert catalog.translate("de", "object", "deal", ("label",), "Deal") == "Geschäft"
    assert catalog.translate("fr", "object", "deal", ("label",), "Deal") == "Deal"
    kind = catalog.object("deal").fields["kind"]
    assert [kind.choice_label(name, "de") for name in kind.choices] == ["Ix", "Why"]
    assert kind.type.parse(kind, "Ix") == "x"


def test_roles_to_choose_from_are_called_what_the_roles_are() -> None:
    person = """
kind: object
name: person
label: Person
fields: {name: {type: text}, roles: {type: multi_choice, choice_list: roles}}
"""
    role = "kind: role\nname: seller\nlabel: Seller\n"
    texts = "kind: translations\nlanguage: de\nof: role\ntexts: {seller: {label: Verkauf}}\n"
    roles = catalog_from(person, role, texts).object("person").fields["roles"]
    assert [roles.choice_label("seller", language) for language in ("de", "en")] == ["Verkauf", "Seller"]


def test_an_app_knows_what_its_entries_are() -> None:
    app = """
kind: app
name: sales
items: [deal, {group: more, items: [{list_view: mine, icon: star}]}, inbox]
---
kind: list_view
name: mine
object: deal
columns: [name]
"""
    items = catalog_from(DEAL, app).get("app", "sales").items
    assert [(one.kind, one.name) for one in items] == [("object", "deal"), ("group", "more"), ("page", "inbox")]
    assert (items[1].items[0].kind, items[1].items[0].icon) == ("list_view", "star")
