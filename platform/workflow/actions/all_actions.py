"""Imports every module that registers actions; who adds one adds its module here."""

from __future__ import annotations


def load() -> None:
    """Register the actions, once."""
    from formline.workflow.actions import calling, control, moving, splitting, telling, writing

    del calling, control, moving, splitting, telling, writing
