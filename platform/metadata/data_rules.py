"""Rules about mappings, packages and records: what contradicts itself inside one definition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from formline.metadata import names
from formline.metadata.kinds import KINDS
from formline.metadata.rules import Finding, maps, rule

_SOURCES = ("from", "value", "template", "expression")
_TOKENS = re.compile(r"YYYY|YY|MMM|MM|M|DD|D|hh|h|mm|m|ss|s|[^A-Za-z]|T|Z")
_RELATIVE = re.compile(r"(today|now)( ?[+-] ?[0-9]+(m|h|d|w|mo|y))?")
_ONLY = {"sheet": ("xlsx",), "delimiter": ("csv",), "encoding": ("csv",)}
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "decimal": (int, Decimal),
    "money": (int, Decimal),
    "percent": (int, Decimal),
    "boolean": (bool,),
}


@rule("mapping")
def column_sources(data: dict[str, Any]) -> Iterator[Finding]:
    """A column takes its value from one place, and only a cell has values to put others for."""
    for name, column in maps(data["columns"]):
        path = ("columns", name)
        given = [key for key in _SOURCES if key in column]
        if len(given) > 1:
            message = f'The column "{name}" has {" and ".join(given)}.'
            yield Finding("contradicting-keys", message, "keep one of them", (*path, given[1]), at_key=True)
        if "otherwise" in column and "values" not in column:
            message = "otherwise is for values that values does not name."
            yield Finding(
                "contradicting-keys", message, "write values:, or default:", (*path, "otherwise"), at_key=True
            )
        if "format" in column and "".join(_TOKENS.findall(column["format"])) != column["format"]:
            message = f'"{column["format"]}" is not a format of dates.'
            yield Finding("bad-format", message, "write it in Y M D h m s, as M/D/YYYY", (*path, "format"))
        template = column.get("template", "")
        if template.count("{") != template.count("}"):
            message = "A brace in the template is not closed."
            yield Finding("open-brace", message, "write {heading}", (*path, "template"))


@rule("mapping")
def keys(data: dict[str, Any]) -> Iterator[Finding]:
    """The key is among the columns; only a mapping with a key changes records."""
    for index, field in enumerate(data.get("key", ())):
        if field not in data["columns"]:
            message = f'The key "{field}" is not among the columns.'
            yield Finding("key-not-mapped", message, "say where it comes from in columns", ("key", index))
    if data.get("mode") == "update" and "key" not in data:
        yield Finding(
            "contradicting-keys", "Without a key no record is found to change.", "write key: [...]", ("mode",)
        )


@rule("mapping")
def source_format(data: dict[str, Any]) -> Iterator[Finding]:
    """Settings of the source fit its format."""
    source = data.get("source", {})
    form = source.get("format")
    for key, forms in _ONLY.items():
        if form and key in source and form not in forms:
            message = f"{key} is for {' and '.join(forms)} files."
            yield Finding(
                "contradicting-keys", message, "remove it, or change the format", ("source", key), at_key=True
            )


@rule("package")
def settings(data: dict[str, Any]) -> Iterator[Finding]:
    """The default of a setting is a value the setting can have."""
    for name, setting in maps(data.get("settings")):
        wrong = _wrong_default(setting)
        if wrong:
            message = f'The default of "{name}" {wrong}.'
            yield Finding("setting-default", message, "change the default or the type", ("settings", name, "default"))


def _wrong_default(setting: dict[str, Any]) -> str:
    value, kind = setting["default"], setting["type"]
    if kind == "choice":
        return "is not one of the choices" if value not in setting.get("choices", ()) else ""
    expected = _TYPES.get(kind, (str,))
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
        return f"is not {_typed(kind)}"
    if "min" in setting and value < setting["min"]:
        return f"is less than min, {setting['min']}"
    if "max" in setting and value > setting["max"]:
        return f"is more than max, {setting['max']}"
    return ""


def _typed(kind: str) -> str:
    """Return a setting's type with its article."""
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


@rule("package")
def requires_itself(data: dict[str, Any]) -> Iterator[Finding]:
    """A package needs others."""
    if data.get("name") in data.get("requires", {}):
        path = ("requires", data["name"])
        yield Finding("requires-itself", "The package requires itself.", "remove it", path, at_key=True)


@rule("reference_data", "sample_data")
def relative_dates(data: dict[str, Any]) -> Iterator[Finding]:
    """A text that begins like a relative date is one."""
    for object_name, records in maps(data["records"]):
        for key, record in maps(records):
            for field, value in record.items():
                if isinstance(value, str) and re.match(r"(today|now)\s*[+-]", value) and not _RELATIVE.fullmatch(value):
                    path = ("records", object_name, key, field)
                    message = f'"{value}" is not a relative date.'
                    yield Finding("bad-format", message, "for example  today+30d, now-2h, today-1y", path)


@rule("translations")
def translated_kind(data: dict[str, Any]) -> Iterator[Finding]:
    """The kind translated exists."""
    if data["of"] not in KINDS:
        hint = names.did_you_mean(data["of"], KINDS)
        yield Finding("unknown-kind", f'There is no kind "{data["of"]}".', hint, ("of",))
