"""Regular tidying of the platform's own tables: what is kept for a time only goes away here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, exists, func, select

from formline.runtime import drafts, notifications, periodic
from formline.runtime.jobs import Running
from formline.runtime.tables import delivery, job, login_attempt, outbox, rate, session, token

#: How long it is kept who tried to sign in from where.
ATTEMPTS = timedelta(days=180)
#: How long events stay that every consumer got, or that were discarded.
EVENTS = timedelta(days=30)
#: How long the jobs of regular work stay that went well.
REGULAR = timedelta(days=7)
#: Secrets of mails and messages that were used or are too old.
ONE_TIME = ("reset", "sms", "bootstrap")


@periodic.every("forget_notices", timedelta(days=1))
def forget_notices(running: Running) -> int:
    """Remove notices that are old enough; return how many."""
    with running.site.writing() as connection:
        return notifications.forget(connection, datetime.now(UTC))


@periodic.every("forget_drafts", timedelta(days=1))
def forget_drafts(running: Running) -> int:
    """Remove input that nobody came back to; return how many drafts."""
    with running.site.writing() as connection:
        return drafts.forget(connection, datetime.now(UTC))


@periodic.every("forget_sign_ins", timedelta(hours=1))
def forget_sign_ins(running: Running) -> int:
    """Remove counters of past windows, ended sessions, spent secrets and old attempts; return how many rows."""
    now = datetime.now(UTC)
    with running.site.writing() as connection:
        # A window's number is the time divided by its length, so the newest of each counter is the one that may count.
        newest = rate.alias("newest")
        later = select(func.max(newest.c.window)).where(newest.c.name == rate.c.name).scalar_subquery()
        spent = token.c.used_at.is_not(None) | token.c.revoked_at.is_not(None) | (token.c.expires_at < now)
        statements = (
            delete(rate).where(rate.c.window < later),
            delete(session).where(session.c.expires_at < now),
            delete(token).where(token.c.kind.in_(ONE_TIME), spent),
            delete(login_attempt).where(login_attempt.c.at < now - ATTEMPTS),
        )
        return sum(connection.execute(statement).rowcount for statement in statements)


@periodic.every("forget_events", timedelta(days=1))
def forget_events(running: Running) -> int:
    """Remove deliveries that are over, events that all got, and the jobs of regular work; return how many rows.

    What gave up stays until a person tries it again or discards it.
    """
    now = datetime.now(UTC)
    of_event = exists().where(delivery.c.outbox_id == outbox.c.id)
    regular = job.c.unique_key.startswith("periodic:", autoescape=True)
    statements = (
        delete(delivery).where(delivery.c.state.in_(("done", "discarded")), delivery.c.finished_at < now - EVENTS),
        delete(outbox).where(outbox.c.dispatched_at < now - EVENTS, ~of_event),
        delete(job).where(regular, job.c.state == "done", job.c.finished_at < now - REGULAR),
    )
    with running.site.writing() as connection:
        return sum(connection.execute(statement).rowcount for statement in statements)
