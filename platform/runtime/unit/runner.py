"""Runs a unit in a fenced transaction, from the start again when others got in its way; the steps are the Unit's."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError

from formline.errors import ConflictError, ReleaseMismatchError
from formline.fields.locale import PLAIN, Locale
from formline.runtime.unit.questions import ROUNDS, OpenQuestionsError, Questions
from formline.runtime.unit.retry import RERUNS, BusyError, RunAgain, is_duplicate, is_passing, pause
from formline.runtime.unit.unit import Settings, Unit

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site

T = TypeVar("T")


def run_unit(
    site: Site,
    actor: Actor,
    work: Callable[[Unit], T],
    *,
    source: str = "form",
    confirm: bool = False,
    now: datetime | None = None,
    locale: Locale = PLAIN,
    depth: int = 0,
) -> T:
    """Open a transaction, let ``work`` write through the unit, finish, commit, and return what ``work`` returned.

    ``source``: form, api, import, bulk or system. ``confirm``: warnings were seen and accepted. ``depth``: how many
    automations led here. ``work`` may run several times and must touch nothing but the unit: where others were in the
    way, or where it asked what is answered outside a transaction.

    Raises:
        ValidationError: every finding of every row. AccessDeniedError, NotFoundError, ConflictError: see errors.
        BusyError: every run was disturbed by others.
    """
    settings = Settings(source, confirm, now or datetime.now(UTC), locale, depth)
    questions = Questions()
    for _ in range(ROUNDS):
        try:
            return _run(site, actor, work, settings, questions)
        except OpenQuestionsError:
            questions.answer(site)
    return _run(site, actor, work, settings, questions)


def _run(site: Site, actor: Actor, work: Callable[[Unit], T], settings: Settings, questions: Questions) -> T:
    look = False
    for run in range(RERUNS + 1):
        if run:
            time.sleep(pause(run))
        release = site.release
        try:
            with site.writing(release) as connection:
                unit = Unit(site, release, actor, connection, settings, look_for_duplicates=look, questions=questions)
                return _worked(unit, work)
        except ReleaseMismatchError:
            site.refresh()
        except IntegrityError as error:
            if not is_duplicate(error):
                raise
            look = True
        except (DBAPIError, RunAgain) as error:
            if not is_passing(error):
                raise
    if look:
        raise ConflictError("Another record with the same values is being written.", code="duplicate")
    raise BusyError


def _worked(unit: Unit, work: Callable[[Unit], T]) -> T:
    """Let ``work`` write and finish the unit; how it ends counts only if no question is open."""
    unit.questions.begin()
    try:
        result = work(unit)
        unit.finish()
    except (DBAPIError, RunAgain, ReleaseMismatchError):
        raise
    except Exception:
        unit.questions.leave()
        raise
    unit.questions.leave()
    return result
