"""What packages require of each other and of the platform; installs nothing."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version

from formline.errors import Problem
from formline.metadata import names
from formline.metadata.layers import Definition, Key
from formline.metadata.positions import Path

PLATFORM = "formline"
Version = tuple[int, ...]
_RANGE = re.compile(r"(>=|<=|==|~=|>|<) ?([0-9][0-9a-z.]*)")
_OPERATORS: dict[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def check(definitions: Mapping[Key, Definition]) -> Iterator[Problem]:
    """Yield what packages require and do not find in a lower layer; definitions come in the order of layers."""
    packages = {name: definition for (kind, name), definition in definitions.items() if kind == "package"}
    below = {PLATFORM: version(PLATFORM)}
    for name, package in packages.items():
        for needed, wanted in package.data.get("requires", {}).items():
            path = ("requires", needed)
            if needed in below:
                if not fits(below[needed], wanted):
                    message = f"{needed} is version {below[needed]}, not {wanted}."
                    yield _problem(package, "package-version", message, f"install a version {wanted}", path)
            elif needed in packages and needed != name:
                message = f"{needed} is above {name}, which requires it."
                yield _problem(package, "package-order", message, f"declare {needed} before {name}", path)
            elif needed != name:
                hint = names.did_you_mean(needed, below) or "install it"
                yield _problem(package, "package-missing", f'There is no package "{needed}".', hint, path)
        below[name] = package.data["version"]


def fits(found: str, wanted: str) -> bool:
    """Tell whether a version is in a range such as ``>=1.0, <2``; ``~=1.4`` means at least that, below the next 2."""
    return all(_holds(_parts(found), sign, _parts(limit)) for sign, limit in _RANGE.findall(wanted))


def _holds(found: Version, sign: str, limit: Version) -> bool:
    if sign == "~=":
        return found >= limit and found[: len(limit) - 1] == limit[:-1]
    width = max(len(found), len(limit))
    return _OPERATORS[sign](_padded(found, width), _padded(limit, width))


def _parts(text: str) -> Version:
    """Return the numbers of a version; what follows them (a preview's name) does not count."""
    return tuple(int(number) for number in re.findall(r"\d+", re.split(r"[-a-z]", text)[0]))


def _padded(found: Version, width: int) -> Version:
    return found + (0,) * (width - len(found))


def _problem(package: Definition, code: str, message: str, hint: str, path: Path) -> Problem:
    return Problem(code, message, hint, package.positions.key(path), ".".join(map(str, path)))
