"""Addresses of the wizard: the file, its columns, the answers, the rehearsal, the run, the undo, the history."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import FormlineError, NotFoundError
from formline.runtime.importing import imports, job, undo
from formline.runtime.importing.tables import FileProblem
from formline.web import limits
from formline.web.i18n import gettext as _
from formline.web.importing import columns, stages, upload
from formline.web.importing.blueprint import blueprint
from formline.web.records.targets import titles_of
from formline.web.value_messages import translated
from formline.web.visit import Visit, visit

Answer = Response | str | tuple[str, int]
#: Former imports asked for what their columns meant.
REMEMBERED = 20
ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "cp1252")
DELIMITERS = (",", ";", "\t", "|")
MISSING = ("error", "empty", "create")


@blueprint.get("/imports")
def history() -> str:
    """Show a person's imports, and what they may import."""
    here = visit()
    rows = []
    for of in imports.of_person(here.connection, _me(here)):
        name = here.release.object_named(of.object_id)
        if name is not None and here.rights.object(name).can("import"):
            stage = stages.stage_of(here, of)
            rows.append((of, here.release.catalog.object(name), stage, stages.name_of(stage)))
    names = sorted(here.release.catalog.objects)
    offered = [here.release.catalog.object(name) for name in names if here.rights.object(name).can("import")]
    return render_template("importing/history.html", rows=rows, offered=offered, here=here)


@blueprint.get("/o/<object_name>/import")
def start(object_name: str) -> str:
    """Ask for a file, or for rows pasted from a spreadsheet."""
    here = visit()
    return _start(here, stages.importable(here, object_name), "")


@blueprint.post("/o/<object_name>/import")
def take(object_name: str) -> Answer:
    """Take the file, or what was pasted, and go on to its columns."""
    here = visit()
    obj = stages.importable(here, object_name)
    limits.spend_both(limits.UPLOAD, here.actor.user_id)
    pasted = request.form.get("pasted", "").strip("\r\n")
    file = request.files.get("file")
    try:
        if file is not None and file.filename:
            identifier = upload.keep(here, obj, file.filename, file.stream, {})
        elif pasted:
            tabs = "\t" in pasted.partition("\n")[0]
            source = {"format": "csv", "encoding": "utf-8", **({"delimiter": "\t"} if tabs else {})}
            name = _("Pasted rows")
            identifier = upload.keep(here, obj, name, io.BytesIO(pasted.encode()), source)
        else:
            return _start(here, obj, _("Choose a file, or paste rows.")), 422
    except FormlineError as error:
        if error.status != 422:
            raise
        return _start(here, obj, translated(error.message)), 422
    of, obj = stages.own_import(here, identifier)
    mapping = {"object": obj.name, "columns": columns.guessed(here, obj, of.headings or (), _past(here, of))}
    with here.site.writing(here.release) as writing:
        imports.change(writing, of.id, mapping=mapping)
    return _to(identifier)


def _start(here: Visit, obj: Object, wrong: str) -> str:
    return render_template("importing/start.html", object=obj, plural=here.labels.plural(obj), wrong=wrong)


@blueprint.get("/imports/<uuid:identifier>")
def page(identifier: UUID) -> Response | str:
    """Show an import at the step it has reached; ``?step=columns`` goes back to its columns."""
    here = visit()
    of, obj = stages.own_import(here, identifier)
    stage = stages.stage_of(here, of)
    if request.headers.get("HX-Request") and not stage.works:
        return Response(status=204, headers={"HX-Refresh": "true"})
    if stage.name == "columns" or (of.run_job is None and not stage.works and request.args.get("step") == "columns"):
        return _columns(here, of, obj, [])
    return _progress(here, of, obj, stage)


