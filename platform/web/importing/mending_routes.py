"""Addresses about rejected rows, and files to fill in: the grid that mends them, their download, blank templates."""

from __future__ import annotations

import csv
import io
from uuid import UUID

import orjson
from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from formline.errors import NotFoundError
from formline.runtime.exporting.guarding import guard
from formline.runtime.files.storage import store_of
from formline.runtime.importing import imports, job
from formline.web.files.sending import SANDBOX, disposition
from formline.web.i18n import gettext as _
from formline.web.importing import blank, stages, upload
from formline.web.importing.blueprint import blueprint
from formline.web.visit import Visit, visit

#: Rows of a page of the grid, and cells at most.
ROWS = 50
CELLS = 2_000
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Rejected = tuple[int, list[str], list[tuple[str, str, str]]]


@blueprint.get("/imports/<uuid:identifier>/rejected")
def mend_page(identifier: UUID) -> str:
    """Show rejected rows in a grid whose cells can be changed."""
    here = visit()
    of, obj = stages.own_import(here, identifier)
    headings, rows = _rejected(here, of)
    shown = rows[: _page(headings)]
    return render_template(
        "importing/mend.html",
        of=of,
        object=obj,
        plural=here.labels.plural(obj),
        headings=headings,
        rows=[(line, cells, stages.problems_in_words(here, obj, problems)) for line, cells, problems in shown],
        bad=[_bad_columns(of, problems) for _line, _cells, problems in shown],
        more=len(rows) - len(shown),
    )


@blueprint.post("/imports/<uuid:identifier>/rejected", endpoint="mend")
def mend(identifier: UUID) -> BaseResponse:
    """Import the mended rows alone: a new import with the same columns, checked first."""
    here = visit()
    of, obj = stages.own_import(here, identifier)
    headings, rows = _rejected(here, of)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(headings)
    for line, _cells, _problems in rows[: _page(headings)]:
        if request.form.get(f"{line}.skip") != "1":
            writer.writerow([guard(request.form.get(f"{line}.{number}", "")) for number in range(len(headings))])
    # Rows beyond those shown go along as they are: they are rejected again, and shown next.
    for _line, cells, _problems in rows[_page(headings) :]:
        writer.writerow([guard(cell) for cell in cells])
    source = {"format": "csv", "encoding": "utf-8", "delimiter": ","}
    new = upload.keep(here, obj, of.name, io.BytesIO(made.getvalue().encode()), source)
    with here.site.writing(here.release) as writing:
        imports.change(writing, new, mapping=of.mapping, parent_id=of.id)
        job.enqueue(writing, imports.get(writing, new), job.CHECK)
    return redirect(url_for("importing.page", identifier=new), 303)


@blueprint.get("/imports/<uuid:identifier>/rejected.csv")
def rejected_file(identifier: UUID) -> Response:
    """Send the rejected rows with their reasons; columns as in the file, so that it can be imported again."""
    here = visit()
    of, obj = stages.own_import(here, identifier)
    headings, rows = _rejected(here, of)
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([*map(guard, headings), _("Why rejected")])
    for _line, cells, problems in rows:
        writer.writerow([*map(guard, cells), guard(" ".join(stages.problems_in_words(here, obj, problems)))])
    return _file("\ufeff" + made.getvalue(), "text/csv; charset=utf-8", _("rejected rows") + ".csv")


@blueprint.get("/imports/<uuid:identifier>/alike.csv")
def alike_file(identifier: UUID) -> Response:
    """Send the rows that resemble other records, with those the person may see."""
    here = visit()
    of, obj = stages.own_import(here, identifier)
    report = stages.stage_of(here, of).report
    if not report.alike:
        raise NotFoundError
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow([_("Row"), _("Record"), _("Resembles"), _("Rule"), _("Likeness in percent")])
    for one in stages.alike_rows(here, obj, report, len(report.alike)):
        writer.writerow([one.line, guard(one.title), guard(one.other), guard(one.rule), one.likeness])
    return _file("\ufeff" + made.getvalue(), "text/csv; charset=utf-8", _("possible duplicates") + ".csv")


@blueprint.get("/o/<object_name>/import/blank.xlsx")
def blank_file(object_name: str) -> Response:
    """Send an empty workbook to fill in: headings, notes, lists of choices."""
    here = visit()
    obj = stages.importable(here, object_name)
    return _file(blank.workbook(here, obj), WORKBOOK, f"{here.labels.plural(obj)}.xlsx")


def _file(content: str | bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = disposition("attachment", name)
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def _page(headings: list[str]) -> int:
    return max(1, min(ROWS, CELLS // max(len(headings), 1)))


def _rejected(here: Visit, of: imports.Import) -> tuple[list[str], list[Rejected]]:
    if of.refused_file is None:
        raise NotFoundError
    head, *lines = store_of(here.site).path(of.refused_file).read_bytes().splitlines()
    return orjson.loads(head), [tuple(orjson.loads(line)) for line in lines]


def _bad_columns(of: imports.Import, problems: list[tuple[str, str, str]]) -> frozenset[str]:
    """Return the headings of the columns that something is wrong with."""
    known = (of.mapping or {}).get("columns", {})
    return frozenset(known[field]["from"] for field, _code, _message in problems if field in known)
