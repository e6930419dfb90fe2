"""What the platform's own notices say, by kind, in the reader's language; titles of records arrive as readable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from formline.web.i18n import gettext as _

if TYPE_CHECKING:
    from formline.runtime.release import Release
    from formline.web.labels import Labels

#: ``word(values, title, object label) -> text``; the title is "" where the reader may not see the record.
Word = Callable[[Mapping[str, Any], str, str], str]


def _assigned(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("%(object)s is yours now: %(title)s") % {"object": label, "title": title or "…"}


def _assigned_many(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("%(count)s records are yours now: %(object)s") % {"count": values.get("count", 0), "object": label}


def _mentioned(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("You are mentioned at %(title)s") % {"title": title or label}


def _followed(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("Something happened at %(title)s, which you follow") % {"title": title or label}


def _job_done(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("Finished: %(job)s") % {"job": values.get("name", "")}


def _job_failed(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("Failed: %(job)s") % {"job": values.get("name", "")}


def _pool_recycled(values: Mapping[str, Any], title: str, label: str) -> str:
    words = {"object": label, "rule": values.get("rule", "")}
    return _("A %(object)s of yours went back to the pool: %(rule)s") % words


def _pool_reminder(values: Mapping[str, Any], title: str, label: str) -> str:
    told = {"title": title or label, "day": values.get("day", ""), "rule": values.get("rule", "")}
    return _("%(title)s goes back to the pool on %(day)s: %(rule)s") % told


def _approval(what: str) -> Word:
    """Return how a notice of an approval is worded; ``what`` is the effect that told of it."""

    def word(values: Mapping[str, Any], title: str, label: str) -> str:
        texts = {
            "task": _("Your approval is wanted: %(title)s"),
            "consult": _("Your opinion is wanted: %(title)s"),
            "cc": _("A copy for you: %(title)s"),
            "remind": _("Somebody waits for your approval: %(title)s"),
            "superseded": _("Your approval is no longer needed: %(title)s"),
            "approved": _("Approved: %(title)s"),
            "rejected": _("Rejected: %(title)s"),
            "returned": _("Returned to you: %(title)s"),
            "withdrawn": _("Withdrawn: %(title)s"),
            "stopped": _("Stopped by an administrator: %(title)s"),
            "apply_failed": _("Approved, but it could not be carried out: %(title)s"),
            "mentioned": _("You are mentioned in the approval of %(title)s"),
        }
        return texts[what] % {"title": title or label}

    return word


#: Effects of approvals that tell people something.
APPROVALS = (
    *("task", "consult", "cc", "remind", "superseded", "approved", "rejected", "returned", "withdrawn", "stopped"),
    *("apply_failed", "mentioned"),
)


def _integration_paused(values: Mapping[str, Any], title: str, label: str) -> str:
    return _("Paused, as its messages were not taken: %(name)s") % {"name": values.get("name", "")}


WORDS: Mapping[str, Word] = {
    **{f"approval_{what}": _approval(what) for what in APPROVALS},
    "assigned": _assigned,
    "assigned_many": _assigned_many,
    "mentioned": _mentioned,
    "followed": _followed,
    "pool_recycled": _pool_recycled,
    "pool_reminder": _pool_reminder,
    "job_done": _job_done,
    "job_failed": _job_failed,
    "integration_paused": _integration_paused,
}


def choices(release: Release) -> list[tuple[str, str]]:
    """Return what people may switch off: kinds parted by spaces, and what they are called together."""
    defined = " ".join(f"custom_{name}" for name in sorted(release.catalog.names("notification")))
    return [
        *([(defined, _("A rule of ours tells me something"))] if defined else []),
        ("assigned assigned_many", _("A record becomes mine")),
        ("mentioned", _("Somebody mentions me")),
        ("followed", _("Something happens at a record I follow")),
        ("approval_task approval_consult approval_remind", _("An approval waits for me")),
        (
            "approval_approved approval_rejected approval_returned approval_withdrawn approval_stopped"
            " approval_apply_failed approval_superseded",
            _("An approval that concerns me goes on or ends"),
        ),
        ("approval_cc approval_mentioned", _("I am sent a copy of an approval, or mentioned in one")),
        ("job_done job_failed", _("A job of mine ends")),
    ]


def worded(row: Mapping[str, Any], title: str, label: str, labels: Labels) -> tuple[str, str]:
    """Return the text of a notice and what stands below it: its own, its definition's, or that of its kind."""
    body = str(row["body"] or "")
    if row["title"]:
        return str(row["title"]), body
    values = row["values"] or {}
    text, more = labels.notification(str(values["notification"])) if "notification" in values else ("", "")
    if text:
        return (f"{text}: {title}" if title else text), body or more
    word = WORDS.get(row["kind"])
    return (word(values, title, label) if word else title or label), body
