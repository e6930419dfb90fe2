"""Cards below the head of a record's page that other parts of the web layer add: checklists, service levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from formline.catalog.objects import Object
from formline.runtime.access.permitted import RecordRights
from formline.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Part:
    """One card: the template that draws it finds what it needs as ``part.values``."""

    template: str
    values: Any


Provider = Callable[[Visit, Object, Mapping[str, Any], RecordRights], Iterable[Part]]
PROVIDERS: list[Provider] = []


def parts_of(visit: Visit, obj: Object, record: Mapping[str, Any], access: RecordRights) -> list[Part]:
    """Return the further cards of a record that the person was found to read."""
    return [part for provider in PROVIDERS for part in provider(visit, obj, record, access)]
