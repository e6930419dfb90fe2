"""Divisions of China by their codes of GB/T 2260: province, city, district."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, ClassVar

from formline.expressions import types
from formline.expressions.storage_types import Words
from formline.expressions.types import Type
from formline.fields.base import TREE, FieldType, Parameter, Part, ValueProblem
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register

LEVELS = ("province", "city", "district")
_CODE = re.compile("[0-9]{6}")
#: Groupings of the list that are no places people name.
_NO_PLACES = frozenset({"县", "省直辖县", "自治区直辖县级行政区划", "市辖区"})
#: Endings that people leave out.
_ENDINGS = re.compile("(?:特别行政区|壮族自治区|回族自治区|维吾尔自治区|自治区|省|市|地区|盟|区|县)$")


@register
class Region(FieldType):
    """A province, city or district of China; the value is its code."""

    name, label, icon = "region", "Region", "map"
    parameters = (Parameter("level", {"enum": list(LEVELS)}, "How deep one may choose.", default="district"),)
    form_control = edit_cell = "region"
    read_control = list_cell = "worded"
    operators: ClassVar[tuple[str, ...]] = TREE
    literal_text: ClassVar[bool] = True

    def expression_type(self, field: Field) -> Type:
        """The code as text."""
        return types.TEXT

    def columns(self, field: Field) -> tuple[Part, ...]:
        """One text column of codes."""
        return (Part("", Words()),)

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Take a code, or names from the province down: 广东省深圳市, 广东 深圳 南山."""
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return None
        text = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
        code = text if _CODE.fullmatch(text) else code_of(text)
        if code is None or code not in names():
            raise ValueProblem("no_such_region", "Choose a region from the list.")
        if depth(code) > LEVELS.index(field.param("level")):
            code = ancestors(code)[LEVELS.index(field.param("level"))]
        return code

    def json_schema(self, field: Field) -> dict[str, Any]:
        """Six digits."""
        return {"type": "string", "pattern": "^[0-9]{6}$"}

    def to_text(self, field: Field, value: Any, locale: Locale = PLAIN) -> str:
        """Return the names from the province down; files for machines get the code."""
        return "" if value is None else path_of(str(value)) if locale.language else str(value)

    def stem(self, field: Field, value: Any) -> Any:
        """Return what the codes in a province or city begin with."""
        return None if value is None else str(value)[: 2 * (depth(str(value)) + 1)]

    def sample(self, field: Field, seed: int) -> str:
        """Return one of the districts of a few cities."""
        code = ("440305", "310115", "110108", "330106")[seed % 4]
        return ancestors(code)[LEVELS.index(field.param("level"))]


@cache
def names() -> Mapping[str, str]:
    """Return the names of all divisions by code, in the order of codes; read once."""
    found: dict[str, str] = json.loads(files("formline.fields").joinpath("regions.json").read_text(encoding="utf-8"))
    return found


def depth(code: str) -> int:
    """Return 0 for a province, 1 for a city, 2 for a district."""
    return 0 if code.endswith("0000") else 1 if code.endswith("00") else 2


def ancestors(code: str) -> tuple[str, ...]:
    """Return the codes from the province down to ``code`` itself."""
    return (f"{code[:2]}0000", f"{code[:4]}00", code)[: depth(code) + 1]


def path_of(code: str) -> str:
    """Return the names from the province down, each once: 广东省深圳市南山区, 北京市海淀区."""
    found = (names().get(each, "") for each in ancestors(code))
    return "".join(dict.fromkeys(name for name in found if name not in _NO_PLACES)) or code


def children(code: str) -> Iterator[tuple[str, str]]:
    """Yield code and name of what a province or city is divided into; of the provinces for ""."""
    step = 0 if not code else depth(code) + 1
    stem = code[: 2 * step]
    return ((each, name) for each, name in names().items() if depth(each) == step and each.startswith(stem))


def code_of(text: str) -> str | None:
    """Return the code of names from the province down, with or without spaces and endings; None where none fits."""
    rest = re.sub(r"[\s/,，>、-]", "", text)
    found: str | None = None
    stems = [""]
    while rest:
        fits = [
            (len(word), code)
            for code, word in _words()
            if rest.startswith(word)
            and any(code.startswith(stem) for stem in stems)
            and code != found
            and (found is None or depth(code) > depth(found))
        ]
        if not fits:
            return None
        # The longest name wins, then the widest division: 北京 is the province and its only city.
        longest, found = min(fits, key=lambda fit: (-fit[0], depth(fit[1]), fit[1]))
        rest, stems = rest[longest:], [found[: 2 * (depth(found) + 1)]]
    return found


@cache
def _words() -> tuple[tuple[str, str], ...]:
    """Return codes with each way their places are named."""
    found = []
    for code, name in names().items():
        if name not in _NO_PLACES:
            short = _ENDINGS.sub("", name)
            found += [(code, word) for word in sorted({name, short if len(short) > 1 else name})]
    return tuple(found)
