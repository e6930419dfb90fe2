"""``formline plan, apply, rollback, restore, releases, pull``: from one release to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from formline.catalog.security_report import grouped, of_new_roles
from formline.cli.options import as_json, author_name, opened, settings_of
from formline.cli.output import located, show_json
from formline.errors import FormlineError, StalePlanError
from formline.runtime import releases as stored
from formline.runtime.candidates import Candidate, candidate, read_folder, sound_catalog
from formline.runtime.migration import apply as applying
from formline.runtime.migration import quarantine
from formline.runtime.migration.plan import Plan
from formline.runtime.migration.plan import plan as make_plan
from formline.runtime.migration.restore import restore_plan
from formline.runtime.migration.rollback import rollback_plan
from formline.runtime.migration.steps import Step
from formline.runtime.release import Release
from formline.runtime.site import Site

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
reason_option = click.option("--reason", required=True, help="Why; kept with the release.")
yes_option = click.option("--accept-loss", is_flag=True, help="Go on although values cannot be converted.")


def _candidate(site: Site, folder: Path | None) -> Candidate:
    """Return the candidate of the folder's files, or of the live site layer on the definitions as shipped now."""
    sound = sound_catalog(site)
    if folder is not None:
        return candidate(site.settings, read_folder(folder), sound)
    with site.reading() as connection:
        layer = stored.site_layer(connection, stored.live_number(connection))
    return candidate(site.settings, layer, sound)


def show_plan(made: Plan, folder: Path | None = None) -> None:
    """Print a plan for people; ``folder`` is where the site's own files are."""
    click.echo(f"Live release: {made.base if made.base is not None else 'none'}")
    if made.empty:
        click.echo("Nothing to do: the candidate is what is live.")
    _show_rights(made)
    _show_part("Changes", made.operations)
    _show_part("Rows", made.losses)
    made = _located(made, folder)
    _show_part("Warnings", made.warnings)
    _show_part("Blockers", made.blockers)


def _located(made: Plan, folder: Path | None) -> Plan:
    return replace(
        made,
        blockers=tuple(located(problem, folder) for problem in made.blockers),
        warnings=tuple(located(problem, folder) for problem in made.warnings),
    )


def _show_part(title: str, lines: Sequence[Any]) -> None:
    if lines:
        click.echo(f"{title}:")
    for line in lines:
        click.echo(f"  {line}")


def _show_rights(made: Plan) -> None:
    if made.security:
        click.echo("Rights:")
    added, removed = (
        {one.what.removeprefix("role/") for one in made.operations if one.kind == kind} for kind in ("add", "remove")
    )
    everyday = of_new_roles(made.candidate.catalog, added)
    for whom, lines in grouped(made.security, made.objects("add"), made.objects("remove"), removed, everyday):
        click.echo(f"  {whom}:")
        for line in lines:
            click.echo(f"    {line}")


def _progress(number: int, total: int, step: Step) -> None:
    click.echo(f"[{number + 1}/{total}] {' '.join(step)}", err=True)


def _done(release: Release, as_json: bool) -> None:
    if as_json:
        show_json({"release": release.number, "hash": release.hash})
    else:
        click.echo(f"Release {release.number} is live.")


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@as_json
def plan(folder: Path | None, as_json: bool) -> None:
    """Compare FOLDER (the site's own definitions) on the shipped ones with the live release; change nothing.

    Without FOLDER the live site layer is planned on the shipped definitions, as after an upgrade of the program.
    """
    with opened(settings_of()) as site:
        made = make_plan(site, _candidate(site, folder))
    if as_json:
        show_json(_located(made, folder).to_json())
    else:
        show_plan(made, folder)
    if made.blockers:
        raise SystemExit(1)


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--reason", default="", help="Why; kept with the release. Needed where something changes.")
@click.option("--base", type=int, help="Refuse unless this release is live.")
@click.option("--resume", is_flag=True, help="Finish an apply that was interrupted.")
@click.option("--abandon", is_flag=True, help="Give an interrupted apply up.")
@yes_option
@as_json
def apply(
    folder: Path | None, reason: str, base: int | None, resume: bool, abandon: bool, accept_loss: bool, as_json: bool
) -> None:
    """Make FOLDER (the site's own definitions) on the shipped ones the live release."""
    with opened(settings_of()) as site:
        if abandon:
            click.echo(f"Release {applying.abandon(site)} was given up.")
        elif resume:
            _done(applying.resume(site, progress=_progress), as_json)
        else:
            made = make_plan(site, _candidate(site, folder))
            if base is not None and made.base != base:
                raise StalePlanError(
                    f"Release {made.base} is live, not {base}.", hint="`formline pull`, merge, plan again"
                )
            _carry_out(site, made, reason, accept_loss=accept_loss, as_json=as_json, folder=folder)


def _carry_out(
    site: Site, made: Plan, reason: str, *, accept_loss: bool, as_json: bool, folder: Path | None = None
) -> None:
    if not as_json:
        show_plan(made, folder)
    if made.blockers:
        if as_json:
            show_json(_located(made, folder).to_json())
        raise SystemExit(1)
    if made.empty:
        return
    if not reason:
        raise FormlineError("An apply has a reason.", code="reason", hint='--reason "why"')
    author = applying.Author(author_name())
    _done(applying.apply(site, made, reason, author, accept_loss=accept_loss, progress=_progress), as_json)


@click.command()
@click.argument("number", type=int)
@reason_option
@yes_option
@click.option("--plan", "only_plan", is_flag=True, help="Show the plan and change nothing.")
@as_json
def rollback(number: int, reason: str, accept_loss: bool, only_plan: bool, as_json: bool) -> None:
    """Go forward to a new release that has the definitions of release NUMBER."""
    with opened(settings_of()) as site:
        made = rollback_plan(site, number)
        if only_plan:
            show_plan(made)
        else:
            _carry_out(site, made, reason, accept_loss=accept_loss, as_json=as_json)


@click.command()
@click.argument("path", required=False)
@click.option("--reason", default="", help="Why; kept with the release. Needed with PATH.")
@as_json
def restore(path: str | None, reason: str, as_json: bool) -> None:
    """Bring OBJECT or OBJECT.FIELD back from quarantine with its values; without PATH, list what is there."""
    with opened(settings_of()) as site:
        if path is None:
            found: list[Any] = quarantine.listed(site)
            if as_json:
                show_json([one.to_json() for one in found])
            for one in [] if as_json else found:
                click.echo(str(one))
            return
        _carry_out(site, restore_plan(site, path), reason, accept_loss=False, as_json=as_json)


@click.command()
@as_json
def releases(as_json: bool) -> None:
    """List the releases, newest first."""
    with opened(settings_of()) as site, site.reading() as connection:
        found = stored.list_releases(connection)
    if as_json:
        show_json([{name: getattr(one, name) for name in one.__slots__} for one in found])
        return
    for one in found:
        click.echo(f"{one.number:5}  {one.state:9}  {one.created_at:%Y-%m-%d %H:%M}  {one.author}  {one.reason}")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--release", "number", type=int, help="Another release than the live one.")
def pull(folder: Path, number: int | None) -> None:
    """Write the site's own definitions of the live release into FOLDER; other files there stay."""
    with opened(settings_of()) as site, site.reading() as connection:
        number = number if number is not None else stored.live_number(connection)
        layer = stored.site_layer(connection, number)
    for name, text in layer.items():
        file = folder / name
        if not file.resolve().is_relative_to(folder.resolve()):
            raise FormlineError(f"{name} leads out of the folder.", code="path")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    click.echo(f"{len(layer)} files of release {number} in {folder}; apply them with --base {number}")
