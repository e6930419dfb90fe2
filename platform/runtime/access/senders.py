"""What the sender of a web form may do: create its records with its fields, nothing else; no role gives more."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from formline.catalog.web_forms import WebForm
from formline.runtime.access.levels import Scope
from formline.runtime.access.rights import ObjectAccess, Rights

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.catalog.objects import Object


class SenderAccess(ObjectAccess):
    """Rights on one object: to create records with ``fields``, none where that is empty. Nothing is ever read."""

    write_only = True

    def __init__(self, rights: Rights, object_: Object, fields: frozenset[str]) -> None:
        """Keep the fields that may be written."""
        super().__init__(rights, object_)
        self._writable = fields

    def can(self, right: str) -> bool:
        """Return whether it is creating, of an object that the form makes records of."""
        return right == "create" and bool(self._writable)

    def scopes(self, right: str) -> tuple[Scope, ...]:
        """Return none: no stored record is a sender's."""
        return ()

    @cached_property
    def writable(self) -> frozenset[str]:
        """The fields of the form."""
        return self._writable


class SenderRights(Rights):
    """The rights of everybody who sends one form; without one, none at all."""

    def __init__(self, catalog: Catalog, form: WebForm | None) -> None:
        """Keep what the form lists."""
        super().__init__(catalog, frozenset(), internal=False)
        self._fields = form.writable if form is not None else {}

    def object(self, name: str) -> ObjectAccess:
        """Return the rights on an object."""
        if name not in self._objects:
            fields = self._fields.get(name, frozenset())
            self._objects[name] = SenderAccess(self, self.catalog.object(name), fields)
        return self._objects[name]


def sender_rights(catalog: Catalog, name: str) -> Rights:
    """Return the rights of a form's senders."""
    form: WebForm | None = catalog.get("web_form", name) if catalog.has("web_form", name) else None
    return SenderRights(catalog, form)
