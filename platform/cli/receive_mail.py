"""``formline receive-mail``: takes one mail for a web form, as a mail server's alias hands it over."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click
from sqlalchemy.exc import OperationalError

from formline.cli.options import opened, settings_of
from formline.errors import FormlineError
from formline.runtime.unit.retry import BusyError
from formline.runtime.web_forms import receiving

#: What mail servers understand (sysexits.h): wrong mail, wrong set-up, try again later.
WRONG_MAIL, WRONG_SETUP, LATER = 65, 78, 75


@click.command("receive-mail")
@click.argument("form")
def receive_mail(form: str) -> None:
    """Read a mail (RFC 5322) from standard input and make of it what the web form FORM says.

    An answer is added to the record it answers, and the same mail is taken once. Mails that no person wrote become
    nothing. The exit status is 0, or as mail servers know it: 65 the mail, 78 the set-up, 75 try again later.
    """
    raw = sys.stdin.buffer.read(receiving.MOST_BYTES + 1)
    try:
        with opened(settings_of()) as site:
            found = receiving.receive(site, form, raw, datetime.now(UTC))
    except (BusyError, OperationalError):
        click.echo("The database is busy.", err=True)
        sys.exit(LATER)
    except receiving.MailRefusedError as error:
        click.echo(error.message, err=True)
        sys.exit(WRONG_MAIL)
    except FormlineError as error:
        click.echo(error.message, err=True)
        sys.exit(WRONG_SETUP)
    click.echo(words_of(found))


def words_of(found: receiving.Received) -> str:
    """Return what became of a mail, on one line."""
    if found.refused:
        return f"not taken: {found.refused}"
    if found.held:
        return "held for a person"
    return f"added to {found.answers}" if found.answers else f"made {found.record}"
