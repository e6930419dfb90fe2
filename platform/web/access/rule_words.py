"""What an explanation of access says, in the person's language: its rules, and what would turn the answer."""

from __future__ import annotations

import re

from formline.runtime.access.explain import Smallest, Turn
from formline.web.auth import roles
from formline.web.i18n import gettext as _
from formline.web.visit import Visit

#: Rules as ``runtime/access/explain.py`` names them; those of roles are in ``auth/roles.py``.
_DEFAULT = re.compile(r"default access of (\w+): (\w+)")
_RESTRICTION = re.compile(r"restriction rule (\w+)")
_NO_SHARE = re.compile(r"a share of the record: (\w+)")
_SHARE = re.compile(r"share by (.+) to (\w+) (.+): (read|read_write)(?: until (.+))?")
_SHARING_RULE = "sharing rule "


def rule_in_words(here: Visit, rule: str) -> str:
    """Return one rule that was asked; one of no known form as it is."""
    if rule == "there is no such record":
        return _("There is no such record.")
    if found := _DEFAULT.fullmatch(rule):
        return _("Default access of %(objects)s: %(access)s") % {
            "objects": _objects(here, found[1]),
            "access": _access(found[2]),
        }
    if found := _RESTRICTION.fullmatch(rule):
        return _("Restriction rule “%(name)s”") % {"name": found[1]}
    if found := _NO_SHARE.fullmatch(rule):
        return _("A share of the record: %(right)s") % {"right": _right(found[1])}
    if found := _SHARE.fullmatch(rule):
        return _share(*found.groups())
    return roles.rule_in_words(here, rule)


def _share(cause: str, _kind: str, name: str, level: str, until: str | None) -> str:
    causes = {"manual": _("a person"), "team": _("the team of the record"), "transfer": _("a transfer")}
    if cause.startswith(_SHARING_RULE):
        by = _("the sharing rule “%(name)s”") % {"name": cause.removeprefix(_SHARING_RULE)}
    else:
        by = causes.get(cause, cause)
    words = {"by": by, "to": name, "right": _right("update" if level == "read_write" else "read"), "until": until}
    if until:
        return _("Shared by %(by)s with %(to)s until %(until)s: %(right)s") % words
    return _("Shared by %(by)s with %(to)s: %(right)s") % words


def _objects(here: Visit, name: str) -> str:
    known = here.release.catalog.has("object", name)
    return here.labels.plural(here.release.catalog.object(name)) if known else name


def _access(word: str) -> str:
    return {
        "private": _("private"),
        "read": _("everybody reads"),
        "read_write": _("everybody reads and changes"),
        "controlled_by_parent": _("as the parent"),
    }.get(word, word)


def _right(name: str) -> str:
    return {**roles.right_words(), "create": _("Create")}.get(name, name)


def change_in_words(here: Visit, smallest: Smallest) -> str:
    """Return the smallest change that would turn an answer."""
    match smallest.turn:
        case Turn.WITHOUT:
            return _("this rule would have to go: %(rule)s") % {"rule": rule_in_words(here, smallest.rule)}
        case Turn.NAMED:
            words = {"rule": rule_in_words(here, smallest.rule)}
            return _("%(rule)s would have to leave the record to this person") % words
        case Turn.READABLE:
            return _("the person would have to read the record first")
        case Turn.RIGHT:
            words = {"right": _right(smallest.right), "objects": _objects(here, smallest.object)}
            return _("a role with the right “%(right)s” on %(objects)s") % words
    words = {"right": _right(smallest.right), "scope": roles.scope_word(smallest.scope)}
    if smallest.turn is Turn.SCOPE:
        return _("a role with the right “%(right)s: %(scope)s”") % words
    return _("a role with the right “%(right)s: %(scope)s”, or a share of the record") % words
