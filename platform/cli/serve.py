"""``formline serve``: the web server; the server itself lives in web."""

from __future__ import annotations

from typing import Any

import click

from formline.cli.options import opened, settings_of
from formline.runtime.production import require_fit


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on.")
@click.option("--workers", type=int, help="Server processes.")
def serve(**given: Any) -> None:
    """Serve the site until stopped."""
    from formline.web import server

    settings = settings_of().with_values(**{name: value for name, value in given.items() if value is not None})
    with opened(settings) as site:
        # Fails here, with a sentence, rather than in every worker: unknown tables, no release, a missing key.
        release = site.refresh()
        require_fit(site)
    click.echo(f"Serving release {release.number} on http://{settings.host}:{settings.port}")
    server.serve(
        host=settings.host,
        port=settings.port,
        workers=settings.workers or None,
        jobs=settings.embedded_worker,
        scripts=None if settings.scripts == "off" else settings.data_dir,
    )
