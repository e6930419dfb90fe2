"""``formline bounce``: reads a delivery report, so that no notices go to an address whose mails come back."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import click

from formline.cli.options import opened, settings_of
from formline.runtime import bounces


@click.command()
def bounce() -> None:
    """Read a delivery report (RFC 3464) from standard input, as a mail server's alias hands it over.

    Only addresses to which this site sent the returned mail are marked.
    """
    raw = sys.stdin.buffer.read(bounces.MOST_BYTES)
    with opened(settings_of()) as site:
        count = bounces.report(site, raw, datetime.now(UTC))
    click.echo(f"{count} address{'' if count == 1 else 'es'} marked")
