"""Robots of chat groups as connectors of integrations: WeCom, DingTalk, Lark; how each signs is in speaking.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from formline.plugins.hookspecs import hookimpl
from formline.runtime.webhooks.connectors import Connector
from formline.shipped_plugins.robots import speaking


@hookimpl
def connectors(site: Any) -> Iterable[Connector]:
    """Return the three robots."""
    return (
        Connector("wecom", "WeCom robot", speaking.wecom, speaking.errcode_is_zero, "The address of a group's robot."),
        Connector(
            "dingtalk",
            "DingTalk robot",
            speaking.dingtalk,
            speaking.errcode_is_zero,
            "The address of a group's robot, and its secret (SEC...).",
        ),
        Connector(
            "lark",
            "Lark robot",
            speaking.lark,
            speaking.code_is_zero,
            "The address of a group's robot, and its secret where it verifies signatures.",
        ),
    )
