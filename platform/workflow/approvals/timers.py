"""Due times: a regular job tells instances whose time has passed; each timer fires once, whoever runs the job."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from formline.errors import NotFoundError
from formline.runtime import jobs, periodic
from formline.runtime.unit.retry import BusyError
from formline.workflow.approvals import shell, storage

if TYPE_CHECKING:
    from formline.runtime.site import Site

BATCH = 200
#: An instance that cannot be told is told again after this time.
AGAIN = timedelta(hours=1)
_log = logging.getLogger(__name__)


@periodic.every("approval_timers", timedelta(minutes=1))
def run_timers(running: jobs.Running) -> int:
    """Fire what is due; return how many timers were taken."""
    return pass_due(running.site, datetime.now(UTC))


def pass_due(site: Site, now: datetime) -> int:
    """Tell every instance whose due time is at ``now`` or before; return how many were told.

    The timer goes in the transaction that tells, so a killed worker forgets no reminder and sends none twice. An
    instance that cannot be told holds up no other.
    """
    count = 0
    while True:
        with site.reading() as connection:
            timers = storage.due_timers(connection, now, BATCH)
        if not timers:
            return count
        for timer in timers:
            count += _told(site, timer, now)


def _told(site: Site, timer: storage.Timer, now: datetime) -> bool:
    try:
        shell.due(site, timer, now)
    except NotFoundError:  # where the record is gone, nobody waits for this time any more
        with site.writing() as connection:
            storage.take_timer(connection, timer)
        return False
    except (BusyError, DBAPIError):
        raise  # passing: the job is tried again
    except Exception as error:
        _log.warning("The approval %s could not be told that it is due: %s", timer.approval_id, error)
        with site.writing() as connection:
            storage.put_off(connection, timer, now + AGAIN)
        return False
    return True
