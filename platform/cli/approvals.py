"""``formline approvals``: what runs on which version, a draft over past submissions, running ones onto a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import click

from formline.cli.definitions import FOLDER
from formline.cli.options import opened, settings_of
from formline.cli.output import show_problems
from formline.errors import FormlineError, Level
from formline.runtime.access.actor import Actor
from formline.runtime.candidates import candidate, read_folder
from formline.runtime.site import Site


@click.group()
def approvals() -> None:
    """Look after approvals that run, and try a draft of one over past submissions."""


@approvals.command()
@click.argument("name", required=False)
def running(name: str | None) -> None:
    """List the approvals that run (of NAME): how many, and which instances are on an earlier version."""
    from formline.workflow.approvals.versions import running_instances

    with opened(settings_of()) as site, site.reading() as connection:
        found = running_instances(connection, site.release, name)
    for approval, count in sorted(Counter(one.name for one in found).items()):
        earlier = [one for one in found if one.name == approval and not one.is_live]
        click.echo(f"{approval}: {count} running, {len(earlier)} on an earlier version")
        for one in earlier:
            click.echo(f"  {one.id} {one.status} since {one.submitted_at:%Y-%m-%d}, version {one.version[:12]}")


@approvals.command()
@click.argument("name")
@click.argument("folder", type=FOLDER)
@click.option("--last", default=50, show_default=True, help="How many of the newest submissions.")
def rehearse(name: str, folder: Path, last: int) -> None:
    """Play the last submissions of NAME through the draft in FOLDER and say what would have been different.

    Today's people and records are asked; nothing is written.
    """
    from formline.runtime.queries.title_texts import titles
    from formline.workflow.approvals.rehearsing import rehearse as play

    settings = settings_of()
    draft = candidate(settings, read_folder(folder))
    errors = [problem for problem in draft.problems if problem.level is Level.ERROR]
    if errors:
        show_problems(errors, as_json=False, folder=folder)
        raise SystemExit(1)
    if not draft.catalog.has("approval", name):
        raise click.BadParameter(f"There is no approval {name!r} in {folder}.", param_hint="NAME")
    with opened(settings) as site:
        found = play(site, Actor.system(), name, draft.catalog.source("approval", name).data, last=last)
        keys = {UUID(key) for one in found for key in _people(one.asked, one.would)}
        with site.reading() as connection:
            people = titles(connection, site.release, Actor.system(), {"user": keys})
    for one in found:
        if one.problem:
            click.echo(f"{one.approval_id}: cannot be told, {one.problem}")
        elif one.differs or one.nobody:
            click.echo(f"{one.approval_id}: asked {_words(one.asked, people)}; would ask {_words(one.would, people)}")
            for step in one.nobody:
                click.echo(f"  nobody is found for {step}")
    differing = sum(1 for one in found if one.differs)
    click.echo(f"{len(found)} submissions, {differing} would take another path")


def _people(*asked: Mapping[str, Sequence[str]]) -> set[str]:
    return {person for one in asked for people in one.values() for person in people}


def _words(asked: Mapping[str, Sequence[str]], people: Mapping[UUID, str]) -> str:
    return ", ".join(f"{step}: {' + '.join(people[UUID(key)] for key in keys)}" for step, keys in asked.items()) or "-"


@approvals.command()
@click.argument("name")
@click.option("--instance", type=click.UUID, help="Only this one; else every one on an earlier version.")
@click.option("--step", "steps", multiple=True, metavar="OLD=NEW", help="What an old step is called now.")
@click.option("--yes", is_flag=True, help="Do it; without, it is only said what would happen.")
def migrate(name: str, instance: UUID | None, steps: Sequence[str], yes: bool) -> None:
    """Take running instances of NAME to the version that is live now."""
    from formline.workflow.approvals.versions import running_instances

    names = dict(_pair(text) for text in steps)
    with opened(settings_of()) as site:
        with site.reading() as connection:
            found = [one for one in running_instances(connection, site.release, name) if not one.is_live]
        keys = [one.id for one in found if instance in (None, one.id)]
        failed = [key for key in keys if not _migrate(site, key, names, dry_run=not yes)]
    click.echo(
        f"{len(keys) - len(failed)} of {len(keys)} " + ("taken over" if yes else "could be taken over: say --yes")
    )
    if failed:
        raise SystemExit(1)


def _migrate(site: Site, key: UUID, names: Mapping[str, str], *, dry_run: bool) -> bool:
    from formline.workflow.approvals.shell import migrate as take

    try:
        stands = take(site, Actor.system(), key, names, dry_run=dry_run)
    except FormlineError as error:
        click.echo(f"{key}: {error.message}")
        return False
    click.echo(f"{key}: " + ", ".join(f"{step} {status}" for step, status in stands))
    return True


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old and equals and new):
        raise click.BadParameter(f"{text!r} is not OLD=NEW.", param_hint="--step")
    return old, new
