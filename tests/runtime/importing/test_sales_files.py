"""The sales files, made ones and the full 8,800: totals, repetition, broken copies, and an import that is killed."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fixtures.sites import SECRET, settings_for

if TYPE_CHECKING:
    from formline.runtime.importing.report import Report
    from formline.runtime.site import Site

BEFORE = (
    ("sales_teams.csv", "sales_managers"),
    ("sales_teams.csv", "sales_agents"),
    ("accounts.csv", "sales_accounts"),
    ("products.csv", "sales_products"),
)
PIPELINE = ("sales_pipeline.csv", "sales_pipeline")
STAGES = {"Prospecting": "qualify", "Engaging": "propose", "Won": "won", "Lost": "lost"}


def _shipped(url: str, folder: Path) -> None:
    """Make a site with the shipped definitions and no records."""
    from formline.runtime.candidates import candidate
    from formline.runtime.migration.apply import Author, apply
    from formline.runtime.migration.plan import plan
    from formline.runtime.preparing import prepare
    from formline.runtime.site import Site

    settings = settings_for(url, folder)
    prepare(settings)
    site = Site.open(settings)
    try:
        apply(site, plan(site, candidate(settings, {})), "test", Author("test"))
    finally:
        site.close()


@pytest.fixture
def url(tmp_path: Path, database_copy: Callable[..., str]) -> str:
    """Return the database of a site with the shipped definitions."""
    return database_copy("shipped without records", lambda url: _shipped(url, tmp_path))


@pytest.fixture
def crm(tmp_path: Path, url: str) -> Iterator[Site]:
    """Return that site."""
    from formline.runtime.site import Site

    site = Site.open(settings_for(url, tmp_path))
    yield site
    site.close()


def run(site: Site, file: Path, mapping: str) -> Report:
    """Import a file as the command line does and return its report."""
    from formline.cli.importing import run_import
    from formline.runtime.importing.job import enqueue_import

    with site.writing() as connection:
        identifier = enqueue_import(site, connection, file, mapping, None)
    return run_import(site, identifier)


def prepare(site: Site, folder: Path) -> None:
    """Import what the pipeline refers to."""
    for file, mapping in BEFORE:
        assert run(site, folder / file, mapping).rejected == 0


def stages(site: Site) -> dict[str, tuple[int, Decimal]]:
    """Return count and total amount by stage, by the platform's own query."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.queries import Total, aggregate

    totals = (Total("count"), Total("sum", "amount"))
    with site.reading() as connection:
        rows = aggregate(connection, site.release, Actor.system(), "opportunity", None, ("stage",), totals)
    return {row["stage"]: (row["count"], row["sum:amount"] or Decimal(0)) for row in rows}


def rows_of(folder: Path) -> list[dict[str, str]]:
    """Return the rows of the pipeline file."""
    with (folder / PIPELINE[0]).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def expected(rows: list[dict[str, str]]) -> dict[str, tuple[int, Decimal]]:
    """Return what ``stages`` must say, counted by hand."""
    counts = Counter(STAGES[row["deal_stage"]] for row in rows)
    sums: Counter[str] = Counter()
    for row in rows:
        sums[STAGES[row["deal_stage"]]] += int(row["close_value"] or 0)
    return {stage: (counts[stage], Decimal(sums[stage])) for stage in counts}


