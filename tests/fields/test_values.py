"""Values of every field type: what people, files and the API may write, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from formline.fields.all_types import TYPES
from formline.fields.base import ValueProblem
from formline.fields.field import Field
from formline.fields.locale import Locale
from formline.fields.numbering import Counter, DatePart, Literal, PathPart, parse_pattern
from formline.fields.sorting import sort_key
from tests.fixtures.catalogs import catalog_from

THING = """
kind: object
name: thing
record_types: {one: {label: One}, two: {label: Two}}
fields:
  name: {type: text, required: true, max_length: 12}
  code: {type: text, pattern: "[A-Z]{2}[0-9]+", min_length: 3}
  story: {type: long_text}
  mail: {type: email}
  phone: {type: phone}
  site: {type: url}
  count: {type: integer, min: 0, max: 10}
  size: {type: decimal, scale: 3}
  share: {type: percent}
  price: {type: money}
  on: {type: boolean}
  day: {type: date, min: "2020-01-01"}
  moment: {type: datetime}
  level: {type: choice, choices: {a: {label: High}, b: {label: Low, was: c}, old: {label: Old, retired: true}}}
  tags: {type: multi_choice, choices: [red, green, blue]}
  up: {type: lookup, to: thing, reverse: below}
  about: {type: lookup, to: [thing, user], reverse: things}
  friends: {type: many_to_many, to: user}
  boss: {type: user}
  unit: {type: department}
  state: {type: state, machine: states}
  scan: {type: file, accept: [pdf]}
  photos: {type: image, multiple: true}
  sign: {type: signature}
  number: {type: auto_number, pattern: "T-{date:%Y}-{n:4}"}
  twice: {type: formula, returns: decimal, scale: 3, expression: size * 2}
  n_below: {type: rollup, of: below.id, aggregate: count}
  top: {type: mirror, of: up.level}
  opens: {type: time}
  lasts: {type: duration, min: 5m, max: 8h}
  labels: {type: tags, max: 3}
  who: {type: person_name}
  where: {type: address}
  region: {type: region}
  place: {type: geolocation}
  stars: {type: rating}
  shade: {type: color}
  ean: {type: barcode, symbology: ean13}
  extra: {type: json}
  body: {type: rich_text}
  pin: {type: encrypted_text}
