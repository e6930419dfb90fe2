"""Who may see and do what: one answer for every way to the records; no pages, no writing of records.

Names are loaded when first used: conditions are built on the sources of ``formline.runtime.queries``, which is built
on rights in turn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor, ActorKind
    from formline.runtime.access.loading import load_actor
    from formline.runtime.access.masking import Masked, mask
    from formline.runtime.access.permitted import RecordRights, record_rights
    from formline.runtime.access.predicates import predicate

__all__ = [
    "Actor",
    "ActorKind",
    "Masked",
    "RecordRights",
    "load_actor",
    "mask",
    "predicate",
    "record_rights",
]

_HOMES = {
    "Actor": "actor",
    "ActorKind": "actor",
    "Masked": "masking",
    "RecordRights": "permitted",
    "load_actor": "loading",
    "mask": "masking",
    "predicate": "predicates",
    "record_rights": "permitted",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
