"""A mistake in one file does not hide those of others, and brings up none that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from formline.runtime.candidates import candidate_of_texts
from formline.settings import Settings
from tests.fixtures.catalogs import ORGANISATION

CUSTOMER = """kind: object
name: customer
label: Customer
fields:
  name: {type: text, required: true}
  phone: {type: phone}
"""
DEAL = """kind: object
name: deal
label: Deal
fields:
  name: {type: text, required: true}
  customer: {type: lookup, to: customer, reverse: deals}
  amount: {type: money}
  double: {type: formula, returns: money, expression: amount * 2}
"""
LAYOUT = "kind: layout\nname: customer\nobject: customer\nlist: {columns: [name, phone]}\n"
WRONG = "kind: list_view\nname: mine\nobject: deal\ncolumns: [name, amuont]\n"
ROLE = "kind: role\nname: seller\nlabel: Seller\nobjects: {deal: {read: own}, customer: {read: all}}\n"
FILES = {
    "objects/customer.yaml": CUSTOMER,
    "objects/deal.yaml": DEAL,
    "layouts/customer.yaml": LAYOUT,
    "list_views/mine.yaml": WRONG,
    "roles/seller.yaml": ROLE,
    **{f"objects/{name}.yaml": text for name, text in ORGANISATION.items()},
}
#: What is wrong with one file; the misspelt column of the list view is found each time.
CASES = {
    "no yaml": ("objects/customer.yaml", CUSTOMER + "  bad: {type: text\n"),
    "a wrong value": ("objects/customer.yaml", CUSTOMER.replace("{type: phone}", "{type: fone}")),
    "an unknown key": ("roles/seller.yaml", ROLE.replace("label:", "lable:")),
    "no name": ("layouts/customer.yaml", LAYOUT.replace("name: customer\n", "")),
    "a field left out": ("objects/deal.yaml", DEAL.replace("{type: money}", "{type: money, min: many}")),
}


def problems(files: dict[str, str], tmp_path: Path) -> list[tuple[str, str]]:
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'x.db'}", data_dir=tmp_path, secret_key="x" * 40)
    made = candidate_of_texts(settings, files)
    return [(one.code, one.position.file if one.position else "") for one in made.errors]


def test_the_misspelt_column_alone(tmp_path: Path) -> None:
    assert problems(FILES, tmp_path) == [("unknown-field", "list_views/mine.yaml")]


@pytest.mark.parametrize("case", CASES)
def test_both_are_reported_in_one_run_and_nothing_else(case: str, tmp_path: Path) -> None:
    file, text = CASES[case]
    found = problems({**FILES, file: text}, tmp_path)
    assert ("unknown-field", "list_views/mine.yaml") in found
    others = [one for one in found if one != ("unknown-field", "list_views/mine.yaml")]
    assert {name for _, name in others} == {file}
    assert others


@pytest.mark.parametrize("file", sorted(FILES))
def test_a_file_that_cannot_be_read_is_told_of_alone(file: str, tmp_path: Path) -> None:
    """Whatever is missing: what mentions it is not blamed."""
    found = problems({**FILES, "list_views/mine.yaml": WRONG.replace("amuont", "amount"), file: "kind: [\n"}, tmp_path)
    assert found
    assert {name for _, name in found} == {file}
