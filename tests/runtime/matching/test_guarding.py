"""Records that are the same are found on every way into the database, also when two people write at once."""

from __future__ import annotations

import multiprocessing
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from formline.errors import ValidationError
from formline.runtime import tables
from formline.runtime.access import Actor
from formline.runtime.matching import finding
from formline.runtime.site import Site
from formline.runtime.unit import Change, run_unit
from formline.runtime.worker import Worker
from tests.fixtures.catalogs import ORGANISATION
from tests.fixtures.sites import MakeSite, publish

TEXTS = [
    *ORGANISATION.values(),
    """
kind: object
name: firm
label: Firm
title: name
fields:
  name: {type: text, required: true}
  phone: {type: phone}
  city: {type: text}
  active: {type: boolean, default: true}
---
kind: object
name: lead
label: Lead
title: name
fields:
  name: {type: text, required: true}
  phone: {type: phone}
---
kind: matching_rule
name: firms
object: firm
where: active
match:
  same_phone: [{field: phone, by: phone}]
also: {lead: {phone: phone}}
on_create: block
on_import: report
---
kind: matching_rule
name: alike
object: firm
match:
  same_name: [{field: name, by: company_name, at_least: 85}, {field: city}]
""",
]
RULE_BY_CITY = """
kind: matching_rule
name: by_city
object: firm
match: {same_city: [{field: city}]}
on_create: block
"""
PROCESSES = 3


@pytest.fixture
def site(make_site: MakeSite, database_url: str) -> Site:
    """Return a site where firms have one telephone number."""
    return make_site(TEXTS, database_url)


def write(site: Site, name: str, *rows: dict[str, Any], source: str = "form", confirm: bool = False) -> list[UUID]:
    return run_unit(site, Actor.system(), lambda unit: unit.create(name, rows), source=source, confirm=confirm)


def codes(error: pytest.ExceptionInfo[ValidationError]) -> list[str]:
    return [each.code for each in error.value.errors]


@pytest.mark.parametrize("source", ["form", "api", "bulk"])
def test_a_second_record_with_the_number_is_refused(site: Site, source: str) -> None:
    write(site, "firm", {"name": "A", "phone": "13800138000"})
    with pytest.raises(ValidationError) as refused:
        write(site, "firm", {"name": "B", "phone": "+86 138 0013 8000"}, source=source)
    assert codes(refused) == ["duplicate_record"]
    assert "13800138000" not in str(refused.value.errors)


def test_an_import_goes_on_and_a_condition_leaves_records_out(site: Site) -> None:
    write(site, "firm", {"name": "A", "phone": "13800138000"})
    write(site, "firm", {"name": "B", "phone": "13800138000"}, source="import", confirm=True)
    write(site, "firm", {"name": "C", "phone": "13800138000", "active": False})


def test_the_later_row_of_a_batch_is_the_duplicate(site: Site) -> None:
    with pytest.raises(ValidationError) as refused:
        write(site, "firm", {"name": "A", "phone": "13800138000"}, {"name": "B", "phone": "13800138000"})
    assert [each.row for each in refused.value.errors] == [1]


def test_alike_names_are_a_warning_that_can_be_confirmed(site: Site) -> None:
    write(site, "firm", {"name": "深圳市华为技术有限公司", "city": "深圳"})
    with pytest.raises(ValidationError) as warned:
        write(site, "firm", {"name": "深圳华为技术股份有限公司", "city": "深圳"})
    assert codes(warned) == ["possible_duplicate"]
    write(site, "firm", {"name": "深圳华为技术股份有限公司", "city": "深圳"}, confirm=True)
    write(site, "firm", {"name": "深圳华为技术股份有限公司", "city": "Köln"})


def test_records_of_another_object_count_both_ways(site: Site) -> None:
    write(site, "lead", {"name": "L", "phone": "13900139000"})
    with pytest.raises(ValidationError):
        write(site, "firm", {"name": "F", "phone": "13900139000"})
    write(site, "lead", {"name": "L2", "phone": "13900139000"})


def test_only_a_change_of_what_is_compared_is_looked_at(site: Site) -> None:
    (first,) = write(site, "firm", {"name": "A", "phone": "13800138000"})
    (second,) = write(site, "firm", {"name": "B", "phone": "13800138000"}, source="import", confirm=True)

    def change(values: dict[str, Any]) -> None:
        run_unit(site, Actor.system(), lambda unit: unit.update("firm", [Change(second, values)]), source="form")

    change({"name": "C"})
    change({"phone": "13700137000"})
    with pytest.raises(ValidationError):
        change({"phone": "13800138000"})
    run_unit(site, Actor.system(), lambda unit: unit.delete("firm", [first]), source="form")
    change({"phone": "13800138000"})


def test_keys_follow_what_is_written(site: Site) -> None:
    (first,) = write(site, "firm", {"name": "A", "phone": "13800138000"})
    receipt = run_unit(site, Actor.system(), lambda unit: unit.delete("firm", [first]), source="form")
    with site.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.match_key)).scalar() == 0
    run_unit(site, Actor.system(), lambda unit: unit.restore(receipt.deletion_id), source="form")
    with site.reading() as connection:
        probe = finding.probe_of(site.release, "firm", {"name": "?", "phone": "13800138000", "active": True})
        assert probe is not None
        ((hit,),) = finding.find(connection, site.release, [probe], {})
    assert (hit.object, hit.id, hit.way, hit.likeness) == ("firm", first, "same_phone", 100)


def insert_in_a_process(url: str, folder: str, gate: Any, answers: Any) -> None:
    """Create the same firm as the others, at the same moment."""
    from pathlib import Path

    from tests.fixtures.sites import settings_for

    site = Site.open(settings_for(url, Path(folder)))
    gate.wait(60)
    try:
        write(site, "firm", {"name": "A", "phone": "13800138000"}, source="api")
        answers.put("made")
    except ValidationError as error:
        answers.put(error.errors[0].code)
    finally:
        site.close()


def test_processes_that_insert_the_same_number_at_once_make_one_record(
    site: Site, database_url: str, tmp_path: Any
) -> None:
    context = multiprocessing.get_context("spawn")
    gate, answers = context.Barrier(PROCESSES), context.Queue()
    args = (database_url, str(tmp_path), gate, answers)
    started = [context.Process(target=insert_in_a_process, args=args) for _ in range(PROCESSES)]
    for process in started:
        process.start()
    found = sorted(answers.get(timeout=90) for _ in started)
    for process in started:
        process.join(30)
    assert found == ["duplicate_record"] * (PROCESSES - 1) + ["made"]


def test_keys_are_made_anew_after_a_rule_changed(site: Site) -> None:
    write(site, "firm", {"name": "Lone", "city": "Bern"})
    publish(site, [*TEXTS, RULE_BY_CITY])
    while Worker(site).step():
        pass
    with pytest.raises(ValidationError):
        write(site, "firm", {"name": "Other", "city": "BERN"})
