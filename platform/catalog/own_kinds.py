"""Registers the kinds of the catalog itself: data, pages, rights, packaging."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from formline.catalog import pages, plan_hooks, rights, sharing
from formline.catalog.checks import dashboards as dashboard_checks
from formline.catalog.checks import data as data_checks
from formline.catalog.checks import matching as matching_checks
from formline.catalog.checks import objects as object_checks
from formline.catalog.checks import pages as page_checks
from formline.catalog.checks import printing as printing_checks
from formline.catalog.checks import roles as role_checks
from formline.catalog.checks import sharing as sharing_checks
from formline.catalog.checks import texts as text_checks
from formline.catalog.checks import web_forms as web_form_checks
from formline.catalog.conversions import build_conversion
from formline.catalog.dashboards import build_dashboard
from formline.catalog.integrations import build_integration, check_integration
from formline.catalog.kinds import Kind, register
from formline.catalog.matching import build_matching_rule
from formline.catalog.model import ChoiceList, Mapping_, Package, Records, Translations
from formline.catalog.objects import build_object
from formline.catalog.printing import build_print_template
from formline.catalog.storefronts import build_storefront, check_storefront
from formline.catalog.web_forms import build_web_form
from formline.fields.choice import choices_from
from formline.fields.field import humanise

if TYPE_CHECKING:
    from formline.catalog.catalog import Catalog
    from formline.metadata.layers import Definition


def _label(definition: Definition) -> str:
    return str(definition.data.get("label") or humanise(definition.name))


def build_choice_list(catalog: Catalog, definition: Definition) -> ChoiceList:
    """Make a shared list of choices."""
    data = definition.data
    return ChoiceList(
        definition.name, _label(definition), choices_from(data.get("choices")), str(data.get("parent") or "")
    )


def build_mapping(catalog: Catalog, definition: Definition) -> Mapping_:
    """Make an import mapping."""
    data = definition.data
    return Mapping_(
        definition.name,
        _label(definition),
        str(data["object"]),
        MappingProxyType(dict(data.get("columns") or {})),
        MappingProxyType(dict(data.get("source") or {})),
        tuple(data.get("key") or ()),
        str(data.get("mode") or "upsert"),
        str(data.get("where") or ""),
        bool(data.get("set_state")),
    )


def build_records(catalog: Catalog, definition: Definition) -> Records:
    """Make reference or sample data."""
    match: Mapping[str, Any] = definition.data.get("match") or {}
    return Records(
        definition.name,
        _label(definition),
        MappingProxyType(dict(definition.data.get("records") or {})),
        MappingProxyType({name: tuple(paths) for name, paths in match.items()}),
    )


def build_translations(catalog: Catalog, definition: Definition) -> Translations:
    """Make the texts of one language for one kind."""
    data = definition.data
    return Translations(str(data.get("language")), str(data.get("of")), MappingProxyType(data.get("texts") or {}))


def build_package(catalog: Catalog, definition: Definition) -> Package:
    """Make a package's own definition."""
    data = definition.data
    return Package(
        definition.name,
        _label(definition),
        str(data.get("version") or ""),
        MappingProxyType(dict(data.get("requires") or {})),
        MappingProxyType(dict(data.get("settings") or {})),
    )


def load() -> None:
    """Register the kinds of this layer."""
    register(Kind("object", build_object, object_checks.check_object, plan_hook=plan_hooks.of_object))
    register(Kind("choice_list", build_choice_list, data_checks.check_choice_list, plan_hook=plan_hooks.of_choice_list))
    register(Kind("mapping", build_mapping, data_checks.check_mapping))
    register(Kind("reference_data", build_records, data_checks.check_records))
    register(Kind("sample_data", build_records, data_checks.check_records))
    register(Kind("matching_rule", build_matching_rule, matching_checks.check_matching_rule))
    register(Kind("conversion", build_conversion, matching_checks.check_conversion))
    register(Kind("layout", pages.build_layout, page_checks.check_layout))
    register(Kind("list_view", pages.build_list_view, page_checks.check_list_view))
    register(Kind("app", pages.build_app, page_checks.check_app))
    register(Kind("dashboard", build_dashboard, dashboard_checks.check_dashboard))
    register(Kind("print_template", build_print_template, printing_checks.check_print_template))
    register(Kind("web_form", build_web_form, web_form_checks.check_web_form))
    register(Kind("storefront", build_storefront, check_storefront))
    register(Kind("role", rights.build_role, role_checks.check_role))
    register(Kind("sharing_rule", sharing.build_sharing_rule, sharing_checks.check_sharing_rule))
    register(Kind("restriction_rule", sharing.build_restriction_rule, sharing_checks.check_restriction_rule))
    register(Kind("integration", build_integration, check_integration))
    register(Kind("translations", build_translations, text_checks.check_translations))
    register(Kind("package", build_package, data_checks.check_package))
