"""What counts when two texts are compared."""

from __future__ import annotations

import pytest

from formline.runtime.matching.normalising import NORMALISERS

CASES = [
    ("exact", "A-1", "A-1"),
    ("text", "ＡＢＣ－１ 号", "abc1号"),
    ("text", "  ", ""),
    ("phone", "+86 138-0013-8000", "13800138000"),
    ("phone", "１３８ 0013 8000", "13800138000"),
    ("phone", "0755-26770000", "75526770000"),
    ("phone", "110", ""),
    ("email", " Li@Example.COM ", "li@example.com"),
    ("domain", "li@mail.huawei.com", "huawei.com"),
    ("domain", "https://www.shop.com.cn/a?b=c", "shop.com.cn"),
    ("domain", "li@qq.com", ""),
    ("domain", "localhost", ""),
    ("company_name", "深圳市华为技术有限公司", "深圳市华为技术"),
    ("company_name", "有限公司", "有限公司"),
    ("company_name", "Acme Holdings Co., Ltd.", "acme"),
    ("company_name", "Müller GmbH", "müller"),
    ("company_name", None, ""),
]


@pytest.mark.parametrize(("by", "value", "expected"), CASES)
def test_what_counts(by: str, value: str | None, expected: str) -> None:
    assert NORMALISERS[by](value) == expected
