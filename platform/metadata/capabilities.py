"""What a package may do beyond describing data: what its manifest lists, and what it changes of layers below it.

A package is a layer with a manifest (``package.yaml``). Shipped definitions are the operator's, the site's own files an
administrator's: neither needs a manifest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from formline.errors import Problem
from formline.metadata.layers import Definition, Extension, Key
from formline.metadata.patches import OPERATIONS
from formline.metadata.positions import Path, Positions

#: Each capability with what it stands for, for messages.
CAPABILITIES: Mapping[str, str] = {
    "scripts": "brings a script",
    "run_as_system": "acts as the platform, with all rights",
    "outbound": "sends data to other systems",
    "guest": "lets people in who have not signed in",
    "roles": "gives rights",
}
_BY_KIND = {"script": "scripts", "web_form": "guest", "role": "roles", "sharing_rule": "roles"}
#: Triggers that nobody causes: without a user to act for, the platform acts.
_CLOCKS = frozenset({"schedule", "date"})
#: Kinds of which every change is one of rights or rules.
_GUARDING = frozenset(
    {"role", "sharing_rule", "restriction_rule", "approval", "state_machine", "matching_rule", "script", "pool"}
)
#: Keys of an object, and of one of its fields, that say who may do what, or what must hold.
_OF_OBJECT = frozenset({"default_access", "rules", "unique", "append_only", "history"})
_OF_FIELD = frozenset(
    {"required", "read_only", "sensitive", "reveals", "unique", "min", "max", "max_length", "pattern", "where", "type"}
)


def check(definitions: Mapping[Key, Definition], extensions: Iterable[Extension]) -> Iterator[Problem]:
    """Yield what packages do without saying so in their manifests."""
    packages = {one.origin(): one for (kind, _), one in definitions.items() if kind == "package"}
    for definition in definitions.values():
        package = packages.get(definition.origin())
        if package is not None and definition.kind != "package":
            yield from _unlisted(package, definition.kind, definition.name, definition.data, definition.positions)
    for layer, document in extensions:
        package, base = packages.get(layer), definitions.get((document.kind, document.name))
        if package is None or base is None or base.origin() == layer:
            continue
        yield from _unlisted(package, document.kind, document.name, document.data, document.positions)
        yield from _overriding(package, base, layer, document.data, document.positions)


def _unlisted(
    package: Definition, kind: str, name: str, data: Mapping[str, Any], positions: Positions
) -> Iterator[Problem]:
    listed = package.data.get("capabilities") or ()
    for capability, path in uses(kind, data):
        if capability not in listed:
            yield Problem(
                "capability-missing",
                f"The package {package.name} {CAPABILITIES[capability]} and does not say so.",
                f"write capabilities: [{', '.join([*listed, capability])}] in its package.yaml, or take this away",
                positions.key(path) if path else positions.at(),
                f"{kind}/{name}",
            )


def uses(kind: str, data: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Yield each capability that a definition needs, with where."""
    if kind in _BY_KIND:
        yield _BY_KIND[kind], ()
    if kind == "automation" and (path := _as_platform(data)) is not None:
        yield "run_as_system", path
    if kind == "integration" and data.get("direction") == "out":
        yield "outbound", ("direction",)
    for path in _webhooks(data, ()):
        if path[0] != "trigger":
            yield "outbound", path
            return


def _as_platform(data: Mapping[str, Any]) -> Path | None:
    """Return where it says, or means, that an automation has all rights."""
    if data.get("run_as") == "system":
        return ("run_as",)
    trigger = data.get("trigger")
    nobody = isinstance(trigger, Mapping) and not _CLOCKS.isdisjoint(trigger)
    return ("trigger",) if nobody and "run_as" not in data else None


def _webhooks(value: Any, path: Path) -> Iterator[Path]:
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
        if path and isinstance(value.get("webhook"), str):
            yield (*path, "webhook")
    elif isinstance(value, list):
        items = enumerate(value)
    for key, each in items:
        yield from _webhooks(each, (*path, key))


def _overriding(
    package: Definition, base: Definition, layer: str, data: Mapping[str, Any], positions: Positions
) -> Iterator[Problem]:
    """Yield each change of a right or rule of another layer that the manifest does not announce."""
    announced = [str(one) for one in package.data.get("overrides") or ()]
    for path in _guarded(base, layer, data):
        names = [part for part in path if isinstance(part, str) and part not in OPERATIONS]
        where = ".".join([f"{base.kind}/{base.name}", *names])
        if not any(where == one or where.startswith(f"{one}.") for one in announced):
            yield Problem(
                "override-missing",
                f"The package {package.name} changes {where} of {base.origin()} and does not say so.",
                f"write overrides: [{', '.join([*announced, where])}] in its package.yaml, or take this away",
                positions.key(path),
                where,
            )


def _guarded(base: Definition, layer: str, data: Mapping[str, Any]) -> Iterator[Path]:
    """Yield the outermost places of an extension that change who may do what, or what must hold."""
    if base.kind in _GUARDING:
        yield from ((key,) for key in data if key not in ("kind", "name", "extends", "label", "help"))
        return
    if base.kind == "automation" and data.get("active") is False:
        yield ("active",)
    if base.kind != "object":
        return
    for key in data:
        if key == "rules" and isinstance(data[key], Mapping):
            yield from (("rules", name) for name in data[key] if not _new(base, layer, ("rules", name)))
        elif key in _OF_OBJECT:
            yield (key,)
    for name, field in (data.get("fields") or {}).items():
        if field is None:
            yield "fields", name
        elif isinstance(field, Mapping) and not _new(base, layer, ("fields", name)):
            yield from (("fields", name, key) for key in field if key in _OF_FIELD)


def _new(base: Definition, layer: str, path: Sequence[str]) -> bool:
    """Return whether a part of a definition is the layer's own; a part that was taken away is not."""
    value: Any = base.data
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return False
        value = value[name]
    return base.origin(tuple(path)) == layer
