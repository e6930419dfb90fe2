"""What a plan shows: each difference between two releases in one line; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from formline.catalog.catalog import Catalog
from formline.runtime.migration.identity import Identity, ObjectMatch
from formline.runtime.release import Release


@dataclass(frozen=True, slots=True)
class Operation:
    """One difference. ``kind``: add, rename, retype, merge, compute, remove or change; ``what`` a definition path."""

    kind: str
    what: str
    text: str

    def __str__(self) -> str:
        """Return the line shown."""
        return f"{self.kind:8} {self.what}  {self.text}".rstrip()


def operations_of(old: Release | None, new: Release, identity: Identity) -> tuple[Operation, ...]:
    """Return the differences: objects and fields first, then every other definition that changed."""
    found = [one for match in identity.objects.values() for one in _object(old, new, match)]
    found += [Operation("remove", f"object/{name}", "goes into quarantine") for name in identity.removed]
    return (*found, *_definitions(old.catalog if old else None, new.catalog))


def _object(old: Release | None, new: Release, match: ObjectMatch) -> Iterator[Operation]:
    path = f"object/{match.name}"
    if match.old is None or old is None:
        yield Operation("add", path, f"{len(match.fields)} fields")
        return
    if match.old != match.name:
        yield Operation("rename", path, f"was {match.old}; no schema change")
    before, after = old.catalog.object(match.old), new.catalog.object(match.name)
    for name, sources in match.fields.items():
        place, field = f"{path}.fields.{name}", after.fields[name]
        if not sources:
            yield Operation("add", place, field.type.name)
        elif name in match.filled and (field.expression is not None or field.rollup is not None):
            yield Operation("compute", place, "computed anew for every record")
        elif len(sources) > 1:
            yield Operation("merge", place, f"of {', '.join(sources)}")
        elif name in match.filled:
            old_type, new_type = before.fields[sources[0]].type.name, field.type.name
            same = "choices renamed in every record" if field.choices else f"{new_type} stored otherwise"
            yield Operation("retype", place, same if old_type == new_type else f"{old_type} -> {new_type}")
        if sources and sources[0] != name:
            yield Operation("rename", place, f"was {sources[0]}")
    for name in match.removed:
        yield Operation("remove", f"{path}.fields.{name}", "goes into quarantine")


def _definitions(old: Catalog | None, new: Catalog) -> Iterator[Operation]:
    before = old.definitions if old else {}
    for key, definition in new.definitions.items():
        path = "/".join(key)
        if key not in before:
            if key[0] != "object":
                yield Operation("add", path, "")
        elif before[key].data != definition.data:
            changed = sorted(
                name
                for name in {*before[key].data, *definition.data}
                if before[key].data.get(name) != definition.data.get(name)
            )
            yield Operation("change", path, ", ".join(changed))
    for key in before:
        if key not in new.definitions and key[0] != "object":
            yield Operation("remove", "/".join(key), "")
