"""Plug-ins: only named ones are imported, mistakes are told, and their consumers get events."""

from __future__ import annotations

import sys
import types
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from formline.plugins.hookspecs import hookimpl
from formline.plugins.manager import GROUP, PluginError, load_plugins

if TYPE_CHECKING:
    from tests.fixtures.sites import MakeSite

SEEN: list[str] = []


def _module(monkeypatch: pytest.MonkeyPatch, name: str, **members: Any) -> EntryPoint:
    module = types.ModuleType(name)
    for key, value in members.items():
        setattr(module, key, value)
    monkeypatch.setitem(sys.modules, name, module)
    return EntryPoint(name, name, GROUP)


@hookimpl
def consumers(site: Any) -> list[Any]:
    """Want every event."""
    from formline.runtime.outbox import Consumer

    return [Consumer("seen", lambda _site, _connection, event: SEEN.append(event.event))]


@hookimpl
def no_such_hook() -> None:
    """Implement nothing."""


def test_a_plugin_that_is_not_named_is_not_imported() -> None:
    """Its module does not even exist here."""
    manager = load_plugins([], [EntryPoint("other", "no.such.module", GROUP)])
    assert manager.get_plugins() == set()


def test_mistakes_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown name with the nearest one, a module that does not load, a hook that does not exist."""
    mail = _module(monkeypatch, "mail", consumers=consumers)
    with pytest.raises(PluginError) as unknown:
        load_plugins(["mial"], [mail])
    assert unknown.value.hint == "did you mean mail?"
    with pytest.raises(PluginError, match="does not load"):
        load_plugins(["broken"], [EntryPoint("broken", "no.such.module", GROUP)])
    with pytest.raises(PluginError, match="does not fit"):
        load_plugins(["wrong"], [_module(monkeypatch, "wrong", no_such_hook=no_such_hook)])


def test_a_plugins_consumer_gets_events(
    monkeypatch: pytest.MonkeyPatch, make_site: MakeSite, database_url: str
) -> None:
    """What a unit committed reaches it through the worker."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.unit import run_unit
    from formline.runtime.worker import Worker, consumers_of

    SEEN.clear()
    user = "kind: object\nname: user\nfields: {name: {type: text}, login: {type: text}, active: {type: boolean}}\n"
    site = make_site([user], database_url)
    site.plugins = load_plugins(["mail"], [_module(monkeypatch, "mail", consumers=consumers)])
    run_unit(site, Actor.system(), lambda unit: unit.create("user", [{"name": "a"}]))
    Worker(site, consumers_of(site)).step()
    assert SEEN == ["created"]


def test_every_hook_is_documented() -> None:
    """The reference names each hook with its arguments."""
    from pathlib import Path

    from formline.plugins import hookspecs

    page = (Path(__file__).parents[2] / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
    hooks = [name for name, value in vars(hookspecs).items() if hasattr(value, "formline_spec")]
    assert hooks
    assert all(f"`{name}(" in page for name in hooks)
