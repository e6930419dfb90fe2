"""What translations refer to; that it exists is checked where layers are merged."""

from __future__ import annotations

from formline.catalog.checker import Checker, Use


def check_translations(checker: Checker) -> None:
    """Note every definition and field that has a text here."""
    kind = str(checker.data["of"])
    for name, texts in checker.data["texts"].items():
        checker.known(kind, name, ("texts", name), key=True)
        for field in (texts.get("fields") or {}) if kind == "object" else ():
            checker.uses.append((Use("field", field, name), ("texts", name, "fields", field)))
