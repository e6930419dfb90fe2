"""``formline keys``: the keys of encrypted fields."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from formline.cli.options import opened, settings_of
from formline.errors import FormlineError
from formline.runtime import jobs, sealing
from formline.runtime.keys import uuid7


@click.group()
def keys() -> None:
    """Look after the keys of encrypted fields."""


@keys.command()
def rotate() -> None:
    """Make a new key and seal every encrypted value with it.

    Interrupted, a worker goes on with the work, or the command when it is run again. Older keys stay: what is in
    quarantine or in a backup still opens.
    """
    with opened(settings_of()) as site:
        with site.writing() as connection:
            number = sealing.Vault(connection, site.keys).add_key()
            identifier = jobs.enqueue(connection, sealing.KIND, {}, unique_key=sealing.KIND)
            holder = uuid7()
            claimed = jobs.claim_one(connection, identifier, holder, datetime.now(UTC))
        if claimed is not None:
            jobs.run(site, claimed, holder)
        with site.reading() as connection:
            done = jobs.get(connection, identifier)
    if done is None or done.state not in ("done", "running"):
        raise FormlineError(f"The values were not all sealed anew: {done.error if done else 'the job is gone'}")
    count = (done.result or {}).get("resealed", 0)
    click.echo(f"Key {number} is in use; {count} values were sealed with it.")
