"""Amounts in the Chinese characters that contracts and invoices write them in: 人民币大写."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def rmb(amount: Decimal | int) -> str:
    """Return an amount of yuan in capitals.

    >>> rmb(Decimal("10203.50")), rmb(Decimal("0.05")), rmb(100000000), rmb(0)
    ('壹万零贰佰零叁元伍角', '伍分', '壹亿元整', '零元整')
    """
    cents = int(Decimal(amount).copy_abs().quantize(Decimal("0.01"), rounding=ROUND_HALF_UP) * 100)
    sign = "负" if amount < 0 and cents else ""
    whole, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    written = f"{_whole(whole)}元" if whole or not cents else ""
    if not jiao and not fen:
        return f"{sign}{written}整"
    if jiao:
        written += f"{_DIGITS[jiao]}角"
    elif written:
        written += "零"
    return sign + written + (f"{_DIGITS[fen]}分" if fen else "")


def _whole(number: int) -> str:
    """Write a whole number in groups of four places; zeros between digits are said once."""
    if not number:
        return _DIGITS[0]
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    written = ""
    for index in reversed(range(len(groups))):
        group = groups[index]
        if not group:
            continue
        higher = any(groups[index + 1 :])
        gap = higher and (group < 1000 or groups[index + 1] == 0)
        written += ("零" if gap else "") + _group(group) + _GROUPS[index]
    return written


def _group(group: int) -> str:
    written, zero = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            written += ("零" if zero else "") + _DIGITS[digit] + _PLACES[place]
            zero = False
        else:
            zero = bool(written)
    return written
