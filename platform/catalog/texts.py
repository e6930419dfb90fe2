"""Labels in other languages: looked up by kind, definition and key path; the base language is in the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.fields.field import Field


class Texts:
    """The translations of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        """Index the translation definitions by language and kind."""
        self._catalog = catalog
        self._texts: dict[tuple[str, str], Mapping[str, Any]] = {
            (one.language, one.kind): one.texts for one in catalog.all("translations").values()
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The base language, then every language with translations."""
        return tuple(dict.fromkeys((self._catalog.base_language, *(language for language, _ in self._texts))))

    def get(self, language: str, kind: str, name: str, key_path: tuple[str, ...], default: str) -> str:
        """Return a text, or ``default`` where it is not translated."""
        found: Any = self._texts.get((language, kind), {}).get(name)
        for key in key_path:
            found = found.get(key) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else default

    def choice_label(self, field: Field, value: str, language: str) -> str:
        """Return the label of a choice or state; the value itself where it is unknown."""
        choice = field.choices.get(value)
        if choice is None:
            return value
        return self.get(language, *self._home(field, value), choice.label)

    def _home(self, field: Field, value: str) -> tuple[str, str, tuple[str, ...]]:
        """Return kind, name and key path of the label of a field's choice."""
        if field.type.name == "state":
            for name in self._machines(field):
                if value in self._catalog.definitions["state_machine", name].data["states"]:
                    return "state_machine", name, ("states", value, "label")
        if field.type.name == "record_type":
            return "object", field.object, ("record_types", value, "label")
        shared = field.params.get("choice_list")
        if shared == "roles" and not self._catalog.has("choice_list", shared):
            return "role", value, ("label",)
        if isinstance(shared, str):
            return "choice_list", shared, ("choices", value, "label")
        return "object", field.object, ("fields", field.name, "choices", value, "label")

    def _machines(self, field: Field) -> tuple[str, ...]:
        object_ = self._catalog.object(field.object)
        names = (field.machine, *(one.machines.get(field.name) for one in object_.record_types.values()))
        return tuple(name for name in dict.fromkeys(names) if name and self._catalog.has("state_machine", name))
