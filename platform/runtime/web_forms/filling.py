"""What a form itself sets on a new record: a step of the write pipeline, after the input and before the rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.catalog.web_forms import WebForm, forms_of
from formline.expressions.expression import Expression
from formline.fields.base import name_of
from formline.runtime.unit import hooks
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import env_of, is_local, over_drafts

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit

#: Under this name a unit keeps how it was filled in.
KEY = "web form"


@dataclass(frozen=True, slots=True)
class Filling:
    """A form being sent: by mail or on its page; ``answers`` is the record that a mail replies to."""

    form: WebForm
    mailed: bool = False
    answers: UUID | None = None


@hooks.provide
def provide(release: Release, object_name: str, phase: hooks.Phase) -> Iterable[hooks.Hook]:
    """Look after objects that some form makes records of."""
    if phase != "before_save" or not any(True for _ in forms_of(release.catalog, object_name)):
        return ()
    return (fill,)


def fill(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
    """Put what the form says into new records, one field after the other: a later one may read an earlier one."""
    filling: Filling | None = unit.extras.get(KEY)
    if filling is None or not drafts[0].is_new:
        return
    form = filling.form
    replies = form.mail.replies if form.mail is not None else None
    if filling.answers is not None and replies is not None and plan.name == replies.object:
        for draft in drafts:
            _put(plan, draft, replies.link, filling.answers)
    if plan.name not in form.writable:
        return
    for name, value in form.values_for(plan.name, mailed=filling.mailed).items():
        if not isinstance(value, Expression):
            found = [value] * len(drafts)
        elif is_local(value):
            found = [value.python(env_of(unit, draft.record, draft.old)) for draft in drafts]
        else:
            found = [row[0] for row in over_drafts(unit, plan, [value], drafts)]
        for draft, each in zip(drafts, found, strict=True):
            _put(plan, draft, name, each)


def _put(plan: WritePlan, draft: Draft, name: str, value: Any) -> None:
    field = plan.object.fields[name]
    for part, each in field.type.parse_parts(field, value).items():
        draft.record[name_of(part, name)] = each
    draft.given.add(name)