def count(site: Site, object_name: str, where: str | None) -> int:
    """Return how many records there are."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.queries import Query, fetch

    with site.reading() as connection:
        query = Query(object_name, ("id",), where=where, limit=1, count_limit=10_000)
        found = fetch(connection, site.release, Actor.system(), query).count
    assert found is not None
    return found


def test_totals_are_right_and_a_second_run_changes_nothing(crm: Site, all_sales_files: Path) -> None:
    """Every row is a record with the right stage, amount, customer and parents; importing again does nothing."""
    sales_files = all_sales_files
    prepare(crm, sales_files)
    rows = rows_of(sales_files)
    report = run(crm, sales_files / PIPELINE[0], PIPELINE[1])
    assert (report.created, report.rejected) == (len(rows), 0)
    assert stages(crm) == expected(rows)
    assert count(crm, "opportunity", "customer == null") == sum(row["account"] == "" for row in rows)
    if len(rows) == 8800:
        assert stages(crm)["won"] == (4238, Decimal(10_005_534))
        assert count(crm, "opportunity", "customer == null") == 1425
    with (sales_files / "accounts.csv").open(newline="", encoding="utf-8") as stream:
        subsidiaries = sum(row["subsidiary_of"] != "" for row in csv.DictReader(stream))
    assert count(crm, "customer", "parent != null") == subsidiaries
    before = history(crm)
    for file, mapping in (*BEFORE, PIPELINE):
        again = run(crm, sales_files / file, mapping)
        assert (again.created, again.updated, again.rejected) == (0, 0, 0)
    assert history(crm) == before


def history(site: Site) -> int:
    """Return how many changes were ever noted."""
    from sqlalchemy import func, select

    from formline.runtime.tables import history as table

    with site.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


BREAKS: tuple[tuple[str, str, str], ...] = (
    ("sales_agent", "Nobody Known", "owner: There is no user with name 'Nobody Known'."),
    ("account", "No Such Account", "customer: There is no customer with name 'No Such Account'."),
    ("deal_stage", "Dreaming", "stage"),
    ("engage_date", "2016-31-12", "engaged_on: '2016-31-12' is not a date written as M/D/YYYY."),
    ("close_value", "a lot", "amount"),
    ("close_value", "-5", "amount"),
    ("product", "GTX Nothing", "product: There is no product with name 'GTX Nothing'."),
    ("close_date", "1/1/1990", "close_date: The deal cannot close before it was engaged."),
    ("opportunity_id", "X" * 50, "reference"),
)


def test_a_broken_copy_is_refused_row_by_row(crm: Site, sales_files: Path, tmp_path: Path) -> None:
    """Each bad row is told with its line and reason and leaves nothing behind; all others are records."""
    prepare(crm, sales_files)
    rows = rows_of(sales_files)
    won = [index for index, row in enumerate(rows) if row["deal_stage"] == "Won"]
    broken = dict(zip(won[:: max(1, len(won) // len(BREAKS))], BREAKS, strict=False))
    assert len(broken) == len(BREAKS)
    for index, (column, value, _reason) in broken.items():
        rows[index] = {**rows[index], column: value}
    copy = tmp_path / "sales_pipeline_broken.csv"
    with copy.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    report = run(crm, copy, PIPELINE[1])
    told = {refused.line: refused.reasons for refused in report.refused}
    assert set(told) == {index + 2 for index in broken}
    for index, (_column, _value, reason) in broken.items():
        assert any(each.startswith(reason) for each in told[index + 2]), told[index + 2]
    assert stages(crm) == expected([row for index, row in enumerate(rows) if index not in broken])


def test_a_killed_import_goes_on_to_the_same_end(
    crm: Site, url: str, sales_files: Path, tmp_path: Path, database: str
) -> None:
    """Killed with SIGKILL again and again in the middle of its batches: nothing lost, nothing doubled."""
    from formline.runtime.importing.job import enqueue_import

    prepare(crm, sales_files)
    with crm.writing() as connection:
        job = enqueue_import(crm, connection, sales_files / PIPELINE[0], PIPELINE[1], None)
    environment = {
        **os.environ,
        "FORMLINE_DATABASE_URL": url,
        "FORMLINE_DATA_DIR": str(tmp_path),
        "FORMLINE_SECRET_KEY": SECRET,
    }
    command = [sys.executable, "-m", "formline.cli", "import", "--resume", str(job), "--json"]
    for _attempt in range(2):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        _until_moved(crm, job, child)
        child.send_signal(signal.SIGKILL)
        child.wait()
        if child.stderr is not None:
            child.stderr.close()
        _end_lease(crm, job)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert stages(crm) == expected(rows_of(sales_files))
    assert job_state(crm, job)["created"] == len(rows_of(sales_files))


def job_state(site: Site, job: Any) -> dict[str, Any]:
    """Return the report in the job's row."""
    from formline.runtime import jobs

    with site.reading() as connection:
        found = jobs.get(connection, job)
    assert found is not None
    return dict(found.result or {"done": 0, "created": 0})


def _until_moved(site: Site, job: Any, child: subprocess.Popen[bytes]) -> None:
    """Wait until the child has committed a batch more, or is done."""
    before = job_state(site, job)["done"]
    deadline = time.monotonic() + 60
    while job_state(site, job)["done"] == before and child.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def _end_lease(site: Site, job: Any) -> None:
    """Let the dead process's lease have ended, as waiting for it would."""
    from datetime import UTC, datetime, timedelta

    from sqlalchemy import update

    from formline.runtime.tables import job as table

    with site.writing() as connection:
        ended = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(table).where(table.c.id == job, table.c.state == "running").values(lease_until=ended))


def test_the_copy_is_kept_apart(crm: Site, sales_files: Path, tmp_path: Path) -> None:
    """The file may be changed or removed once the import was asked for."""
    from formline.cli.importing import run_import
    from formline.runtime.importing.job import enqueue_import

    file = tmp_path / "products.csv"
    shutil.copyfile(sales_files / "products.csv", file)
    with crm.writing() as connection:
        job = enqueue_import(crm, connection, file, "sales_products", None)
    file.unlink()
    assert run_import(crm, job).created > 0


def test_an_imported_state_brings_what_it_sets(crm: Site, sales_files: Path) -> None:
    """A deal that arrives as won has the probability of the state, as one that was moved there."""
    prepare(crm, sales_files)
    run(crm, sales_files / PIPELINE[0], PIPELINE[1])
    assert count(crm, "opportunity", 'stage == "won" and probability != 100') == 0
    assert count(crm, "opportunity", 'stage == "qualify" and probability == 20') > 0
