"""Files from upload to collection: on both databases, in both stores."""

from __future__ import annotations

import dataclasses
import io
import os
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from PIL import Image

from formline.errors import AccessDeniedError, NotFoundError, ValidationError
from formline.fields.files import attachments_of
from formline.runtime.files import attaching, collecting, reading
from formline.runtime.files.staging import UploadError, clean_name, stage, target_of
from formline.runtime.queries import Query, fetch, get
from formline.runtime.unit import Change, hooks, run_unit
from tests.runtime.files.conftest import person, states, upload
from tests.runtime.files.pictures import HTML, PDF, SVG, drawing, photo

if TYPE_CHECKING:
    from formline.runtime.access.actor import Actor
    from formline.runtime.site import Site
    from formline.runtime.unit import Unit
    from formline.runtime.unit.draft import Draft
    from formline.runtime.unit.plan import WritePlan

MUCH_LATER = timedelta(days=40)


def create(site: Site, actor: Actor, **values: Any) -> UUID:
    (key,) = run_unit(site, actor, lambda unit: unit.create("paper", [{"name": "A paper", **values}]))
    return key


def change(site: Site, actor: Actor, key: UUID, **values: Any) -> None:
    run_unit(site, actor, lambda unit: unit.update("paper", [Change(key, values)]))


def content(site: Site, actor: Actor, key: UUID, *, small: bool = False) -> bytes:
    with site.reading() as connection:
        found = reading.readable(connection, site.release, actor, key)
    return reading.on_disk(site, found, small=small).read_bytes()


def test_a_file_lives_with_its_record(papers: Site, clerk: Actor) -> None:
    """Staged, attached, read back; gone with the record, back with it; let go when replaced, and collected."""
    first = upload(papers, clerk, PDF, name="合同 1.pdf")
    assert states(papers) == {first.id: "staged"}
    key = create(papers, clerk, scan=str(first.id))
    assert states(papers) == {first.id: "attached"}
    with papers.reading() as connection:
        record = get(connection, papers.release, clerk, "paper", key)
    assert attachments_of(record["scan"]) == (first,)
    assert (first.name, first.media_type, first.size) == ("合同 1.pdf", "application/pdf", len(PDF))
    assert content(papers, clerk, first.id) == PDF

    receipt = run_unit(papers, clerk, lambda unit: unit.delete("paper", [key]))
    with pytest.raises(NotFoundError):
        content(papers, clerk, first.id)
    assert collecting.collect(papers, datetime.now(UTC) + MUCH_LATER) == 0
    run_unit(papers, clerk, lambda unit: unit.restore(receipt.deletion_id))
    assert content(papers, clerk, first.id) == PDF

    second = upload(papers, clerk, PDF + b"%2")
    change(papers, clerk, key, scan=str(second.id))
    assert states(papers) == {first.id: "released", second.id: "attached"}
    with pytest.raises(NotFoundError):
        content(papers, clerk, first.id)
    assert collecting.collect(papers) == 0
    assert collecting.collect(papers, datetime.now(UTC) + MUCH_LATER) == 1
    assert states(papers) == {second.id: "attached"}
    assert content(papers, clerk, second.id) == PDF + b"%2"


def test_pictures_are_made_anew_and_have_a_small_version(papers: Site, clerk: Actor) -> None:
    taken = upload(papers, clerk, photo(1600, 800), "photos", "IMG_1.JPG")
    create(papers, clerk, photos=[str(taken.id)])
    kept = content(papers, clerk, taken.id)
    assert b"Shenzhen" not in kept
    assert Image.open(io.BytesIO(kept)).size == (1600, 800)
    assert Image.open(io.BytesIO(content(papers, clerk, taken.id, small=True))).size == (320, 160)


def test_only_the_uploader_can_attach_and_only_once_and_where_it_was_meant_for(papers: Site, clerk: Actor) -> None:
    """An id alone is worth nothing to others, in other fields, or a second time."""
    mine = upload(papers, clerk, PDF)
    other = person("clerk")
    cases: list[tuple[Actor, dict[str, Any]]] = [
        (other, {"scan": str(mine.id)}),
        (clerk, {"drafts": [str(mine.id)]}),
        (clerk, {"scan": str(UUID(int=7))}),
    ]
    for actor, values in cases:
        with pytest.raises(ValidationError) as caught:
            create(papers, actor, **values)
        assert {error.code for error in caught.value.errors} == {"unknown_file"}
    with pytest.raises(NotFoundError):
        content(papers, other, mine.id)
    create(papers, clerk, scan=str(mine.id))
    with pytest.raises(ValidationError):
        create(papers, clerk, scan=str(mine.id))


