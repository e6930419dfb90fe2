"""What field types say about values is said in the person's language."""

from __future__ import annotations

import pytest

from formline.web.i18n import texts
from formline.web.value_messages import MESSAGES, PATTERNS, _translated


@pytest.mark.parametrize("language", ["zh_CN", "zh_TW"])
def test_every_message_is_translated(language: str) -> None:
    known = texts(language)
    assert [text for text in (*MESSAGES, *PATTERNS) if known.gettext(text) == text] == []


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("At least 5.", "不得小于 5。"),
        ("At least 5 characters, this has 3.", "至少 5 个字符，现在是 3 个。"),
        ("At most 2 decimal places.", "最多 2 位小数。"),
        ("Enter a whole number.", "请填写整数。"),
        ("Said by nobody.", "Said by nobody."),
    ],
)
def test_numbers_stay_in_their_places(message: str, chinese: str) -> None:
    assert _translated(message, "zh_CN") == chinese
