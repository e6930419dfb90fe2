"""Codes about pools, scores and segments. Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register

_CLIENT = (
    "---\nkind: object\nname: client\nfields:\n  name: {type: text, required: true}\n  seen: {type: datetime}\n"
    "  rank: {type: integer}\n  inside: {type: multi_choice, choices: [loyal]}\n"
    "---\nkind: object\nname: entry\nappend_only: true\nfields: {name: {type: text, required: true}}\n"
    "---\nkind: role\nname: seller\n"
)


def _doc(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: pool\nname: open_clients\nmembers: {role: seller}\n"
    return CodeDoc(
        code,
        title,
        why,
        f"{start}{wrong}\n{_CLIENT}",
        f"{start}{right}\n{_CLIENT}",
        "workflows/open_clients.yaml",
        group="catalog",
    )


def _score(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    start = "kind: score\nname: liking\nobject: client\n"
    file = "workflows/liking.yaml"
    return CodeDoc(code, title, why, f"{start}{wrong}\n{_CLIENT}", f"{start}{right}\n{_CLIENT}", file, group="catalog")


register(
    _doc(
        "pool-object",
        "The object's records cannot be in a pool.",
        "Who claims a record becomes its owner: the object needs owners that can change.",
        "object: entry",
        "object: client",
    ),
    _doc(
        "recycle-time",
        "A recycle rule says no time, or counts from something that is none.",
        "A rule has one `after`, or several times under `all` that must all be over; `since` is a date.",
        "object: client\nrecycle: {quiet: {after: 30d, since: name}}",
        "object: client\nrecycle: {quiet: {after: 30d, since: seen}}",
    ),
    _score(
        "score-field",
        "The points or the grade are kept where they do not fit.",
        "Points belong into an integer or decimal, a grade into a choice that has it.",
        "field: name\ncriteria: {seen: {when: seen != null, points: 5}}",
        "field: rank\ncriteria: {seen: {when: seen != null, points: 5}}",
    ),
    _score(
        "score-decay",
        "Nothing says how points fade, or from when.",
        "`since` is a date; `half_life` or `gone_after` says how quickly.",
        "field: rank\ncriteria: {seen: {points: 5, decay: {since: seen}}}",
        "field: rank\ncriteria: {seen: {points: 5, decay: {since: seen, half_life: 30d}}}",
    ),
    CodeDoc(
        "segment-parts",
        "A segment lacks its condition or field, or they do not fit.",
        "A segment has `where` and a multi_choice `field` that has its name as a choice; or it ranks by `rfm`.",
        f"kind: segment\nname: loyal\nobject: client\nfield: name\nwhere: rank > 5\n{_CLIENT}",
        f"kind: segment\nname: loyal\nobject: client\nfield: inside\nwhere: rank > 5\n{_CLIENT}",
        "segments/loyal.yaml",
        group="catalog",
    ),
)
