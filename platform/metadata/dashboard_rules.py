"""Rules about dashboards: a widget has the keys of its kind, and a name of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from formline.metadata.patches import item_name
from formline.metadata.rules import Finding, rule

_KINDS: Final = ("number", "chart", "list")
#: Keys that belong to some kinds of widget; all others belong to every kind.
_ONLY_FOR: Final[Mapping[str, tuple[str, ...]]] = {
    "object": ("number", "chart"),
    "where": ("number", "chart"),
    "aggregate": ("number", "chart"),
    "of": ("number", "chart"),
    "compare": ("number",),
    "better": ("number",),
    "share_of": ("number",),
    "type": ("chart",),
    "group_by": ("chart",),
    "series": ("chart",),
    "view": ("list",),
    "limit": ("list",),
    "actions": ("list",),
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("object",),
    "chart": ("object", "group_by"),
    "list": ("view",),
}


@rule("dashboard")
def widgets(data: dict[str, Any]) -> Iterator[Finding]:
    """Widgets have names of their own, what their kind needs, and nothing of another kind."""
    seen: set[str] = set()
    for index, widget in enumerate(data.get("widgets", ())):
        here = ("widgets", index)
        name = item_name(widget)
        if name in seen:
            yield Finding("duplicate-name", f'"{name}" stands twice in "widgets".', "keep one of them", here)
        seen.add(name)
        kind = next((word for word in _KINDS if word in widget), "")
        for key in _NEEDED.get(kind, ()):
            if key not in widget:
                yield Finding("missing-key", f'The {kind} "{name}" has no {key}.', f"write {key}:", here)
        for key in widget:
            if kind not in _ONLY_FOR.get(key, (kind,)) or (key in _KINDS and key != kind):
                hint = f"{key} is for {' and '.join(_ONLY_FOR.get(key, (key,)))}"
                yield Finding("contradicting-keys", f'A {kind} has no "{key}".', hint, (*here, key), at_key=True)
        yield from _comparisons(widget, here)


def _comparisons(widget: dict[str, Any], here: tuple[str | int, ...]) -> Iterator[Finding]:
    """A comparison with the period before needs a date that says which period a record belongs to."""
    if "compare" in widget and "date" not in widget:
        hint = "write date: and the field that the period applies to"
        yield Finding("missing-key", "A comparison of periods without a date.", hint, (*here, "compare"), at_key=True)
