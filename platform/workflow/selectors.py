"""People selectors as the processes use them; the conditions themselves are the catalog's, rights use them too."""

from __future__ import annotations

from formline.catalog.selectors import ASKABLE, SelectorError, among

__all__ = ["ASKABLE", "SelectorError", "among"]
