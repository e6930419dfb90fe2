"""Writes one page per group of error codes from their registry: ``python docs/errors/generate.py``."""

from __future__ import annotations

from pathlib import Path

from formline.catalog import (  # noqa: F401  # the codes of the catalog
    codes_approvals,
    codes_automation,
    codes_dashboards,
    codes_integrations,
    codes_matching,
    codes_objects,
    codes_plan,
    codes_pools,
    codes_printing,
    codes_running,
    codes_scripts,
    codes_sla,
    codes_storefronts,
    codes_uses,
    codes_web_forms,
)
from formline.expressions import codes as codes_expressions  # noqa: F401  # and those of expressions
from formline.metadata import codes

TITLES = {
    "definitions": "Errors in definitions",
    "expressions": "Errors in expressions",
    "catalog": "Errors between definitions",
    "packages": "Errors of packages",
    "plan": "What a plan reports",
    "running": "Approvals that run, and their tests",
}


def main() -> None:
    """Write the page of every group that has codes."""
    codes.load()
    for group in sorted({doc.group for doc in codes.CODES.values()}):
        page = codes.page(group, TITLES[group])
        (Path(__file__).parent / f"{group}.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