def test_what_the_caller_says_of_a_file_is_not_believed(papers: Site, clerk: Actor) -> None:
    mine = upload(papers, clerk, PDF)
    told = {"id": str(mine.id), "name": "<b>.exe", "media_type": "text/html", "size": 1}
    key = create(papers, clerk, scan=told)
    with papers.reading() as connection:
        assert attachments_of(get(connection, papers.release, clerk, "paper", key)["scan"]) == (mine,)


def test_rights_on_record_and_field_decide_about_the_file(papers: Site, clerk: Actor) -> None:
    scan, secret = upload(papers, clerk, PDF), None
    key = create(papers, clerk, scan=str(scan.id))
    system_file = stage(
        papers, clerk.system(), target_of(papers.release, clerk.system(), "paper", "secret"), "s.pdf", io.BytesIO(PDF)
    )
    change(papers, clerk.system(), key, secret=str(system_file.id))
    secret = system_file.id
    reader, stranger = person("reader"), person()
    assert content(papers, reader, scan.id) == PDF
    for actor, file_id in ((reader, secret), (clerk, secret), (stranger, scan.id), (person("clerk"), scan.id)):
        with pytest.raises(NotFoundError):
            content(papers, actor, file_id)
    with pytest.raises(AccessDeniedError):
        target_of(papers.release, reader, "paper", "scan")
    with pytest.raises(NotFoundError):
        target_of(papers.release, clerk, "paper", "secret")


def test_files_attached_to_the_record_follow_its_rights(papers: Site, clerk: Actor) -> None:
    key = create(papers, clerk)
    note = upload(papers, clerk, b"Minutes of Monday", "", "minutes.txt")
    run_unit(papers, clerk, lambda unit: attaching.attach(unit, "paper", key, [note.id]))
    reader = person("reader")
    with papers.reading() as connection:
        assert [one.name for one in reading.attached_to(connection, papers.release, "paper", key)] == ["minutes.txt"]
    assert content(papers, reader, note.id) == b"Minutes of Monday"
    with pytest.raises(AccessDeniedError):
        run_unit(papers, reader, lambda unit: attaching.detach(unit, "paper", key, note.id))
    run_unit(papers, clerk, lambda unit: attaching.detach(unit, "paper", key, note.id))
    assert states(papers) == {note.id: "released"}


