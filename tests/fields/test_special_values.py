"""Values of the types with a form of their own: times, tags, names, addresses, places, barcodes, markup, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.fields import barcode, region, rich_text
from formline.fields.address import line_of
from formline.fields.base import ValueProblem
from formline.fields.clock import LONGEST, span_of, written
from formline.fields.field import Field
from formline.fields.locale import Locale
from formline.fields.person_name import split, whole
from tests.fields.test_values import THING
from tests.fixtures.catalogs import catalog_from

CHINESE = Locale("zh_CN")


@pytest.fixture(scope="module")
def fields() -> Mapping[str, Field]:
    return catalog_from(THING).object("thing").fields


PARSED: list[tuple[str, Any, Any]] = [
    ("opens", "9:30", "09:30"),
    ("opens", "09:30:00", "09:30"),
    ("opens", "3:15 PM", "15:15"),
    ("opens", "12:05 am", "00:05"),
    ("opens", "下午3点", "15:00"),
    ("opens", time(7, 5), "07:05"),
    ("opens", "", None),
    ("lasts", "1h 30m", 5400),
    ("lasts", "1:30", 5400),
    ("lasts", "PT1H30M", 5400),
    ("lasts", "1小时30分钟", 5400),
    ("lasts", 90, 90),
    ("labels", "A, b；ａ", ("A", "b")),
    ("labels", [" x  y ", "", 7], ("x y", "7")),
    ("labels", [], None),
    ("who", {"family": "王", "given": "小明"}, "王小明"),
    ("who", {"family": "Schmidt", "given": "Anna"}, "Anna Schmidt"),
    ("who", {"family": "", "given": ""}, None),
    ("who", "Schmidt, Anna", "Schmidt, Anna"),
    ("where", {"city": "Berlin", "country": "de", "street": "A 1"}, "A 1, Berlin, DE"),
    ("where", {"country": "CN"}, None),
    ("where", "科技园路 1 号", "科技园路 1 号"),
    ("region", "440305", "440305"),
    ("region", 440305, "440305"),
    ("region", "广东省深圳市南山区", "440305"),
    ("region", "北京 海淀", "110108"),
    ("region", "重庆市城口县", "500229"),
    ("place", "22.5431, 114.0579", "22.543100,114.057900"),
    ("place", {"latitude": -1, "longitude": "2"}, "-1.000000,2.000000"),
    ("place", [0, 0], "0.000000,0.000000"),
    ("place", {"lat": "", "lon": ""}, None),
    ("stars", "3", 3),
    ("shade", "ABC", "#aabbcc"),
    ("shade", "#1F6FEB", "#1f6feb"),
    ("ean", "690 1234-567892", "6901234567892"),
    ("extra", ' {"b": 1, "a": [null]} ', '{"b":1,"a":[null]}'),
    ("extra", [1], "[1]"),
    ("body", "<p></p>", None),
    ("body", "a < b\n\nc", "<p>a &lt; b</p><p>c</p>"),
    ("pin", " 1234 ", "1234"),
]


@pytest.mark.parametrize(("name", "raw", "value"), PARSED, ids=[f"{name}-{raw!r}" for name, raw, _ in PARSED])
def test_what_people_write_becomes_a_value(fields: Mapping[str, Field], name: str, raw: Any, value: Any) -> None:
    assert fields[name].type.parse(fields[name], raw) == value


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("opens", "24:00", "not_a_time"),
        ("opens", "9", "not_a_time"),
        ("opens", 930, "not_a_time"),
        ("lasts", "90", "not_a_duration"),
        ("lasts", "1h x", "not_a_duration"),
        ("lasts", -1, "too_large"),
        ("labels", {"a": 1}, "not_tags"),
        ("labels", ["a\x00"], "control_character"),
        ("who", {"first": "A"}, "unknown_part"),
        ("where", {"town": "A"}, "unknown_part"),
        ("where", {"city": "A", "country": "XX"}, "no_such_country"),
        ("region", "Atlantis", "no_such_region"),
        ("region", "999999", "no_such_region"),
        ("place", "91, 0", "not_a_place"),
        ("place", "here", "not_a_place"),
        ("place", {"lat": 1}, "not_a_place"),
        ("shade", "red", "not_a_color"),
        ("extra", "{", "not_json"),
        ("extra", "7", "not_json"),
        ("extra", "[NaN]", "not_json"),
        ("extra", "[" * 60 + "]" * 60, "too_deep"),
        ("extra", {"a": "\x00"}, "control_character"),
    ],
)
def test_what_means_no_value_is_refused_with_a_code(
    fields: Mapping[str, Field], name: str, raw: Any, code: str
) -> None:
    with pytest.raises(ValueProblem) as caught:
        fields[name].type.parse_parts(fields[name], raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("lasts", 60, "too_small"),
        ("lasts", 10 * 3600, "too_big"),
        ("labels", tuple("abcd"), "too_many"),
        ("labels", ("x" * 61,), "too_long"),
        ("stars", 0, "too_small"),
        ("stars", 6, "too_big"),
        ("ean", "6901234567890", "check_digit"),
        ("ean", "12", "wrong_length"),
        ("pin", "x" * 1001, "too_long"),
    ],
)
def test_what_the_parameters_forbid_is_found(fields: Mapping[str, Field], name: str, value: Any, code: str) -> None:
    assert code in [found for found, _ in fields[name].type.validate(fields[name], value)]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("lasts", 5400, "1小时 30分钟"),
        ("labels", ("A", "b"), "A、b"),
        ("region", "110108", "北京市海淀区"),
        ("region", "659001", "新疆维吾尔自治区石河子市"),
        ("body", "<p>a &lt; b</p><ul><li>c</li></ul>", "a < b\nc"),
        ("pin", "anything", "********"),
    ],
)
def test_text_is_written_as_the_person_reads_it(fields: Mapping[str, Field], name: str, value: Any, text: str) -> None:
    assert fields[name].type.to_text(fields[name], value, CHINESE) == text


# --- spans -----------------------------------------------------------------------------------------------------------


@given(st.integers(0, LONGEST))
def test_every_span_is_read_as_it_was_written(seconds: int) -> None:
    assert span_of(written(seconds)) == seconds
    assert span_of(written(seconds, "zh_CN")) == seconds
    assert span_of(written(seconds, "zh_TW")) == seconds


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "family", "given"),
    [
        ("王小明", "王", "小明"),
        ("欧阳修", "欧阳", "修"),
        ("Anna Maria Schmidt", "Schmidt", "Anna Maria"),
        ("Madonna", "Madonna", None),
    ],
)
def test_a_whole_name_is_cut_and_put_together_again(name: str, family: str, given: str | None) -> None:
    assert split(name) == (family, given)
    assert whole(family, given) == name


def test_the_order_of_a_name_can_be_fixed() -> None:
    assert whole("Nagy", "Anna", "family_first") == "Nagy Anna"
    assert split("Nagy Anna", "family_first") == ("Nagy", "Anna")


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (
            {"country": "CN", "region": "广东省", "city": "深圳市", "street": "科技园路 1 号", "postal_code": "518000"},
            "518000 广东省深圳市科技园路 1 号",
        ),
        (
            {"country": "US", "region": "CA", "city": "Mountain View", "street": "1 Main St", "postal_code": "94043"},
            "1 Main St, Mountain View, CA 94043, US",
        ),
        (
            {"country": "DE", "city": "Berlin", "street": "Unter den Linden 1", "postal_code": "10117"},
            "Unter den Linden 1, 10117 Berlin, DE",
        ),
        (
            {"country": "JP", "region": "東京都", "city": "千代田区", "street": "丸の内1-1", "postal_code": "100-0005"},
            "JP 100-0005 東京都千代田区丸の内1-1",
        ),
    ],
)
def test_an_address_is_one_line_in_the_order_of_its_country(parts: dict[str, str], line: str) -> None:
    assert line_of(parts, "CN") == line


# --- regions ---------------------------------------------------------------------------------------------------------


def test_every_division_has_what_it_is_in_and_is_found_by_its_names() -> None:
    known = region.names()
    missing = [code for code in known if not known.get(region.ancestors(code)[0])]
    assert missing == []
    sample = [code for code in known if code[:2] in ("11", "44", "50")]
    wrong = {code: region.path_of(code) for code in sample if region.code_of(region.path_of(code)) is None}
    assert wrong == {}
    assert len(list(region.children(""))) == 34
    assert ("440305", "南山区") in list(region.children("440300"))
    assert list(region.children("440305")) == []


def test_a_region_is_no_deeper_than_its_field() -> None:
    catalog = catalog_from("kind: object\nname: a\nfields: {name: {type: text}, at: {type: region, level: city}}\n")
    field = catalog.object("a").fields["at"]
    assert field.type.parse(field, "440305") == "440300"
    assert [field.type.stem(field, code) for code in ("440000", "440300")] == ["44", "4403"]


# --- barcodes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", barcode.SYMBOLOGIES)
def test_a_barcode_is_drawn_without_styles_and_scripts(kind: str) -> None:
    catalog = catalog_from(
        f"kind: object\nname: a\nfields: {{name: {{type: text}}, code: {{type: barcode, symbology: {kind}}}}}\n"
    )
    field = catalog.object("a").fields["code"]
    value = field.type.sample(field, 4)
    assert list(field.type.validate(field, value)) == []
    drawn = barcode.svg(kind, value)
    assert ElementTree.fromstring(drawn).get("viewBox")  # noqa: S314 - what we drew ourselves
    assert "style" not in drawn
    assert "<script" not in drawn


def test_what_a_symbology_cannot_carry_has_no_picture() -> None:
    with pytest.raises(ValueProblem):
        barcode.svg("code128", "条码")
    with pytest.raises(ValueProblem):
        barcode.svg("qr", "x" * 10_000)


# --- formatted text --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('<p hx-get="/x" data-b="bulk" class="c" id="main" style="color:red" onclick="x()">a</p>', "<p>a</p>"),
        ("<script>alert(1)</script><p>a</p>", "<p>a</p>"),
        ('<p>a<img src="https://example.com/p.png" onerror="x()"></p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer">a</a>'),
        (
            '<a href="https://example.com" target="_top">a</a>',
            '<a href="https://example.com" rel="noopener noreferrer">a</a>',
        ),
        ("<svg><style>p{}</style></svg><p>a<!-- b --></p>", "<p>a</p>"),
        ('<iframe src="https://example.com"></iframe><form action="/x"><p>a</p></form>', "<p>a</p>"),
        ("<h2>a</h2><ol><li><strong>b</strong></li></ol>", "<h2>a</h2><ol><li><strong>b</strong></li></ol>"),
        ("<p>a&nbsp;b</p>", "<p>a b</p>"),
    ],
)
def test_markup_keeps_only_what_the_editor_makes(written: str, kept: str) -> None:
    assert rich_text.clean(written) == kept
    assert rich_text.clean(kept) == kept
