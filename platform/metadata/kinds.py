"""The kinds of definitions: where their files live, which this version supports; their keys are in schemas/."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of definition.

    ``folder`` is where its files live inside a layer (``""``: the layer's root). A kind that is not
    ``supported`` belongs to the language but not to this version.
    """

    name: str
    folder: str
    supported: bool = False


_KINDS = (
    Kind("object", "objects", True),
    Kind("choice_list", "choice_lists", True),
    Kind("mapping", "mappings", True),
    Kind("reference_data", "reference_data", True),
    Kind("sample_data", "sample_data", True),
    Kind("layout", "layouts", True),
    Kind("list_view", "list_views", True),
    Kind("app", "apps", True),
    Kind("state_machine", "workflows", True),
    Kind("role", "roles", True),
    Kind("package", "", True),
    Kind("translations", "translations", True),
    Kind("matching_rule", "matching_rules", True),
    Kind("conversion", "conversions", True),
    Kind("migration", "migrations"),
    Kind("calendar", "calendars"),
    Kind("dashboard", "dashboards", True),
    Kind("report", "reports"),
    Kind("print_template", "print_templates", True),
    Kind("web_form", "web_forms", True),
    Kind("storefront", "storefronts", True),
    Kind("notification", "notifications", True),
    Kind("approval", "workflows", True),
    Kind("automation", "workflows", True),
    Kind("script", "scripts", True),
    Kind("sla", "workflows", True),
    Kind("assignment_rule", "workflows", True),
    Kind("pool", "workflows", True),
    Kind("score", "workflows", True),
    Kind("segment", "segments", True),
    Kind("kpi", "kpis"),
    Kind("sharing_rule", "roles", True),
    Kind("restriction_rule", "roles", True),
    Kind("integration", "integrations", True),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _KINDS}
SUPPORTED = tuple(kind.name for kind in _KINDS if kind.supported)
FOLDERS = frozenset(kind.folder for kind in _KINDS if kind.folder)
