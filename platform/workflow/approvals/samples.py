"""Approvals of sample data: transitions that people press, and what others do with them, so that a demo has some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from formline.errors import DefinitionError, Problem
from formline.runtime.access.loading import load_actor
from formline.runtime.tables import approval, approval_task
from formline.runtime.unit import run_unit
from formline.workflow.approvals import shell

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.sample_data import Keys
    from formline.runtime.site import Site


def submit_samples(site: Site, keys: Keys) -> int:
    """Carry out the submissions of all sample data, once; return how many approvals were started.

    ``keys`` are the ids of the records by object and key.

    Raises:
        DefinitionError: a submission names a key that no record has.
    """
    catalog = site.release.catalog
    sources = [catalog.source("sample_data", name).data for name in catalog.names("sample_data")]
    wanted = [one for source in sources for one in source.get("submissions", ())]
    started = _started(site, [_key(keys, one["object"], one["record"]) for one in wanted])
    return sum(_submit(site, keys, one) for one in wanted if keys[one["object"]][one["record"]] not in started)


def _started(site: Site, ids: list[UUID]) -> set[UUID]:
    with site.reading() as connection:
        return set(connection.execute(select(approval.c.record_id).where(approval.c.record_id.in_(ids))).scalars())


def _key(keys: Keys, object_name: str, key: str) -> UUID:
    found = keys.get(object_name, {}).get(key)
    if found is None:
        where = f"submissions.{object_name}"
        raise DefinitionError(
            [Problem("sample-key", f"no record has the key {key!r}", "write it down first", where=where)]
        )
    return found


def _submit(site: Site, keys: Keys, one: Mapping[str, Any]) -> bool:
    record = _key(keys, one["object"], one["record"])
    by = _person(site, keys, one["by"])
    press = one["object"], [record], one["transition"]
    run_unit(site, by, lambda unit: unit.transition(*press), confirm=True)
    instance = next(_instances(site, record), None)
    if instance is None:
        return False
    for act in one.get("then", ()):
        _act(site, _person(site, keys, act["by"]), instance, act)
    return True


def _person(site: Site, keys: Keys, key: str) -> Actor:
    user = _key(keys, "user", key)
    with site.reading() as connection:
        return load_actor(connection, site.release, user)


def _instances(site: Site, record: UUID) -> Iterator[UUID]:
    wanted = select(approval.c.id).where(approval.c.record_id == record).order_by(approval.c.submitted_at.desc())
    with site.reading() as connection:
        yield from connection.execute(wanted).scalars().all()


def _act(site: Site, actor: Actor, instance: UUID, act: Mapping[str, Any]) -> None:
    said = str(act.get("opinion", ""))
    match act["do"]:
        case "withdraw":
            shell.withdraw(site, actor, instance, said)
        case "comment":
            shell.comment(site, actor, instance, said)
        case "return":
            shell.act(site, actor, instance, _ballot(site, actor, instance), "return", opinion=said)
        case choice:
            ballot = _ballot(site, actor, instance)
            shell.decide(
                site, actor, instance, ballot, choice, opinion=said, signature=f"name:{actor.user.get('name')}"
            )


def _ballot(site: Site, actor: Actor, instance: UUID) -> str:
    c = approval_task.c
    wanted = select(c.ballot).where(c.approval_id == instance, c.person_id == actor.user_id, c.state == "open")
    with site.reading() as connection:
        return str(connection.execute(wanted.limit(1)).scalar_one())
