"""What the robots of three chat programs want to be posted, how each is signed, and how each says that it took it.

All three answer 200 whatever happens; whether a message was taken is a number in the body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from formline.runtime.outbound import Answer
from formline.runtime.webhooks.connectors import Message, Request, Target

#: Bytes of one text that each takes at least.
MOST_BYTES = 2_000
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def wecom(message: Message, target: Target) -> Request:
    """Make the request of a WeCom robot: the key in its address is its only proof."""
    body = {"msgtype": "text", "text": {"content": words(message)}}
    return Request(target.address, orjson.dumps(body), _JSON)


def dingtalk(message: Message, target: Target) -> Request:
    """Make the request of a DingTalk robot; with a secret, time and signature go into the address."""
    body = {"msgtype": "text", "text": {"content": words(message)}}
    url = target.address
    if target.secrets:
        time = str(round(message.now.timestamp() * 1000))
        url = _with(url, timestamp=time, sign=_hmac(target.secrets[0], f"{time}\n{target.secrets[0]}"))
    return Request(url, orjson.dumps(body), _JSON)


def lark(message: Message, target: Target) -> Request:
    """Make the request of a Lark robot; with a secret, time and signature go into the body."""
    # Lark reads tags in texts: a value of a record must not call everybody.
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": words(message).replace("<", "＜")}}
    if target.secrets:
        time = str(int(message.now.timestamp()))
        # The secret is part of the key, and what is signed is empty: so it is in their documentation.
        body |= {"timestamp": time, "sign": _hmac(f"{time}\n{target.secrets[0]}", "")}
    return Request(target.address, orjson.dumps(body), _JSON)


def words(message: Message) -> str:
    """Return the text with where it leads, cut to what the robots take."""
    text = message.text or str(message.content.get("type", ""))
    link = f"\n{message.url}" if message.url else ""
    room = MOST_BYTES - len(link.encode())
    raw = text.encode()
    if len(raw) > room:
        text = raw[: room - 3].decode(errors="ignore") + "…"
    return text + link


def _hmac(key: str, content: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), content.encode(), hashlib.sha256)).decode()


def _with(url: str, **more: str) -> str:
    """Return an address with further arguments."""
    parts = urlsplit(url)
    return parts._replace(query=urlencode([*parse_qsl(parts.query, keep_blank_values=True), *more.items()])).geturl()


def errcode_is_zero(answer: Answer) -> bool:
    """Return whether WeCom or DingTalk took a message."""
    return _number(answer, "errcode") == 0


def code_is_zero(answer: Answer) -> bool:
    """Return whether Lark took a message; its older addresses say ``StatusCode``."""
    return 0 in (_number(answer, "code"), _number(answer, "StatusCode"))


def _number(answer: Answer, name: str) -> int | None:
    if not 200 <= answer.status < 300:
        return None
    try:
        found = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return None
    value = found.get(name) if isinstance(found, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None
