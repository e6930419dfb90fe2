"""Begins, resumes and abandons applies, one at a time per site; the steps themselves live in carry.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import func, insert, select, update

from formline.errors import DefinitionError, FormlineError, NotFoundError, StalePlanError
from formline.runtime import fence, tables
from formline.runtime.collecting import collecting_rarely
from formline.runtime.migration import ledger
from formline.runtime.migration.apply_lock import apply_lock
from formline.runtime.migration.carry import Carrier
from formline.runtime.migration.plan import Plan
from formline.runtime.migration.steps import Step
from formline.runtime.release import Release
from formline.runtime.releases import ABANDONED, APPLYING, LANGUAGE_VERSION, code_version, unfinished
from formline.runtime.site import Site

#: Called before every step with its number (from 0), how many there are, and the step.
Progress = Callable[[int, int, Step], None]


class LossError(FormlineError):
    """The plan would leave values behind and nobody accepted that."""

    code = "loss"
    status = 409


@dataclass(frozen=True, slots=True)
class Author:
    """Who publishes: ``name`` as releases show it, ``id`` of the user where there is one."""

    name: str
    id: UUID | None = None


def _quiet(_number: int, _total: int, _step: Step) -> None:
    return None


@collecting_rarely()
def apply(
    site: Site, plan: Plan, reason: str, author: Author, *, accept_loss: bool = False, progress: Progress = _quiet
) -> Release:
    """Make the plan's candidate live and return it as this process sees it.

    Raises:
        DefinitionError: the plan has blockers.
        LossError: values would not convert, or secret ones be readable, and ``accept_loss`` is not given.
        StalePlanError: another release is live than the plan was made for, or an apply is running or unfinished.
    """
    if plan.blockers:
        raise DefinitionError(plan.blockers)
    if plan.failing_rows and not accept_loss:
        lines = "\n".join(str(loss) for loss in plan.losses if loss.failed)
        hint = "mend these records, write convert_from: at the field, or accept that they become empty: --accept-loss"
        raise LossError(f"{plan.failing_rows} values cannot be converted:\n{lines}", hint=hint)
    if plan.opened_rows and not accept_loss:
        lines = "\n".join(str(loss) for loss in plan.losses if loss.sealing == "opened")
        hint = "leave the field an encrypted_text, or accept that whoever reads the field reads them: --accept-loss"
        raise LossError(f"{plan.opened_rows} secret values would be stored readable:\n{lines}", hint=hint)
    with apply_lock(site):
        number = _begin(site, plan, reason, author)
        site.adopt(site.release_of(number, plan.candidate.catalog, plan.physical, going_back=plan.going_back))
        Carrier(site, number, progress).run()
    return site.refresh()


def resume(site: Site, *, progress: Progress = _quiet) -> Release:
    """Finish an apply that was killed.

    Raises:
        NotFoundError: none is unfinished.
        StalePlanError: it is running right now.
    """
    with apply_lock(site):
        Carrier(site, _unfinished(site), progress).run()
    return site.refresh()


def abandon(site: Site) -> int:
    """Give an unfinished apply up and return its number; what it made goes into quarantine.

    Raises:
        NotFoundError: none is unfinished.
        StalePlanError: it is running, or its release is live already: only forward is left.
    """
    with apply_lock(site):
        number = _unfinished(site)
        with site.writing() as connection:
            live = fence.read_live(connection)
            if live.release == number:
                raise StalePlanError(f"Release {number} is live already.", hint="run `formline apply --resume`")
            if live.release is not None and live.phase != fence.STABLE:
                fence.switch(connection, live, release=live.release, phase=fence.STABLE, other=None, patience_ms=10_000)
            if live.release is not None:
                ledger.quarantine(connection, site.load(connection, live.release).physical, datetime.now(UTC))
            row = tables.release
            connection.execute(update(row).where(row.c.number == number).values(state=ABANDONED))
    return number


def _unfinished(site: Site) -> int:
    with site.reading() as connection:
        running = unfinished(connection)
    if running is None:
        raise NotFoundError("No apply is unfinished.")
    return running.number


def _begin(site: Site, plan: Plan, reason: str, author: Author) -> int:
    """Write the release down, with everything needed to finish it without the plan; return its number."""
    with site.writing() as connection:
        live = fence.read_live(connection)
        if live.revision != plan.revision:
            raise StalePlanError(
                f"The plan was made for release {plan.base}; release {live.release} is live.", hint="plan again"
            )
        if unfinished(connection) is not None:
            raise StalePlanError("An apply is unfinished.", hint="run `formline apply --resume`")
        number: int = (connection.execute(select(func.max(tables.release.c.number))).scalar() or 0) + 1
        ledger.record(connection, plan.physical, plan.changed, number)
        connection.execute(
            insert(tables.release).values(
                number=number,
                hash=plan.candidate.catalog.hash,
                source=plan.candidate.catalog.to_json().decode(),
                physical=plan.physical.to_json(),
                site_layer=dict(plan.candidate.site_layer),
                base=plan.base,
                going_back=plan.going_back,
                author_id=author.id,
                author=author.name,
                reason=reason,
                plan=plan.to_json(),
                language_version=LANGUAGE_VERSION,
                code_version=code_version(),
                state=APPLYING,
                steps=[list(step) for step in plan.steps],
                done=0,
                created_at=datetime.now(UTC),
            )
        )
    return number
