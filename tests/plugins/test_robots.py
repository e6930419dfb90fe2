"""Robots of chat groups: signed as each of them checks it, cut to size, refused and sent again."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from importlib.metadata import EntryPoint
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formline.plugins.manager import load_plugins
from formline.runtime.outbound import Answer
from formline.runtime.site import Site
from formline.runtime.webhooks.connectors import Message, Target
from formline.runtime.webhooks.sending import WAITS
from formline.shipped_plugins.robots import speaking
from tests.fixtures.receivers import Receiver
from tests.fixtures.sites import MakeSite
from tests.runtime.webhooks.shop import TEXTS, allowing, bind, later, messages, order, run_jobs, work_off, write

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROBOTS = EntryPoint("robots", "formline.shipped_plugins.robots", "formline.plugins")
TAKEN = {"wecom": b'{"errcode":0,"errmsg":"ok"}', "dingtalk": b'{"errcode":0,"errmsg":"ok"}', "lark": b'{"code":0}'}
REFUSED = {"wecom": b'{"errcode":45009}', "dingtalk": b'{"errcode":310000}', "lark": b'{"code":19021}'}


def message(text: str = "Won") -> Message:
    return Message("1", {"type": "order.created"}, text, "https://crm.example.com/o/order/1", NOW)


@pytest.fixture(params=["wecom", "dingtalk", "lark"])
def robot(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(make_site: MakeSite, database_url: str, receiver: Receiver, robot: str) -> Site:
    made = make_site([text.replace("plain_chat", robot) for text in TEXTS], database_url)
    made.plugins = load_plugins(["robots"], [ROBOTS])
    allowing(made, receiver.host)
    return made


def test_a_group_is_told(site: Site, receiver: Receiver, robot: str) -> None:
    receiver.answers = [(200, REFUSED[robot]), (200, TAKEN[robot])]
    bind(site, "chat", receiver.url("/send?key=1"))
    key = order(site, "A1", total="10", kind="web", cost="7")
    write(site, lambda unit: unit.transition("order", [key], "ship"))
    work_off(site)
    (row,) = messages(site, "chat")
    assert (row["state"], row["attempts"], row["status"]) == ("waiting", 1, 200)
    later(site, WAITS[0])
    run_jobs(site)
    assert messages(site, "chat")[0]["state"] == "done"
    body = receiver.got[1].json
    text = body["content"]["text"] if robot == "lark" else body["text"]["content"]
    # Choices by their label; what the account may not read is a dash.
    assert text == f"A1 (Web shop) left for CNY 10.00, cost –\nhttp://127.0.0.1:8000/o/order/{key}"


def test_without_the_plug_in_it_says_so(site: Site, receiver: Receiver, robot: str) -> None:
    site.plugins = None
    bind(site, "chat", receiver.url())
    key = order(site)
    write(site, lambda unit: unit.transition("order", [key], "ship"))
    work_off(site)
    assert messages(site, "chat")[0]["error"] == "no_connector"


def test_dingtalk_signs_into_the_address() -> None:
    """As their documentation computes it: the key is the secret, the content time and secret."""
    secret = "SEC-this is secret"
    request = speaking.dingtalk(message(), Target("https://oapi.dingtalk.com/robot/send?access_token=x", [secret]))
    found = parse_qs(urlsplit(request.url).query)
    time = str(round(NOW.timestamp() * 1000))
    wanted = hmac.new(secret.encode(), f"{time}\n{secret}".encode(), hashlib.sha256).digest()
    assert found == {"access_token": ["x"], "timestamp": [time], "sign": [base64.b64encode(wanted).decode()]}
    assert "sign" not in speaking.dingtalk(message(), Target("https://example.com/?access_token=x", [])).url


def test_lark_signs_into_the_body() -> None:
    """As their documentation computes it: the key is time and secret, the content is empty."""
    body = json.loads(speaking.lark(message(), Target("https://open.feishu.cn/x", ["demo"])).body)
    time = str(int(NOW.timestamp()))
    wanted = hmac.new(f"{time}\ndemo".encode(), b"", hashlib.sha256).digest()
    assert (body["timestamp"], body["sign"]) == (time, base64.b64encode(wanted).decode())


def test_no_value_calls_everybody() -> None:
    request = speaking.lark(message('<at user_id="all">all</at>'), Target("https://open.feishu.cn/x", []))
    assert b"<" not in request.body


@given(st.text(max_size=3_000))
def test_texts_are_cut_at_whole_letters(text: str) -> None:
    text = text.encode(errors="ignore").decode()
    made = speaking.words(message(text))
    assert len(made.encode()) <= speaking.MOST_BYTES
    assert made.endswith("/o/order/1")


@pytest.mark.parametrize("body", [b"", b"x", b"[]", b"{}", b'{"errcode":1,"code":1}', b'{"errcode":false,"code":"0"}'])
def test_what_does_not_say_zero_was_not_taken(body: bytes) -> None:
    answer = Answer(200, {}, body, "")
    assert not speaking.errcode_is_zero(answer)
    assert not speaking.code_is_zero(answer)
    assert not speaking.errcode_is_zero(Answer(500, {}, TAKEN["wecom"], ""))
