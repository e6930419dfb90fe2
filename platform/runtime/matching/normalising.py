"""What of a text counts when two are compared: pure functions from value to text, "" where nothing is to compare."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

#: A telephone number without country and trunk prefix; shorter ones are extensions and compare as they are.
_PHONE_DIGITS = 11
_LEAST_PHONE = 5
_NOT_WORD = re.compile(r"[\W_]+")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/@]*@)?([^/:?#]+)")
#: Everybody may have an address there, so it says nothing about a company.
PUBLIC_MAIL = frozenset(
    {
        "126.com",
        "139.com",
        "163.com",
        "189.cn",
        "aliyun.com",
        "foxmail.com",
        "gmail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "sina.cn",
        "sina.com",
        "sohu.com",
        "vip.163.com",
        "vip.qq.com",
        "yahoo.com",
        "yahoo.com.cn",
        "yeah.net",
    }
)
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
#: Legal forms: Chinese ones at the end of a name, others as words. Longer ones come first.
_FORMS_AT_END = (
    "股份有限公司",
    "有限责任公司",
    "有限責任公司",
    "集团有限公司",
    "集團有限公司",
    "有限公司",
    "集团公司",
    "集團公司",
    "责任公司",
    "集团",
    "集團",
    "公司",
)
_FORMS = frozenset(
    {
        "ab",
        "ag",
        "as",
        "bv",
        "co",
        "company",
        "corp",
        "corporation",
        "gmbh",
        "group",
        "holding",
        "holdings",
        "inc",
        "incorporated",
        "kg",
        "limited",
        "llc",
        "llp",
        "ltd",
        "nv",
        "oy",
        "plc",
        "pte",
        "pty",
        "sa",
        "sarl",
        "sas",
        "se",
        "spa",
        "srl",
    }
)


def exact(value: Any) -> str:
    """Return the value as text."""
    return "" if value is None else str(value)


def text(value: Any) -> str:
    """Return letters and digits in one width and case: ``ＡＢＣ－１`` and ``abc 1`` are the same."""
    return _NOT_WORD.sub("", _plain(value))


def phone(value: Any) -> str:
    """Return the last eleven digits: +86 138-0013-8000 is 13800138000."""
    digits = "".join(str(unicodedata.digit(each)) for each in exact(value) if each.isdigit())
    if len(digits) < _LEAST_PHONE:
        return ""
    return digits[-_PHONE_DIGITS:].lstrip("0")


def email(value: Any) -> str:
    """Return the address in small letters."""
    return _plain(value).strip()


def domain(value: Any) -> str:
    """Return the registered domain of a mail or web address; none for services that everybody uses."""
    host = _plain(value).strip().rpartition("@")[2]
    found = _HOST.match(host)
    parts = (found[1] if found else "").strip(".").split(".")
    if len(parts) < 2:
        return ""
    if ".".join(parts[-2:]) in PUBLIC_MAIL or ".".join(parts[-3:]) in PUBLIC_MAIL:
        return ""
    long = len(parts) > 2 and parts[-2] in _SECOND_LEVEL and len(parts[-1]) == 2
    return ".".join(parts[-3:] if long else parts[-2:])


def company_name(value: Any) -> str:
    """Return a company's name without its legal form; a name that is nothing else stays."""
    plain = _plain(value).replace(".", "")
    words = _NOT_WORD.sub(" ", plain).split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    name = "".join(words)
    if name in _FORMS_AT_END:
        return name
    for form in _FORMS_AT_END:
        if name.endswith(form) and len(name) > len(form):
            name = name.removesuffix(form)
            break
    return name


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", exact(value)).casefold()


NORMALISERS: Mapping[str, Callable[[Any], str]] = MappingProxyType(
    {"exact": exact, "text": text, "phone": phone, "email": email, "domain": domain, "company_name": company_name}
)
