"""Small definitions for tests of migration."""

from __future__ import annotations

BASE = [
    """kind: object
name: user
fields: {name: {type: text}, department: {type: department}, company: {type: lookup, to: company}}
""",
    """kind: object
name: department
fields: {name: {type: text}, company: {type: lookup, to: company}}
""",
    """kind: object
name: company
fields: {name: {type: text}}
""",
]


def with_fields(object_name: str, *, extra: str = "", **fields: str) -> str:
    """Return an object with fields given as YAML flow maps."""
    lines = [f"kind: object\nname: {object_name}\n{extra}fields:"]
    lines += [f"  {name}: {text}" for name, text in fields.items()]
    return "\n".join(lines) + "\n"