@pytest.mark.parametrize("store", ["local"], indirect=True)
def test_a_file_of_a_change_that_waits_for_an_approval_is_kept(
    papers: Site, clerk: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The guard puts the old value back; the file is held for the record, read by its rights, and attached later."""
    key = create(papers, clerk)
    waits = [True]

    def guard(unit: Unit, plan: WritePlan, drafts: list[Draft]) -> None:
        for draft in drafts if waits else ():
            draft.record["scan"] = (draft.old or {}).get("scan")
            draft.given.discard("scan")

    monkeypatch.setattr(hooks, "_providers", [*hooks._providers, lambda *at: [guard] if at[2] == "guard" else []])
    papers.release._memo.pop(("hooks", "paper", "guard"), None)
    proposed = upload(papers, clerk, PDF)
    change(papers, clerk, key, scan=str(proposed.id))
    assert states(papers) == {proposed.id: "held"}
    assert collecting.collect(papers, datetime.now(UTC) + MUCH_LATER) == 0
    assert content(papers, person("reader"), proposed.id) == PDF
    with pytest.raises(ValidationError):
        create(papers, clerk, scan=str(proposed.id))
    waits.clear()
    change(papers, clerk.system(), key, scan=str(proposed.id))
    assert states(papers) == {proposed.id: "attached"}


@pytest.mark.parametrize("store", ["local"], indirect=True)
def test_lists_and_expressions_ask_whether_there_are_files_and_how_many(papers: Site, clerk: Actor) -> None:
    photos = [str(upload(papers, clerk, photo(8, 8), "photos", "a.jpg").id) for _ in range(2)]
    full = create(papers, clerk, photos=photos, scan=str(upload(papers, clerk, PDF).id))
    empty = create(papers, clerk)
    asked: list[tuple[Any, set[UUID]]] = [
        ({"field": "scan", "op": "is_null", "value": True}, {empty}),
        ({"field": "scan", "op": "is_null", "value": False}, {full}),
        ("scan == null", {empty}),
        ("count(photos) > 1", {full}),
        ("scan and count(photos) == 2", {full}),
    ]
    with papers.reading() as connection:
        for where, expected in asked:
            page = fetch(connection, papers.release, clerk, Query("paper", ("id",), where))
            assert {row["id"] for row in page.rows} == expected, where


REFUSED = [
    ("scan", "page.pdf", HTML, "file_type"),
    ("scan", "drawing.pdf", SVG, "file_type"),
    ("scan", "photo.pdf", b"\x89PNG\r\n\x1a\n" + b"\x00" * 30, "file_type"),
    ("scan", "large.pdf", PDF + b"x" * (1 << 20), "file_size"),
    ("scan", "empty.pdf", b"", "file_size"),
    ("photos", "broken.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 200, "file_damaged"),
    ("photos", "a.svg", SVG, "file_type"),
    ("sign", "a.pdf", PDF, "file_type"),
    ("drafts", "run.bin", bytes(range(256)), "file_type"),
]


@pytest.mark.parametrize("store", ["local"], indirect=True)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_does_not_fit_a_field_is_refused(papers: Site, clerk: Actor) -> None:
    for field, name, data, code in REFUSED:
        with pytest.raises(UploadError) as caught:
            upload(papers, clerk, data, field, name)
        assert (name, caught.value.code) == (name, code)
    assert states(papers) == {}
    assert upload(papers, clerk, drawing(), "sign", "sign").name == "sign.png"


@pytest.mark.parametrize("store", ["local"], indirect=True)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_more_is_kept_than_the_quota(papers: Site, clerk: Actor) -> None:
    papers.settings = dataclasses.replace(papers.settings, user_file_quota_mb=1)
    upload(papers, clerk, PDF + b"x" * 900_000)
    with pytest.raises(UploadError) as caught:
        upload(papers, clerk, PDF + b"x" * 900_000)
    assert caught.value.code == "file_quota"
    upload(papers, person("clerk"), PDF + b"x" * 900_000)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\合同.pdf", "合同.pdf"),
        ("a\u202efdp.exe\r\n", "afdp.exe"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_names_alone(given: str, kept: str) -> None:
    assert clean_name(given) == kept


KILLED = textwrap.dedent(
    """
    import dataclasses, io, os, pickle, signal, sys
    from formline.runtime.access.actor import Actor
    from formline.runtime.files import staging
    from formline.runtime.site import Site

    settings, moment, content = pickle.loads(sys.stdin.buffer.read())
    site = Site.open(settings)
    target = staging.target_of(site.release, Actor.system(), "paper", "scan")
    if moment == "before the bytes":
        staging.store_of = lambda site: os.kill(os.getpid(), signal.SIGKILL)
    staging.stage(site, Actor.system(), target, "scan.pdf", io.BytesIO(content))
    os.kill(os.getpid(), signal.SIGKILL)
    """
)


@pytest.mark.parametrize("moment", ["before the bytes", "before the record"])
def test_a_process_killed_before_the_record_is_saved_leaves_nothing_for_good(papers: Site, moment: str) -> None:
    import pickle

    given = pickle.dumps((papers.settings, moment, PDF))
    killed = subprocess.run([sys.executable, "-c", KILLED], input=given, capture_output=True, env=dict(os.environ))
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    expected = {"before the bytes": "uploading", "before the record": "staged"}[moment]
    (found,) = states(papers).items()
    assert found[1] == expected
    if expected == "uploading":
        with pytest.raises(ValidationError):
            create(papers, person("clerk").system(), scan=str(found[0]))
    assert collecting.collect(papers) == 0
    assert collecting.collect(papers, datetime.now(UTC) + timedelta(hours=25)) == 1
    assert states(papers) == {}
