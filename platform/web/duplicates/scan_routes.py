"""Groups of records that are the same in a whole object: found by a job, looked at and merged here."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from formline.catalog.objects import Object
from formline.errors import FormlineError, NotFoundError, ValidationError
from formline.runtime.access.permitted import permitted
from formline.runtime.matching import scanning
from formline.runtime.merging.merging import Merge, merge
from formline.runtime.unit import run_unit
from formline.web.auth import login
from formline.web.duplicates.blueprint import blueprint
from formline.web.duplicates.hits import told_of
from formline.web.duplicates.similar_routes import compares, mergeable
from formline.web.i18n import ngettext
from formline.web.records.targets import readable_object, titles_of
from formline.web.visit import Visit, visit

#: A scan reads all records of an object, whoever may see them; what it found is shown by each person's own rights.
RIGHT = "manage_data"
#: Groups on a page; merged ones make room for the next.
SHOWN = 50

Group = list[tuple[UUID, str]]


@blueprint.get("/o/<object_name>/duplicates")
def groups_page(object_name: str) -> str:
    """Show the groups the newest scan found, as far as the person may read them."""
    here = visit()
    return _page(here, _scanned(here, object_name))


@blueprint.post("/o/<object_name>/duplicates/scan", endpoint="scan")
def start(object_name: str) -> Response:
    """Start a scan, or go on waiting for the one that runs; for who administers data."""
    login.require_admin(RIGHT)
    here = visit()
    obj = _scanned(here, object_name)
    with here.site.writing() as connection:
        scanning.enqueue(connection, obj.name, here.actor.user_id)
    return redirect(url_for("duplicates.groups_page", object_name=obj.name), 303)


@blueprint.post("/o/<object_name>/duplicates/merge", endpoint="merge_groups")
def merge_checked(object_name: str) -> tuple[str, int] | str:
    """Merge each checked group into its oldest record, each by itself; say which could not be."""
    here = visit()
    obj = _scanned(here, object_name)
    groups = {_key(group): [key for key, _title in group] for group in _groups(here, obj)}
    done, problems = 0, []
    for name in dict.fromkeys(request.form.getlist("group")):
        ids = sorted(groups.get(name, ()))
        if len(ids) < 2:
            continue
        wanted = Merge(obj.name, ids[0], tuple(ids[1:]), {})
        try:
            run_unit(here.site, here.actor, partial(merge, wanted=wanted), source="form", confirm=True)
            done += 1
        except ValidationError as error:
            problems += told_of(error)
        except FormlineError as error:
            problems.append(error.message)
    told = ngettext("{number} group was merged.", "{number} groups were merged.", done).format(number=done)
    return _page(here, obj, told if done else "", list(dict.fromkeys(problems)))


def _scanned(here: Visit, name: str) -> Object:
    obj = readable_object(here, name)
    if not (compares(here, obj) and mergeable(here, obj)):
        raise NotFoundError
    return obj


def _key(group: Group) -> str:
    return str(min(key for key, _title in group))


def _groups(here: Visit, obj: Object) -> list[Group]:
    """Return the groups with what of them is still there and readable."""
    with here.site.reading() as connection:
        job = scanning.newest(connection, obj.name)
        if job is None or not job.result:
            return []
        found = [[UUID(key) for key in group] for group in job.result.get("groups", ())]
        ids = [key for group in found for key in group]
        readable = permitted(connection, here.release, here.actor, obj.name, ids, "read")
    titles = titles_of(here, {obj.name: sorted(readable)})
    groups = [[(key, titles[key]) for key in group if key in readable and key in titles] for group in found]
    return [group for group in groups if len(group) > 1][:SHOWN]


def _page(here: Visit, obj: Object, told: str = "", problems: list[str] | None = None) -> str:
    with here.site.reading() as connection:
        job = scanning.newest(connection, obj.name)
    return render_template(
        "duplicates/groups.html",
        object=obj,
        label=here.labels.plural(obj),
        job=job,
        can_scan=here.rights.may(RIGHT),
        running=job is not None and job.state in ("waiting", "running"),
        groups=[(_key(group), group) for group in _groups(here, obj)],
        told=told,
        general=problems or (),
        warnings=(),
    )
