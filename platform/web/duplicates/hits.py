"""What a person is told about records that are the same: the record where they may read it, else only whose it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from formline.errors import ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.access.permitted import permitted
from formline.runtime.matching.finding import Hit, find, load, probe_of
from formline.runtime.queries.title_texts import titles
from formline.web import addresses, limits
from formline.web.records.targets import titles_of
from formline.web.value_messages import in_words
from formline.web.visit import Visit

#: A person looks at so many; the others are as alike or less.
MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit as it is shown: ``id``, ``title`` and ``address`` are empty where the person may not read the record."""

    object: str
    label: str
    likeness: int
    owner: str
    id: UUID | None = None
    title: str = ""
    address: str = ""


def told_of(error: ValidationError) -> list[str]:
    """Return what was wrong in the reader's language, each message once."""
    return list(dict.fromkeys(in_words(each) for each in error.errors))


def similar(here: Visit, name: str, record: Mapping[str, Any], rules: Collection[str] | None = None) -> list[ShownHit]:
    """Return the records that are the same as one that may not be stored; counted against the person's limit."""
    probe = probe_of(here.release, name, record, rules=rules)
    if probe is None:
        return []
    limits.spend((limits.DUPLICATES, str(here.actor.user_id)))
    (hits,) = find(here.connection, here.release, [probe], {})
    return shown(here, hits[:MOST_SHOWN])


def shown(here: Visit, hits: Sequence[Hit]) -> list[ShownHit]:
    """Return hits as the person may see them."""
    ids: dict[str, list[UUID]] = defaultdict(list)
    for hit in hits:
        ids[hit.object].append(hit.id)
    readable = {
        name: permitted(here.connection, here.release, here.actor, name, keys, "read") for name, keys in ids.items()
    }
    named = titles_of(here, readable)
    owners = _owners(here, ids)
    found = []
    for hit in hits:
        label = here.labels.object(here.release.catalog.object(hit.object))
        owner = owners.get(hit.id, "")
        if hit.id in readable[hit.object]:
            address = addresses.record(hit.object, hit.id)
            found.append(ShownHit(hit.object, label, hit.likeness, owner, hit.id, named.get(hit.id, ""), address))
        else:
            found.append(ShownHit(hit.object, label, hit.likeness, owner))
    return found


def _owners(here: Visit, ids: Mapping[str, Sequence[UUID]]) -> dict[UUID, str]:
    """Return the names of the owners, whoever may read them: that is what a hit tells in any case."""
    owned: dict[UUID, UUID] = {}
    for name, keys in ids.items():
        if "owner" in here.release.catalog.object(name).fields:
            records = load(here.connection, here.release, name, keys)
            owned |= {key: row["owner"] for key, row in records.items() if row.get("owner") is not None}
    if not owned:
        return {}
    wanted = {"user": tuple(set(owned.values()))}
    names = titles(here.connection, here.release, Actor.system(), wanted)
    return {key: names.get(owner, "") for key, owner in owned.items()}
