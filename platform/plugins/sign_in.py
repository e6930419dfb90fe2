"""What a plug-in for signing in gives and gets: plain values, so that it needs nothing of the web layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class SignInRefusedError(Exception):
    """The provider said no, or its answer does not stand up to checking; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the person is sent, and what must come back with them: kept in the browser's signed cookie."""

    url: str
    kept: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says signed in.

    ``subject`` never changes at that provider. ``email`` is set only where the provider verified it: by it somebody is
    recognised the first time. ``second_factor``: the provider asked for one.
    """

    subject: str
    email: str = ""
    second_factor: bool = False


@dataclass(frozen=True, slots=True)
class SignInWay:
    """One button on the sign-in page.

    ``begin(back)`` and ``finish(arguments, kept, back)`` get the address of this site the provider leads back to, and
    what it put into that address. ``finish`` raises SignInRefusedError.
    """

    name: str
    label: str
    begin: Callable[[str], Beginning]
    finish: Callable[[Mapping[str, str], Mapping[str, str], str], Identity]
