"""The fields every record has, declared in the same words as a definition's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAMPS: Mapping[str, Mapping[str, Any]] = {
    "id": {"type": "id", "label": "Id"},
    "owner": {"type": "user", "label": "Owner"},
    "department": {"type": "department", "label": "Department"},
    "company": {"type": "lookup", "to": "company", "label": "Company"},
    "created_at": {"type": "datetime", "label": "Created at"},
    "created_by": {"type": "user", "label": "Created by"},
    "updated_at": {"type": "datetime", "label": "Changed at"},
    "updated_by": {"type": "user", "label": "Changed by"},
    "version": {"type": "integer", "label": "Version"},
}
RECORD_TYPE: Mapping[str, Any] = {"type": "record_type", "label": "Record type"}

#: Objects that an approval guards have this besides; see ``workflow/approvals``.
APPROVAL_STATUS: Mapping[str, Any] = {
    "type": "choice",
    "label": "Approval",
    "choices": {
        "none": {"label": "Not submitted"},
        "pending": {"label": "In approval", "color": "blue"},
        "approved": {"label": "Approved", "color": "green"},
        "rejected": {"label": "Rejected", "color": "red"},
        "returned": {"label": "Returned", "color": "orange"},
        "withdrawn": {"label": "Withdrawn", "color": "grey"},
        "changing": {"label": "Change in approval", "color": "blue"},
    },
}

#: The organisation itself: nobody owns it, and it declares its own department and company.
ORGANISATION = frozenset({"user", "department", "company", "group"})
_OWNERSHIP = frozenset({"owner", "department", "company"})


def system_params(object_name: str, has_record_types: bool, guarded: bool = False) -> dict[str, Mapping[str, Any]]:
    """Return name to parameters of an object's system fields, in the order they are shown.

    ``guarded``: some approval guards what happens to its records.
    """
    left_out = _OWNERSHIP if object_name in ORGANISATION else frozenset()
    found = {name: params for name, params in STAMPS.items() if name not in left_out}
    if guarded:
        found["approval_status"] = APPROVAL_STATUS
    return {**found, "record_type": RECORD_TYPE} if has_record_types else found
