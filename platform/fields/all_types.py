"""All field types of the platform: loading this module registers them; plug-ins register theirs the same way."""

from __future__ import annotations

from formline.fields import boolean, choice, computed, moment, money, number, numbering, reference, text
from formline.fields.registry import TYPES

#: The modules whose types ship, one per family.
FAMILIES = (text, number, money, boolean, moment, choice, reference, numbering, computed)

__all__ = ["FAMILIES", "TYPES"]
