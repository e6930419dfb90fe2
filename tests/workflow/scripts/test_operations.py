"""What a hostile worker may ask of the host with a real database behind: refusals, never more than who acts may do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from formline.errors import FormlineError, ValidationError
from formline.runtime.access.actor import Actor
from formline.runtime.access.loading import load_actor
from formline.runtime.scripts import conversation
from formline.runtime.scripts.operations import Operations
from formline.runtime.unit import run_unit
from tests.workflow.scripts.conftest import script

if TYPE_CHECKING:
    from formline.runtime.site import Site

Shop = Callable[..., "Site"]
SOME = "00000000-0000-0000-0000-000000000000"
DEEP: Any = []
for _ in range(30):
    DEEP = [DEEP]
#: Arguments that are not what they should be; none may end in anything but a refusal or nothing found.
HOSTILE: list[tuple[str, dict[str, Any]]] = [
    ("shutdown", {}),
    ("", {}),
    ("__init__", {}),
    ("answer", {"object": "sale"}),
    ("_find", {"object": "sale"}),
    ("find", {}),
    ("find", {"object": None}),
    ("find", {"object": ["sale"], "limit": 1}),
    ("find", {"object": "formline_account", "limit": 1}),
    ("find", {"object": "sale; drop table sale", "limit": 1}),
    ("find", {"object": "sale", "limit": 0}),
    ("find", {"object": "sale", "limit": -1}),
    ("find", {"object": "sale", "limit": 10**9}),
    ("find", {"object": "sale", "limit": "1"}),
    ("find", {"object": "sale", "limit": 1, "where": "1 == 1; drop table sale"}),
    ("find", {"object": "sale", "limit": 1, "where": "name == '' or (select 1)"}),
    ("find", {"object": "sale", "limit": 1, "where": "password == 'x'"}),
    ("find", {"object": "sale", "limit": 1, "where": "(" * 3000}),
    ("find", {"object": "sale", "limit": 1, "where": "not " * 1000 + "true"}),
    ("find", {"object": "sale", "limit": 1, "where": "x" * 5000}),
    ("find", {"object": "sale", "limit": 1, "where": 5}),
    ("find", {"object": "sale", "limit": 1, "where": [1]}),
    ("find", {"object": "sale", "limit": 1, "where": {"name": "\0"}}),
    ("find", {"object": "sale", "limit": 1, "where": {"name": {"x": 1}}}),
    ("find", {"object": "sale", "limit": 1, "where": {"name": DEEP}}),
    ("find", {"object": "sale", "limit": 1, "where": {"amount": "many"}}),
    ("find", {"object": "sale", "limit": 1, "where": {"amount": 10**18}}),
    ("find", {"object": "sale", "limit": 1, "where": {"amount": Decimal("1e50")}}),
    ("find", {"object": "sale", "limit": 1, "where": {"shop.name.x.y.z": 1}}),
    ("find", {"object": "sale", "limit": 1, "where": {f"f{number}": 1 for number in range(200)}}),
    ("find", {"object": "sale", "limit": 1, "where": {"shop": "no id"}}),
    ("find", {"object": "sale", "limit": 1, "sort": "name); drop table sale"}),
    ("find", {"object": "sale", "limit": 1, "sort": "password"}),
    ("find", {"object": "sale", "limit": 1, "sort": ["name"]}),
    ("find", {"object": "sale", "limit": 1, "sort": "," * 5000}),
    ("get", {"object": "sale"}),
    ("get", {"object": "sale", "id": "1"}),
    ("get", {"object": "sale", "id": ["x"]}),
    ("get", {"object": "sale", "id": {"$": 1}}),
    ("get", {"object": "sale", "id": "' or 1=1 --"}),
    ("get", {"object": "sale", "id": SOME}),
    ("get", {"object": "../sale", "id": SOME}),
    ("notify", {"user": "1", "text": "x"}),
    ("notify", {"user": SOME, "text": ["x"]}),
    ("notify", {"user": SOME, "text": "x" * 5000}),
    ("update", {"object": "sale", "id": "x", "values": {}}),
    ("update", {"object": "sale", "id": SOME, "values": [1]}),
    ("create", {"object": "nothing", "values": {}}),
    ("create", {"object": "formline_account", "values": {"login": "x"}}),
    ("transition", {"object": "sale", "id": SOME, "name": ["x"]}),
    ("delete", {"object": "sale"}),
]


@pytest.fixture
def site(shop: Shop) -> Site:
    return shop()


def ended(site: Site, actor: Actor, operation: str, arguments: dict[str, Any]) -> Any:
    """Return what an operation answers, None where it is refused; anything else than a refusal is raised."""
    operations = Operations(site.release, actor, site.reading, writes=True)
    talk = conversation._Conversation(None, operations.answer, 5)
    sent: list[Any] = []
    try:
        frames_send, conversation.frames.send = conversation.frames.send, lambda _, reply, __: sent.append(reply)
        talk._answer({"ask": operation, "arguments": arguments})
    finally:
        conversation.frames.send = frames_send
    return sent[0].get("answer")


def test_hostile_questions_get_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """Each is refused in words or finds nothing, and none is a fault of ours."""
    run_unit(site, Actor.system(), lambda unit: unit.create("sale", [{"name": "secret"}]))
    got = {}
    for number, (operation, arguments) in enumerate(HOSTILE):
        answer = ended(site, Actor.system(), operation, arguments)
        if answer:
            got[number, operation] = answer
    assert got == {}
    told = Operations(site.release, Actor.system(), site.reading, writes=True)
    for _ in range(20):
        told.answer("notify", {"user": str(uuid4()), "text": "x"})
    with pytest.raises(FormlineError, match="20"):
        told.answer("notify", {"user": str(uuid4()), "text": "x"})
    assert [record.exc_text for record in caplog.records if record.name == "formline.scripts"] == []


def test_a_worker_sees_what_who_acts_sees(site: Site) -> None:
    """Somebody without a role finds nothing, and may have nothing written."""
    (key,) = run_unit(site, Actor.system(), lambda unit: unit.create("sale", [{"name": "secret"}]))
    (nobody,) = run_unit(site, Actor.system(), lambda unit: unit.create("user", [{"name": "No", "active": True}]))
    with site.reading() as connection:
        actor = load_actor(connection, site.release, nobody)
    assert not ended(site, actor, "get", {"object": "sale", "id": str(key)})
    assert not ended(site, actor, "find", {"object": "sale", "limit": 5})
    assert ended(site, Actor.system(), "find", {"object": "sale", "limit": 5})


def test_a_bad_read_inside_a_save_is_a_refusal_of_the_save(shop: Shop) -> None:
    """The transaction is not spoilt by it: the message is the script's, not the database's."""
    site = shop(script("bad", "find('sale', {'name': '\\0'})", "when: name == 'bad'"))
    with pytest.raises(ValidationError):
        run_unit(site, Actor.system(), lambda unit: unit.create("sale", [{"name": "bad"}]))
    assert run_unit(site, Actor.system(), lambda unit: unit.create("sale", [{"name": "good"}]))