---
kind: object
name: part
title: text
fields: {text: {type: text}, whole: {type: parent, to: thing, reverse: parts}}
---
kind: state_machine
name: states
object: thing
field: state
initial: open
states: {open: {label: Open}, done: {label: Done}}
transitions: {finish: {from: open, to: done}}
"""
KEY = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
CHINESE = Locale("zh_CN", ZoneInfo("Asia/Shanghai"))
GERMAN = Locale("de", ZoneInfo("Europe/Berlin"))


@pytest.fixture(scope="module")
def fields() -> Mapping[str, Field]:
    catalog = catalog_from(THING)
    return {**catalog.object("thing").fields, "whole": catalog.object("part").fields["whole"]}


def test_every_type_is_tried_here(fields: Mapping[str, Field]) -> None:
    assert {field.type.name for field in fields.values()} == set(TYPES)


PARSED: list[tuple[str, Any, Any]] = [
    ("name", "  Ab\u0065\u0301 ", "Ab\u00e9"),
    ("name", "   ", None),
    ("name", 7, "7"),
    ("story", "a\r\nb\n", "a\nb"),
    ("mail", "Jo.Do@EXAMPLE.com", "Jo.Do@example.com"),
    ("phone", "+86 (138) 0013-8000", "+8613800138000"),
    ("phone", "０１０-8888 转 12", "0108888x12"),
    ("site", "example.com/a?b=1", "https://example.com/a?b=1"),
    ("site", "http://localhost:80", "http://localhost:80"),
    ("count", "3", 3),
    ("count", "3.0", 3),
    ("count", 4, 4),
    ("size", "1,234.5", Decimal("1234.5")),
    ("size", "−3.25", Decimal("-3.25")),
    ("size", ".5", Decimal("0.5")),
    ("size", "１２３．５", Decimal("123.5")),
    ("size", 0.1, Decimal("0.1")),
    ("size", "", None),
    ("share", "20 %", Decimal("20")),
    ("price", "12.30", Decimal("12.30")),
    ("price", {"amount": "5", "currency": "EUR"}, Decimal("5")),
    ("on", "是", True),
    ("on", "no", False),
    ("on", "", None),
    ("on", True, True),
    ("day", "2026-01-31", date(2026, 1, 31)),
    ("day", "2026年1月31日", date(2026, 1, 31)),
    ("day", "2026/1/31 00:00:00", date(2026, 1, 31)),
    ("day", date(2026, 1, 31), date(2026, 1, 31)),
    ("moment", "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ("moment", "2026-01-31 09:30", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    ("moment", "2026-01-31T09:30+08:00", datetime(2026, 1, 31, 1, 30, tzinfo=UTC)),
    ("level", "a", "a"),
    ("level", "low", "b"),
    ("level", "c", "b"),
    ("tags", "blue; red, red", ("red", "blue")),
    ("tags", ["green"], ("green",)),
    ("tags", [], None),
    ("up", str(KEY), KEY),
    ("up", KEY, KEY),
    ("up", "", None),
    ("about", {"object": "user", "id": str(KEY)}, KEY),
    ("friends", [str(KEY), KEY], (KEY,)),
    ("friends", "", ()),
    ("scan", str(KEY), (str(KEY),)),
    (
        "scan",
        {"id": str(KEY), "name": "a b.pdf", "media_type": "application/pdf", "size": 7},
        (f"{KEY} 7 application/pdf a b.pdf",),
    ),
    ("photos", [str(KEY), {"id": str(KEY)}], (str(KEY),)),
    ("sign", "", None),
    ("boss", KEY, KEY),
    ("state", "Done", "done"),
    ("record_type", "two", "two"),
    ("twice", "1.5", Decimal("1.5")),
    ("top", "High", "a"),
]


@pytest.mark.parametrize(("name", "raw", "value"), PARSED, ids=[f"{name}-{raw!r}" for name, raw, _ in PARSED])
def test_what_people_write_becomes_a_value(fields: Mapping[str, Field], name: str, raw: Any, value: Any) -> None:
    found = fields[name].type.parse(fields[name], raw)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        ("name", "a\x00b", "control_character"),
        ("name", "a\nb", "control_character"),
        ("name", ["a"], "not_text"),
        ("mail", "jo@example", "not_an_email"),
        ("mail", "jo@example.com, al@example.com", "not_an_email"),
        ("phone", "call me", "not_a_phone"),
        ("site", "javascript:alert(1)", "not_a_url"),
        ("site", "https://user@evil/\\x", "not_a_url"),
        ("count", "3.5", "not_an_integer"),
        ("count", True, "not_a_number"),
        ("size", "1,5", "not_a_number"),
        ("size", "1e5", "not_a_number"),
        ("size", "NaN", "not_a_number"),
        ("size", "1000000000000", "too_large"),
        ("price", {"amount": "1", "currency": "euro"}, "not_a_currency"),
        ("on", "maybe", "not_a_boolean"),
        ("day", "31.12.26", "not_a_date"),
        ("day", "2026-02-30", "not_a_date"),
        ("moment", "yesterday", "not_a_datetime"),
        ("level", "z", "unknown_choice"),
        ("tags", ["red", "pink"], "unknown_choice"),
        ("up", "Smith Ltd", "not_an_id"),
        ("about", {"object": "customer", "id": str(KEY)}, "wrong_object"),
        ("scan", "https://example.com/a.pdf", "not_a_file"),
        ("scan", "/etc/passwd", "not_a_file"),
    ],
)
def test_what_means_no_value_is_refused_with_a_code(
    fields: Mapping[str, Field], name: str, raw: Any, code: str
) -> None:
    with pytest.raises(ValueProblem) as caught:
        fields[name].type.parse_parts(fields[name], raw)
    assert caught.value.code == code
    assert caught.value.message.endswith((".", "?"))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("name", "thirteen char", "too_long"),
        ("code", "A1", "too_short"),
        ("code", "AB", "pattern"),
        ("count", 11, "too_big"),
        ("count", -1, "too_small"),
        ("size", Decimal("1.0001"), "too_many_decimals"),
        ("share", Decimal("100.5"), "too_big"),
        ("day", date(2019, 12, 31), "too_small"),
        ("level", "old", "retired_choice"),
        ("level", "gone", "unknown_choice"),
        ("tags", ("gone",), "unknown_choice"),
        ("scan", (str(KEY), str(KEY)), "too_many_files"),
    ],
)
def test_what_the_parameters_forbid_is_found(fields: Mapping[str, Field], name: str, value: Any, code: str) -> None:
    assert code in [found for found, _ in fields[name].type.validate(fields[name], value)]


def test_a_sample_is_valid_and_survives_json_and_text(fields: Mapping[str, Field]) -> None:
    for field in fields.values():
        for seed in range(7):
            value = field.type.sample(field, seed)
            if value is None or field.type.name == "auto_number":
                continue
            assert list(field.type.validate(field, value)) == [], field.name
            if field.type.sealed:
                continue  # neither says what it is
            assert field.type.parse(field, field.type.to_json(field, value)) == value, field.name
            if field.type.name not in ("many_to_many", "file", "image", "signature"):
                assert field.type.parse(field, field.type.to_text(field, value)) == value, field.name


@pytest.mark.parametrize(
    ("name", "value", "locale", "text"),
    [
        ("size", Decimal("1234.500"), GERMAN, "1.234,500"),
        ("size", Decimal("1234.500"), CHINESE, "1,234.500"),
        ("share", Decimal("12.50"), GERMAN, "12,5%"),
        ("on", True, CHINESE, "是"),
        ("day", date(2026, 1, 31), CHINESE, "2026年1月31日"),
        ("moment", datetime(2026, 1, 31, 20, 0, tzinfo=UTC), CHINESE, "2026年2月1日 04:00:00"),
        ("level", "a", GERMAN, "High"),
        ("tags", ("red", "blue"), CHINESE, "Red、Blue"),
    ],
)
def test_text_is_written_as_the_person_reads_it(
    fields: Mapping[str, Field], name: str, value: Any, locale: Locale, text: str
) -> None:
    assert fields[name].type.to_text(fields[name], value, locale) == text


def test_numbers_and_moments_are_read_as_the_person_writes_them(fields: Mapping[str, Field]) -> None:
    assert fields["size"].type.parse(fields["size"], "1.234,5", GERMAN) == Decimal("1234.5")
    moment = fields["moment"].type.parse(fields["moment"], "2026-02-01 04:00", CHINESE)
    assert moment == datetime(2026, 1, 31, 20, 0, tzinfo=UTC)


def test_money_and_lookups_with_several_targets_have_parts(fields: Mapping[str, Field]) -> None:
    price, about = fields["price"], fields["about"]
    assert price.type.parse_parts(price, "EUR 1,000.50") == {"": Decimal("1000.50"), "currency": "EUR"}
    assert price.type.parse_parts(price, "3") == {"": Decimal("3")}
    record = {"price": Decimal("3.00"), "price.currency": "EUR", "about": KEY, "about.object": "user"}
    assert price.type.read_json(price, record) == {"amount": "3.00", "currency": "EUR"}
    assert about.type.parse_parts(about, f"user:{KEY}") == {"": KEY, "object": "user"}
    assert about.type.read_json(about, record) == {"object": "user", "id": str(KEY)}


@pytest.mark.parametrize(
    ("pattern", "pieces"),
    [
        ("{n:4}", (Counter(4),)),
        (
            "SO-{company.code}-{date:%Y%m}-{n}",
            (Literal("SO-"), PathPart(("company", "code")), Literal("-"), DatePart("%Y%m"), Literal("-"), Counter(1)),
        ),
    ],
)
def test_a_number_pattern_has_pieces(pattern: str, pieces: tuple[Any, ...]) -> None:
    assert parse_pattern(pattern) == pieces


@pytest.mark.parametrize("pattern", ["", "X", "{n}{n}", "{n:x}", "{date:%H}{n}", "{n", "n}{n}"])
def test_a_wrong_number_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"must have|needs|knows|unbalanced"):
        parse_pattern(pattern)


def test_titles_sort_as_people_expect() -> None:
    names = ["张三", "李四", "Ångström", "apple", "Zebra", "阿里巴巴", "北京", "10", "9"]
    assert sorted(names, key=sort_key) == ["10", "9", "阿里巴巴", "Ångström", "apple", "北京", "李四", "Zebra", "张三"]


def test_only_the_title_has_a_sort_key(fields: Mapping[str, Field]) -> None:
    assert [part.name for part in fields["name"].parts] == ["", "sort"]
    assert fields["name"].type.derive(fields["name"], "Ab") == {"sort": "ab"}
    assert [part.name for part in fields["code"].parts] == [""]
    assert fields["code"].type.derive(fields["code"], "Ab") == {}


def test_which_fields_people_may_write(fields: Mapping[str, Field]) -> None:
    closed = {name for name, field in fields.items() if not field.writable}
    stamps = {"id", "department", "company", "created_at", "created_by", "updated_at", "updated_by", "version"}
    assert closed == stamps | {"state", "number", "twice", "n_below", "top"}


@pytest.mark.parametrize("raw", ["many", "1.5", "1,5x", "nan"])
def test_a_whole_number_is_asked_for_without_decimals(raw: str) -> None:
    field = catalog_from("kind: object\nname: thing\nfields: {count: {type: integer}}").object("thing").fields["count"]
    with pytest.raises(ValueProblem, match="Enter a whole number"):
        field.type.parse(field, raw)
