"""Where an import is, and what its report says in the reader's words; no address lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for

from formline.catalog.objects import Object
from formline.errors import FieldError, NotFoundError
from formline.fields.field import Field
from formline.runtime import jobs
from formline.runtime.importing import imports
from formline.runtime.importing.report import Report
from formline.web.i18n import gettext as _
from formline.web.records.refusals import finding
from formline.web.records.targets import titles_of
from formline.web.visit import Visit

#: Rejected rows shown on a page, words asked for per column, records left by an undo.
ROWS_SHOWN = 100
WORDS_SHOWN = 50
LEFT_SHOWN = 100
LEAVE_EMPTY = "-"


@dataclass(frozen=True, slots=True)
class Stage:
    """``name``: columns, checking, checked, running, done, undoing, undone, failed; ``job``: the one it is about."""

    name: str
    job: jobs.Job | None = None

    @property
    def works(self) -> bool:
        """Whether a job is under way."""
        return self.name in ("checking", "running", "undoing")

    @property
    def report(self) -> Report:
        """What the job has done so far, where it reports so."""
        result = self.job.result if self.job else None
        return Report.from_json(result if isinstance(result, dict) and "created" in result else None)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a column that means nothing yet; ``number`` is its place in the form."""

    number: int
    text: str
    rows: int


@dataclass(frozen=True, slots=True)
class Unknown:
    """The words of one column: choices to pick from, or the address that looks for records."""

    key: str
    label: str
    words: tuple[Word, ...]
    more: int
    choices: tuple[tuple[str, str], ...]
    pick_url: str
    may_create: bool


def own_import(here: Visit, identifier: UUID) -> tuple[imports.Import, Object]:
    """Return a person's own import and its object; NotFoundError where it is another's, or may not be read."""
    of = imports.get(here.connection, identifier)
    name = here.release.object_named(of.object_id)
    if of.created_by != here.actor.user_id or name is None:
        raise NotFoundError
    return of, importable(here, name)


def importable(here: Visit, name: str) -> Object:
    """Return an object whose records the person may import."""
    if not here.release.catalog.has("object", name):
        raise NotFoundError
    access = here.rights.object(name)
    if not (access.can("read") and access.can("import")):
        raise NotFoundError
    return here.release.catalog.object(name)


def stage_of(here: Visit, of: imports.Import) -> Stage:
    """Return how far an import is, by the newest of its jobs."""
    for key, working, over in (
        (of.undo_job, "undoing", "undone"),
        (of.run_job, "running", "done"),
        (of.check_job, "checking", "checked"),
    ):
        job = jobs.get(here.connection, key) if key else None
        if job is None:
            continue
        if job.state in ("waiting", "running"):
            return Stage(working, job)
        return Stage(over if job.state == "done" else "failed", job)
    return Stage("columns")


def name_of(stage: Stage) -> str:
    """Return the stage in words."""
    words = {
        "columns": _("Columns are being chosen"),
        "checking": _("Being checked"),
        "checked": _("Checked, not imported yet"),
        "running": _("Running"),
        "done": _("Imported"),
        "undoing": _("Being undone"),
        "undone": _("Undone"),
        "failed": _("Stopped with an error"),
    }
    return words[stage.name]


def refused_rows(here: Visit, obj: Object, report: Report) -> list[tuple[int, list[str]]]:
    """Return rejected rows with their reasons in the reader's language."""
    return [
        (row.line, problems_in_words(here, obj, row.problems) or list(row.reasons))
        for row in report.refused[:ROWS_SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A row that resembles another record, in words; without an address where the person may not read that one."""

    line: int
    title: str
    href: str
    other: str
    other_href: str
    rule: str
    likeness: int


def alike_rows(here: Visit, obj: Object, report: Report, most: int = ROWS_SHOWN) -> list[Resemblance]:
    """Return rows that resemble other records; titles of those that the person may read."""
    found = [one for one in report.alike[:most] if here.release.catalog.has("object", one.object)]
    wanted: dict[str, set[UUID]] = {obj.name: {UUID(one.id) for one in found}}
    for one in found:
        wanted.setdefault(one.object, set()).add(UUID(one.other))
    titles = titles_of(here, wanted)
    rules = here.release.catalog.names("matching_rule")

    def address(name: str, key: str) -> str:
        return f"/o/{name}/{key}" if UUID(key) in titles else ""

    return [
        Resemblance(
            one.line,
            titles.get(UUID(one.id), ""),
            address(obj.name, one.id),
            titles.get(UUID(one.other)) or _("a record that you may not see"),
            address(one.object, one.other),
            _rule(here, one.rule) if one.rule in rules else one.rule,
            one.likeness,
        )
        for one in found
    ]


def _rule(here: Visit, name: str) -> str:
    return here.labels.text("matching_rule", name, "label", here.release.catalog.get("matching_rule", name).label)


def problems_in_words(here: Visit, obj: Object, problems: Any) -> list[str]:
    """Return (field, code, message) triples as sentences."""
    return [finding(here, obj, FieldError(field, code, message)) for field, code, message in problems]


def unknown_words(here: Visit, obj: Object, columns: Mapping[str, Any], report: Report) -> list[Unknown]:
    """Return what a person should say once for all rows, column by column."""
    found = []
    for key, words in report.unknown.items():
        field = obj.fields.get(key)
        if field is None or key not in columns:
            continue
        shown = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:WORDS_SHOWN]
        found.append(
            Unknown(
                key,
                here.labels.field(field),
                tuple(Word(number, text, rows) for number, (text, rows) in enumerate(shown)),
                len(words) - len(shown),
                _choices(here, field),
                url_for("records.pick_records", object_name=obj.name, field=key) if field.to else "",
                _may_create(here, field),
            )
        )
    return found


def _choices(here: Visit, field: Field) -> tuple[tuple[str, str], ...]:
    live = (name for name, choice in field.choices.items() if not choice.retired) if not field.to else ()
    return tuple((name, here.labels.choice(field, name)) for name in live)


def _may_create(here: Visit, field: Field) -> bool:
    return bool(field.to) and field.to[0] != "user" and here.rights.object(field.to[0]).can("create")


def left_records(here: Visit, result: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what an undo left as it is: (title, address, why, object) of those the person may read."""
    left = result.get("left", ())[:LEFT_SHOWN]
    wanted: dict[str, set[UUID]] = {}
    for name, key, _word in left:
        if here.release.catalog.has("object", name):
            wanted.setdefault(name, set()).add(UUID(key))
    titles = titles_of(here, wanted)
    why = outcomes()
    return [
        (titles[UUID(key)], f"/o/{name}/{key}", why.get(word, word), name)
        for name, key, word in left
        if UUID(key) in titles
    ]


def outcomes() -> dict[str, str]:
    """Return what becomes of a record by an undo, in words."""
    return {
        "undone": _("Undone"),
        "changed_since": _("Changed since"),
        "used_elsewhere": _("Used elsewhere"),
        "refused": _("Not allowed"),
        "gone": _("Already gone"),
    }