def _progress(here: Visit, of: imports.Import, obj: Object, stage: stages.Stage) -> str:
    report = stage.report
    result = stage.job.result if stage.job is not None and isinstance(stage.job.result, dict) else {}
    known = (of.mapping or {}).get("columns", {})
    values: dict[str, Any] = {
        "of": of,
        "object": obj,
        "plural": here.labels.plural(obj),
        "stage": stage,
        "stage_words": stages.name_of(stage),
        "report": report,
        "rows": stages.refused_rows(here, obj, report),
        "alike": stages.alike_rows(here, obj, report) if stage.name in ("checked", "done", "failed") else (),
        "unknown": stages.unknown_words(here, obj, known, report) if stage.name == "checked" else (),
        "counts": result.get("counts", {}) if stage.name in ("undoing", "undone") else {},
        "left": stages.left_records(here, result) if stage.name == "undone" else (),
        "outcomes": stages.outcomes(),
        "leave_empty": stages.LEAVE_EMPTY,
        "step": _step(stage),
    }
    fragment = request.headers.get("HX-Request") and stage.works
    return render_template("importing/_working.html" if fragment else "importing/page.html", **values)


def _step(stage: stages.Stage) -> int:
    return {"columns": 2, "checking": 3, "checked": 3}.get(stage.name, 4)


def _columns(here: Visit, of: imports.Import, obj: Object, wrong: list[str]) -> str:
    chosen: Mapping[str, Any] = of.mapping or {"columns": {}}
    headings, samples = of.headings or (), of.samples or ()
    return render_template(
        "importing/columns.html",
        of=of,
        object=obj,
        plural=here.labels.plural(obj),
        choices=columns.shown(here, obj, headings, samples, chosen["columns"]),
        targets=columns.targets(here, obj),
        keys=[(field.name, here.labels.field(field)) for field in columns.keys(here, obj)],
        key=next(iter(chosen.get("key", ())), ""),
        mode=chosen.get("mode", "upsert"),
        missing=columns.missing(here, obj, chosen["columns"]),
        dates=columns.DATES,
        encodings=ENCODINGS,
        delimiters=DELIMITERS,
        wrong=wrong,
        step=2,
    )


@blueprint.post("/imports/<uuid:identifier>/file")
def read_again(identifier: UUID) -> Answer:
    """Read the file in another way: its encoding, its delimiter, its sheet, the row of its headings."""
    here = visit()
    of, obj = _open(here, identifier)
    source: dict[str, Any] = {name: of.source[name] for name in ("format",) if name in of.source}
    source |= {name: request.form[name] for name in ("encoding", "delimiter", "sheet") if request.form.get(name)}
    row = request.form.get("header_row", "")
    source["header_row"] = min(max(int(row), 1), 100) if row.isascii() and row.isdigit() else 1
    try:
        again = upload.look_again(here, of, source)
    except FileProblem as error:
        return _columns(here, of, obj, [translated(error.message)]), 422
    mapping = {"object": obj.name, "columns": columns.guessed(here, obj, again["headings"], _past(here, of))}
    with here.site.writing(here.release) as writing:
        imports.change(writing, of.id, mapping=mapping, **again)
    return _to(identifier)


@blueprint.post("/imports/<uuid:identifier>/columns")
def choose(identifier: UUID) -> Answer:
    """Keep which column is which field, and rehearse."""
    here = visit()
    of, obj = _open(here, identifier)
    before = (of.mapping or {}).get("columns", {})
    mapping, wrong = columns.mapping_from(here, obj, of.headings or (), of.samples or (), request.form, before)
    if wrong:
        return _columns(here, of, obj, wrong), 422
    _check(here, of, mapping)
    return _to(identifier)


