"""The first page of the reference: every kind of definition there is, and the other pages."""

from __future__ import annotations

from pathlib import Path

from formline.metadata.kinds import SUPPORTED
from formline.metadata.reference import PARTS

PAGE = Path(__file__).parent / "README.md"
HEAD = """# Reference

What there is, complete and in order. Pages marked * are generated from the code, and so is this one: `python
docs/reference/generate.py` writes them, and a test fails when one is out of date or something has no description.

| page | about |
|---|---|
| Kinds of definition * | every key of {kinds}, and the [parts](kinds/{parts}.md) that several of them share |
| [Field types](field_types.md) * | every type: parameters, filters, what lists can do with it |
| [Decisions](decisions.md) | how ballots of an approve step add up, and what people may do |
| [Expressions](expressions.md) * | names, values, operators, null, numbers, reserved names; every function |
| [Settings](settings.md) * | every `FORMLINE_*` variable and key of `formline.toml` |
| [Commands](commands.md) * | every command of `formline` with its options |
| [API](api.md) | addresses, parameters, headers, versions, batches, problems |
| [Hooks](hooks.md) | what a plug-in may implement |
| [Error codes](../errors/README.md) * | what each code means, with an example and how to mend it |
"""


def page() -> str:
    """Return the whole page."""
    kinds = ", ".join(f"[{kind}](kinds/{kind}.md)" for kind in sorted(SUPPORTED))
    return HEAD.format(kinds=kinds, parts=PARTS)
