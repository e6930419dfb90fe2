"""Addresses of the filter builder: the dialog with the tree of conditions, and one row of it for a chosen field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import render_template, request, url_for

from formline.catalog.objects import Object
from formline.expressions.types import Kind
from formline.fields.field import Field
from formline.web import fragments
from formline.web.i18n import gettext as _
from formline.web.records import filter_trees, filters, relative
from formline.web.records.blueprint import blueprint
from formline.web.records.filter_trees import AND, Group
from formline.web.records.filters import Filter
from formline.web.records.form_spec import Option
from formline.web.records.list_address import read_address, records_named
from formline.web.records.targets import field_at, readable_object, shown_fields, titles_of
from formline.web.visit import Visit, visit

BEHAVIOURS = {Kind.DATE: "date", Kind.DATETIME: "datetime"}


@dataclass(frozen=True, slots=True)
class Row:
    """One condition as the builder shows it; ``bare`` are the operators without a value, ``chosen`` its values."""

    path: str
    op: str
    operators: Mapping[str, str]
    bare: tuple[str, ...]
    choices: tuple[Option, ...]
    pick_url: str
    behaviour: str
    chosen: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """A group as the builder shows it."""

    word: str
    members: tuple[Branch | Row, ...]


@blueprint.get("/o/<object_name>/filter/tree")
def filter_tree(object_name: str) -> str:
    """Return the dialog of the filter builder with the conditions of the address."""
    here = visit()
    obj = readable_object(here, object_name)
    address, _view = read_address(here, obj, request.args)
    titles = titles_of(here, records_named(here, obj, address))
    tree = address.tree or Group(AND, ())
    paths = _paths(here, obj)
    branch = _branch(here, obj, tree, titles)
    if not branch.members and paths:
        branch = Branch(AND, (_row(here, obj, Filter(paths[0][1][0][0], "", ""), titles),))
    return fragments.dialog(
        "records/filter_tree.html",
        _("Filter builder"),
        object=obj,
        address=address,
        branch=branch,
        paths=paths,
        expression=filter_trees.expression(here, obj, tree, titles) if tree.members else "",
    )


@blueprint.get("/o/<object_name>/filter/row")
def filter_row(object_name: str) -> str:
    """Return one row of the builder for the field that was chosen in it."""
    here = visit()
    obj = readable_object(here, object_name)
    row = _row(here, obj, Filter(request.args.get("field", ""), "", ""), {})
    return render_template("records/_filter_row.html", object=obj, row=row, paths=_paths(here, obj))


def _paths(here: Visit, obj: Object) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the fields offered: those of the object, then those one lookup away, each with its label."""
    return here.compiled(("filter paths", obj.name, here.language, here.rights), lambda: [*_path_groups(here, obj)])


def _path_groups(here: Visit, obj: Object) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    own = [field for field in shown_fields(here, obj) if filters.operator_names(field)]
    yield here.labels.object(obj), [(field.name, here.labels.field(field)) for field in own]
    for field in own:
        if len(field.to) != 1 or field.value_type.many or not here.rights.object(field.to[0]).can("read"):
            continue
        target = here.release.catalog.object(field.to[0])
        further = [each for each in shown_fields(here, target) if filters.operator_names(each) and not each.system]
        named = [(f"{field.name}.{each.name}", here.labels.field(each)) for each in further]
        if named:
            yield here.labels.field(field), named


def _branch(here: Visit, obj: Object, node: Group, titles: Mapping[UUID, str]) -> Branch:
    members = (
        _branch(here, obj, member, titles) if isinstance(member, Group) else _row(here, obj, member, titles)
        for member in node.members
    )
    return Branch(node.word, tuple(members))


def _row(here: Visit, obj: Object, each: Filter, titles: Mapping[UUID, str]) -> Row:
    field = field_at(here, obj, each.path)
    if field is None:
        each = Filter(obj.title, "", "")
        field = obj.fields[obj.title]
    shown = field.shown
    operators = filters.operator_names(field)
    bare = tuple(op for op in operators if not filters.needs_value(here, obj, Filter(each.path, op, "")))
    pick = url_for("records.pick_records", object_name=shown.object, field=shown.name) if shown.to else ""
    return Row(
        each.path,
        each.op,
        operators,
        bare,
        filters.choices(here, field),
        pick,
        BEHAVIOURS.get(shown.value_type.kind, ""),
        tuple(_chosen(shown, each, titles)),
    )


def _chosen(field: Field, each: Filter, titles: Mapping[UUID, str]) -> Iterator[tuple[str, str]]:
    several = each.op in filters.SEVERAL and not relative.is_relative(field, each.op)
    for text in each.text.split(filters.LIST_SEPARATOR) if several else [each.text]:
        if text.strip():
            yield text.strip(), next((titles.get(key, "…") for key in filters.ids_in(text)), text.strip())