@blueprint.post("/imports/<uuid:identifier>/answers")
def answer(identifier: UUID) -> Response:
    """Keep what words mean, once for all rows, and rehearse again."""
    here = visit()
    of, obj = _open(here, identifier)
    mapping = dict(of.mapping or {})
    mapping["columns"] = {name: dict(column) for name, column in mapping.get("columns", {}).items()}
    for each in stages.unknown_words(here, obj, mapping["columns"], stages.stage_of(here, of).report):
        column = mapping["columns"][each.key]
        for word in each.words:
            _answered(obj, column, each, word, request.form.get(f"{each.key}.{word.number}", ""))
        rest = request.form.get(f"{each.key}.rest", "")
        if "find" in column and rest in MISSING and (rest != "create" or each.may_create):
            column["find"] = {**column["find"], "missing": rest}
    _check(here, of, mapping)
    return _to(identifier)


def _answered(obj: Object, column: dict[str, Any], unknown: stages.Unknown, word: stages.Word, said: str) -> None:
    """Note what one word means: a choice, a record, or nothing at all."""
    if said == stages.LEAVE_EMPTY:
        column["values"] = {**column.get("values", {}), word.text: None}
    elif said and unknown.pick_url:
        try:
            key = str(UUID(said))
        except ValueError:
            raise NotFoundError from None
        column["find"] = {**column["find"], "answers": {**column["find"].get("answers", {}), word.text: key}}
    elif said in obj.fields[unknown.key].choices:
        column["values"] = {**column.get("values", {}), word.text: said}


@blueprint.post("/imports/<uuid:identifier>/run")
def run(identifier: UUID) -> Response:
    """Import in the background."""
    here = visit()
    of, _obj = _open(here, identifier)
    if stages.stage_of(here, of).name != "checked":
        raise NotFoundError
    with here.site.writing(here.release) as writing:
        job.enqueue(writing, of, job.KIND)
    return _to(identifier)


@blueprint.post("/imports/<uuid:identifier>/undo")
def take_back(identifier: UUID) -> Response:
    """Undo a finished import in the background."""
    here = visit()
    of, _obj = stages.own_import(here, identifier)
    # An undo that failed may be asked for again: what it undid is gone by then, or as it was.
    if of.run_job is None or of.file is None or stages.stage_of(here, of).name not in ("done", "failed"):
        raise NotFoundError
    with here.site.writing(here.release) as writing:
        undo.enqueue(writing, of, _me(here))
    return _to(identifier)


def _open(here: Visit, identifier: UUID) -> tuple[imports.Import, Object]:
    """Return an import that may still be changed: not run, and no job of it at work."""
    of, obj = stages.own_import(here, identifier)
    if of.run_job is not None or of.file is None or stages.stage_of(here, of).works:
        raise NotFoundError
    return of, obj


def _check(here: Visit, of: imports.Import, mapping: Mapping[str, Any]) -> None:
    with here.site.writing(here.release) as writing:
        imports.change(writing, of.id, mapping=mapping)
        job.enqueue(writing, of, job.CHECK)


def _past(here: Visit, of: imports.Import) -> list[Mapping[str, Any]]:
    """Return the mappings of former imports of the object, newest first; answers only where they may be read."""
    former = imports.of_person(here.connection, _me(here), REMEMBERED, of.object_id)
    found = [each.mapping for each in former if each.mapping and each.run_job and each.id != of.id]
    return [_with_readable_answers(here, mapping) for mapping in found]


def _with_readable_answers(here: Visit, mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    described = here.release.catalog.object(mapping["object"])
    columns_now = {}
    for name, column in mapping["columns"].items():
        answers = column.get("find", {}).get("answers")
        if answers and name in described.fields:
            known = titles_of(here, {described.fields[name].to[0]: [UUID(key) for key in answers.values()]})
            kept = {text: key for text, key in answers.items() if UUID(key) in known}
            columns_now[name] = {**column, "find": {**column["find"], "answers": kept}}
        else:
            columns_now[name] = column
    return {**mapping, "columns": columns_now}


def _me(here: Visit) -> UUID:
    if here.actor.user_id is None:
        raise NotFoundError
    return here.actor.user_id


def _to(identifier: UUID) -> Response:
    return redirect(url_for("importing.page", identifier=identifier), 303)
