"""S17: a package does what its manifest lists and nothing else; who installs it reads that before it is live."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from formline.catalog.security import security_diff
from formline.errors import Level, Problem
from formline.metadata import checks, codes
from formline.runtime.candidates import Candidate, candidate
from tests.fixtures.catalogs import ORGANISATION, catalog_from
from tests.fixtures.sites import settings_for

MANIFEST = "kind: package\nname: extra\nversion: 1.0.0\n"
SCRIPT = "kind: script\nname: shout\nobject: customer\nruns: patch\nsource: record.name = record.name.upper()\n"
ROLE = "kind: role\nname: helper\nlabel: Helper\n"
CLOCK = """
kind: automation
name: nightly
object: customer
trigger: {schedule: "0 3 * * *"}
actions: [{set: {name: name}}]
"""
AS_SYSTEM = CLOCK.replace('{schedule: "0 3 * * *"}', "created\nrun_as: system")
SENDING = "kind: integration\nname: feed\nobject: customer\ndirection: out\non: [created]\n"
CALLING = CLOCK.replace('{schedule: "0 3 * * *"}', "created").replace("{set: {name: name}}", "{webhook: feed}")
SHARING = "kind: sharing_rule\nname: all\nobject: customer\nto: {role: sales}\n"
USES = {
    "scripts": [("scripts/shout.yaml", SCRIPT)],
    "roles": [("roles/helper.yaml", ROLE), ("roles/all.yaml", SHARING)],
    "run_as_system": [("workflows/nightly.yaml", CLOCK), ("workflows/nightly.yaml", AS_SYSTEM)],
    "outbound": [("integrations/feed.yaml", SENDING), ("workflows/nightly.yaml", CALLING)],
}
CASES = [(capability, *one) for capability, many in USES.items() for one in many]
OVERRIDES = {
    "role/sales.objects": "kind: role\nextends: sales\nobjects: {customer: {delete: all}}\n",
    "object/customer.default_access": "kind: object\nextends: customer\ndefault_access: read_write\n",
    "object/customer.rules.reachable": "kind: object\nextends: customer\nrules: {reachable: null}\n",
    "object/customer.fields.name.required": "kind: object\nextends: customer\nfields: {name: {required: false}}\n",
}
BELOW = {
    "objects/customer.yaml": """
kind: object
name: customer
label: Customer
fields:
  name: {type: text, required: true}
  phone: {type: phone}
rules: {reachable: {check: phone != null, message: How is this customer reached?}}
""",
    "roles/sales.yaml": "kind: role\nname: sales\nlabel: Sales\nobjects: {customer: {read: own}}\n",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def found(tmp_path: Path, manifest: str, file: str, text: str) -> list[Problem]:
    """Return what is wrong with a package on a small CRM."""
    below = write(tmp_path / "below", BELOW)
    package = write(tmp_path / "extra", {"package.yaml": manifest, file: text})
    merged = checks.check_layers([("shipped", below), ("extra", package)])
    return [one for one in merged.problems if one.code in ("capability-missing", "override-missing")]


@pytest.mark.parametrize(("capability", "file", "text"), CASES)
def test_what_is_used_and_not_listed_is_an_error(tmp_path: Path, capability: str, file: str, text: str) -> None:
    (problem,) = found(tmp_path, MANIFEST, file, text)
    assert problem.code == "capability-missing"
    assert problem.level is Level.ERROR
    assert problem.position is not None
    assert problem.position.file == f"extra/{file}"
    assert f"capabilities: [{capability}]" in problem.hint


@pytest.mark.parametrize(("capability", "file", "text"), CASES)
def test_what_is_listed_may_be_used(tmp_path: Path, capability: str, file: str, text: str) -> None:
    assert found(tmp_path, f"{MANIFEST}capabilities: [{capability}]\n", file, text) == []


@pytest.mark.parametrize("place", OVERRIDES)
def test_a_right_or_rule_of_another_layer_is_changed_openly_or_not_at_all(tmp_path: Path, place: str) -> None:
    kind, _, rest = place.partition("/")
    file = f"{kind}s/{rest.partition('.')[0]}.yaml"
    listed = f"{MANIFEST}capabilities: [roles]\n"
    (problem,) = found(tmp_path / "a", listed, file, OVERRIDES[place])
    assert (problem.code, problem.where) == ("override-missing", place)
    assert found(tmp_path / "b", f"{listed}overrides: [{place}]\n", file, OVERRIDES[place]) == []
    whole = place.partition(".")[0]
    assert found(tmp_path / "c", f"{listed}overrides: [{whole}]\n", file, OVERRIDES[place]) == []


def test_new_fields_and_rules_on_an_object_of_another_layer_need_no_word(tmp_path: Path) -> None:
    text = """
kind: object
extends: customer
fields: {vat: {type: text, required: true}}
rules: {vat_long: {check: vat == null or len(vat) > 3, message: Too short.}}
"""
    assert found(tmp_path, MANIFEST, "objects/customer.yaml", text) == []


def with_packages(tmp_path: Path, *packages: Path) -> Candidate:
    base = settings_for(f"sqlite:///{tmp_path / 'site.db'}", tmp_path)
    organisation = {f"objects/{name}.yaml": text for name, text in ORGANISATION.items()}
    below = write(tmp_path / "below", {**BELOW, **organisation})
    return candidate(replace(base, packages=tuple(map(str, packages)), definitions_dir=below), {})


def test_a_package_without_a_manifest_is_refused_and_brings_no_python(tmp_path: Path) -> None:
    bare = write(tmp_path / "bare", {"objects/toy.yaml": "kind: object\nname: toy\nlabel: Toy\nplural: Toys\n"})
    (bare / "evil.py").write_text("raise SystemExit('was run')")
    made = with_packages(tmp_path, bare)
    assert [one.code for one in made.errors] == ["package-manifest"]
    codes.load()
    doc = codes.CODES["package-manifest"]
    page = Path(__file__).parents[2] / "docs" / "errors" / "packages.md"
    assert page.read_text(encoding="utf-8") == codes.page(doc.group, "Errors of packages")
    manifest = write(tmp_path / "bare", {"package.yaml": MANIFEST.replace("extra", "bare")})
    assert with_packages(tmp_path, manifest).errors == ()


@pytest.mark.parametrize("name", ["shipped", "site"])
def test_a_package_cannot_pass_for_another_layer(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / name, {"package.yaml": MANIFEST, "roles/helper.yaml": ROLE})
    assert "package-manifest" in {one.code for one in with_packages(tmp_path, folder).errors}


def test_anchors_are_refused(tmp_path: Path) -> None:
    below = write(tmp_path / "p", {"package.yaml": "kind: package\nname: &n p\nversion: 1.0.0\nlabel: *n\n"})
    assert {"anchor", "alias"} <= {one.code for one in checks.check_layers([("p", below)]).problems}


def test_the_plan_tells_what_a_package_may_do() -> None:
    before = catalog_from(MANIFEST)
    after = catalog_from(f"{MANIFEST}capabilities: [scripts]\noverrides: [role/sales]\n")
    told = [(one.what, one.old, one.new) for one in security_diff(before, after)]
    assert ("package extra", "none", "scripts, changes role/sales") in told
