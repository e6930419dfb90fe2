"""``formline format``: quotes what YAML would cut and puts keys into the order of their schema.

Works on the text itself: comments, blank lines, alignment and quotes stay as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from formline.errors import DefinitionError
from formline.metadata import parser, quoting, schemas
from formline.metadata.kinds import SUPPORTED
from formline.metadata.positions import Path

Order = Callable[[Path], tuple[str, ...]]


def format_text(text: str, file: str = "") -> str:
    """Return the formatted text; formatting it again changes nothing.

    Raises DefinitionError, with places in ``file``, where the text is no YAML and quoting does not mend it.
    """
    text = _ordered(_quoted(text, file), file)
    return text if text.endswith("\n") or not text else text + "\n"


def _quoted(text: str, file: str) -> str:
    """Quote cut expressions, then the lines that are no YAML at all, until the text reads to its end."""
    while True:
        for start, whole in reversed(parser.cuts(text)):
            text = text[:start] + quoting.quote(whole) + text[start + len(whole) :]
        error = _syntax_error(text)
        if error is None:
            return text
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        mended = quoting.mended_line(text, line)
        if mended is None:
            raise DefinitionError([quoting.syntax_problem(error, text, file)])
        lines = text.split("\n")
        lines[mended[0] - 1] = mended[1]
        text = "\n".join(lines)


def _syntax_error(text: str) -> Any:
    loader = yaml.CSafeLoader(text)
    try:
        while not isinstance(loader.get_event(), yaml.StreamEndEvent):
            pass
    except yaml.YAMLError as error:
        return error
    finally:
        loader.dispose()
    return None


def _ordered(text: str, file: str) -> str:
    for root in reversed(_roots(text, file)):
        kind = _kind(root)
        if kind in SUPPORTED:
            writer = _Rewriter(text, partial(schemas.order_at, kind))
            text = text[: root.start_mark.index] + writer.rewrite(root, ()) + text[writer.behind(root) :]
    return text


def _roots(text: str, file: str) -> list[yaml.Node]:
    try:
        return list(yaml.compose_all(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError as error:
        raise DefinitionError([quoting.syntax_problem(error, text, file)]) from error


def _kind(root: yaml.Node) -> str:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == "kind" and isinstance(value, yaml.ScalarNode):
                return str(value.value)
    return ""


@dataclass(slots=True)
class _Entry:
    """One key of a block map: the comments and indentation before it, and the text up to its line's end."""

    key: str
    lead: str
    body: str


class _Rewriter:
    """Writes the text of a node again, with the keys of its maps in order."""

    def __init__(self, text: str, order: Order) -> None:
        self.text = text
        self.order = order

    def rewrite(self, node: yaml.Node, path: Path, *, in_list: bool = False, lead: str = "") -> str:
        """Return the text of a node up to its end, after ``lead``; the first key of a list's item stays first."""
        if isinstance(node, yaml.MappingNode) and not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            return lead + self.text[node.start_mark.index : self.behind(node)]
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            return self._block(node, path, in_list, lead)
        return lead + self._other(node, path, in_list)

    def _other(self, node: yaml.Node, path: Path, in_list: bool) -> str:
        if isinstance(node, yaml.MappingNode) and node.value:
            return self._flow(node, path, in_list)
        if isinstance(node, yaml.SequenceNode):
            parts = [(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._spliced(node, parts)
        return self.text[node.start_mark.index : _end(node, self.text)]

    def _spliced(self, node: yaml.Node, parts: list[tuple[yaml.Node, Path]]) -> str:
        made, at = "", node.start_mark.index
        for child, path in parts:
            made += self.text[at : child.start_mark.index] + self.rewrite(child, path, in_list=True)
            at = self.behind(child)
        return made + self.text[at : _end(node, self.text)]

    def behind(self, node: yaml.Node) -> int:
        """Return the index behind what :meth:`rewrite` wrote: block maps take the comment on their last line along."""
        end = _end(node, self.text)
        while isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
            node = node.value[-1]
        block = isinstance(node, yaml.MappingNode) and not node.flow_style
        return _end_of_line(self.text, end) if block else end

    def _flow(self, node: yaml.MappingNode, path: Path, in_list: bool) -> str:
        bodies: dict[str, str] = {}
        gaps: list[str] = []
        at = node.start_mark.index
        for key, value in node.value:
            gaps.append(self.text[at : key.start_mark.index])
            between = self.text[key.start_mark.index : value.start_mark.index]
            bodies[key.value] = between + self.rewrite(value, (*path, key.value))
            at = _end(value, self.text)
        gaps.append(self.text[at : _end(node, self.text)])
        names = list(bodies)
        if len(names) == len(node.value) and not any("#" in gap for gap in gaps):
            names = self._sorted(names, path, in_list)
        return "".join(gap + bodies[name] for gap, name in zip(gaps, names, strict=False)) + gaps[-1]

    def _block(self, node: yaml.MappingNode, path: Path, in_list: bool, lead: str) -> str:
        entries = self._entries(node, path, lead)
        by_name = {entry.key: entry for entry in entries}
        if len(by_name) == len(entries):
            entries = [by_name[name] for name in self._sorted(list(by_name), path, in_list)]
        indent = "\n" + " " * node.value[0][0].start_mark.column
        first, *others = entries
        begin = re.sub(r"^\n\s*\n", "\n", first.lead) if lead else first.lead.lstrip()
        return begin + first.body + "".join((entry.lead or indent) + entry.body for entry in others)

    def _entries(self, node: yaml.MappingNode, path: Path, lead: str) -> list[_Entry]:
        """Part a block map; a comment indented deeper than its keys stays with the entry above."""
        entries: list[_Entry] = []
        at = node.start_mark.index
        for key, value in node.value:
            if entries:
                kept, lead = _parted(self.text[at : key.start_mark.index], key.start_mark.column)
                entries[-1].body += kept
            start = min(_end_of_line(self.text, key.start_mark.index), value.start_mark.index)
            inner = self.text[start : value.start_mark.index]
            body = self.text[key.start_mark.index : start] + self.rewrite(value, (*path, key.value), lead=inner)
            at = _end_of_line(self.text, _end(value, self.text))
            entries.append(_Entry(key.value, lead, body + self.text[self.behind(value) : at]))
        return entries

    def _sorted(self, names: list[str], path: Path, in_list: bool) -> list[str]:
        order = {name: index for index, name in enumerate(self.order(path))}
        if not order:
            return names
        fixed = names[:1] if in_list else []
        return fixed + sorted(names[len(fixed) :], key=lambda name: order.get(name, len(order)))


def _parted(lead: str, column: int) -> tuple[str, str]:
    """Split the lines between two keys into those of the first (deeper comments) and of the second."""
    lines = lead.split("\n")
    keep = 0
    for index, line in enumerate(lines[:-1]):
        if line.lstrip().startswith("#") and len(line) - len(line.lstrip()) > column:
            keep = index + 1
    kept = "\n".join(lines[:keep])
    return (kept, "\n" + "\n".join(lines[keep:])) if keep else ("", lead)


def _end(node: yaml.Node, text: str) -> int:
    """Return the index behind a node's own text; libyaml ends blocks at the next token."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    end: int = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        end = len(text[:end].rstrip())
    return end


def _end_of_line(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end < 0 else end
