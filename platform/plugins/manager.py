"""Loads the plug-ins that the operator allows; what they may do is in hookspecs.py."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType

import pluggy

from formline.errors import FormlineError
from formline.plugins import hookspecs

#: A distribution names its plug-in under this group of entry points.
GROUP = "formline.plugins"


class PluginError(FormlineError):
    """A plug-in in the settings that is not installed or does not load."""

    code = "plugin"


def load_plugins(names: Iterable[str], found: Iterable[EntryPoint] | None = None) -> pluggy.PluginManager:
    """Return the manager of the plug-ins in ``names``; an installed one that is not named is never imported.

    ``found`` are the installed ones, by default those of this environment.

    Raises:
        PluginError: a name that is not installed, or a plug-in with a hook that does not exist.
    """
    installed = {entry.name: entry for entry in (entry_points(group=GROUP) if found is None else found)}
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for name in names:
        if name not in installed:
            near = difflib.get_close_matches(name, installed, n=1)
            hint = f"did you mean {near[0]}?" if near else f"installed: {', '.join(sorted(installed)) or 'none'}"
            raise PluginError(f"The plug-in {name!r} is not installed.", hint=hint)
        manager.register(_imported(installed[name]), name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"A plug-in does not fit: {error}", hint="see formline.plugins.hookspecs") from error
    return manager


def _imported(entry: EntryPoint) -> ModuleType:
    try:
        module: ModuleType = entry.load()
    except Exception as error:
        message = f"The plug-in {entry.name!r} does not load: {error}"
        raise PluginError(message, hint="install its version for this program") from error
    return module
