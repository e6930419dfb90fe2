"""Names of people: family name and given name, put together in the order of the language they are written in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from formline.expressions.storage_types import Words
from formline.fields.base import Parameter, Part, ValueProblem, name_of
from formline.fields.field import Field
from formline.fields.locale import PLAIN, Locale
from formline.fields.registry import register
from formline.fields.sorting import sort_key
from formline.fields.text import TextBase

ORDERS = ("auto", "family_first", "given_first")
#: Chinese family names of two characters; all others have one.
_DOUBLE = frozenset(
    {
        *(
            "欧阳",
            "歐陽",
            "司马",
            "司馬",
            "上官",
            "诸葛",
            "諸葛",
            "司徒",
            "东方",
            "東方",
            "皇甫",
            "尉迟",
            "尉遲",
            "公孙",
        ),
        *(
            "公孫",
            "令狐",
            "慕容",
            "夏侯",
            "司空",
            "端木",
            "百里",
            "南宫",
            "南宮",
            "轩辕",
            "軒轅",
            "东郭",
            "東郭",
            "独孤",
        ),
        *(
            "獨孤",
            "宇文",
            "长孙",
            "長孫",
            "钟离",
            "鍾離",
            "闻人",
            "聞人",
            "赫连",
            "赫連",
            "澹台",
            "濮阳",
            "濮陽",
            "淳于",
        ),
        *("申屠", "太史", "公冶", "拓跋"),
    }
)
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003134f]")


@register
class PersonName(TextBase):
    """The name of a person; Chinese names are written family name first, without a space."""

    name, label, icon = "person_name", "Person's name", "id"
    parameters = (
        Parameter(
            "order",
            {"enum": list(ORDERS)},
            "Which name comes first; auto: by the script it is written in.",
            default="auto",
        ),
    )
    form_control = edit_cell = "person_name"
    inputs: ClassVar[tuple[str, ...]] = ("family", "given")
    limit = 120

    def max_length(self, field: Field) -> int:
        """Room for the longest names in use."""
        return self.limit

    def columns(self, field: Field) -> tuple[Part, ...]:
        """The whole name, its two parts, and the sort key."""
        return Part("", Words()), Part("family", Words()), Part("given", Words()), Part("sort", Words())

    def derive(self, field: Field, value: Any) -> dict[str, Any]:
        """Return the sort key: pinyin for Chinese names."""
        return {"sort": None if value is None else sort_key(value)}

    def parse(self, field: Field, raw: Any, locale: Locale = PLAIN) -> str | None:
        """Return the whole name of a text, or of a map with ``family`` and ``given``."""
        if not isinstance(raw, Mapping):
            return super().parse(field, raw, locale)
        return whole(*self._given(field, raw), str(field.param("order"))) or None

    def parse_parts(self, field: Field, raw: Any, locale: Locale = PLAIN) -> dict[str, Any]:
        """Take ``{family, given}``, or a whole name, which is cut where its script says."""
        if isinstance(raw, Mapping):
            family, given = self._given(field, raw)
            return {"": whole(family, given, str(field.param("order"))) or None, "family": family, "given": given}
        name = self.parse(field, raw, locale)
        family, given = split(name, str(field.param("order"))) if name else (None, None)
        return {"": whole(family, given, str(field.param("order"))) or None, "family": family, "given": given}

    def _given(self, field: Field, raw: Mapping[str, Any]) -> tuple[str | None, str | None]:
        unknown = sorted(str(key) for key in raw if key not in self.inputs)
        if unknown:
            raise ValueProblem("unknown_part", "Enter a family name and a given name.")
        family, given = (super(PersonName, self).parse(field, raw.get(part)) for part in self.inputs)
        return family, given

    def read_json(self, field: Field, record: Mapping[str, Any]) -> Any:
        """Return ``{family, given}``."""
        if record.get(field.name) is None:
            return None
        return {part: record.get(name_of(part, field.name)) for part in self.inputs}

    def json_schema(self, field: Field) -> dict[str, Any]:
        """The whole name, or its parts."""
        part = {"type": ["string", "null"], "maxLength": self.limit}
        parts = {"type": "object", "properties": dict.fromkeys(self.inputs, part), "additionalProperties": False}
        return {"anyOf": [{"type": "string", "maxLength": self.limit}, parts]}

    def sample(self, field: Field, seed: int) -> str:
        """Return a name."""
        return whole("王李张陈"[seed % 4], "小明小红建国"[seed % 3 * 2 :][:2], str(field.param("order")))


def whole(family: str | None, given: str | None, order: str = "auto") -> str:
    """Return both names as one: 王小明, Anna Schmidt."""
    if not (family and given):
        return family or given or ""
    chinese = bool(_HAN.search(family + given))
    first = chinese if order == "auto" else order == "family_first"
    names = (family, given) if first else (given, family)
    return ("" if chinese else " ").join(names)


def split(name: str, order: str = "auto") -> tuple[str | None, str | None]:
    """Return family name and given name of a whole name; one word alone is a family name."""
    comma = re.fullmatch(r"([^,，]+)[,，]\s*(.+)", name)
    if comma is not None:
        return comma[1].strip(), comma[2].strip()
    words = name.split()
    if len(words) == 1 and _HAN.search(name) and len(name) <= 4:
        family = name[:2] if name[:2] in _DOUBLE and len(name) > 2 else name[:1]
        return (family, name[len(family) :] or None) if order != "given_first" else (name[-1:], name[:-1] or None)
    if len(words) < 2:
        return name, None
    if order == "family_first" or (order == "auto" and _HAN.search(name)):
        return words[0], " ".join(words[1:])
    return words[-1], " ".join(words[:-1])
