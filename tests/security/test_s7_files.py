"""S7 Files: by attachment id through record and field rights; sandboxed; markup never inline; pictures made anew."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from PIL import Image

from formline.fields.files import ACCEPTED
from formline.runtime.files import images, reading
from formline.runtime.limited import LimitedError, run_limited
from tests.runtime.files.pictures import HTML, PDF, SVG, photo
from tests.web.conftest import Person
from tests.web.files.conftest import app, papers, sign_in
from tests.web.files.test_pages import create, upload, value_of

if TYPE_CHECKING:
    from formline.runtime.site import Site

__all__ = ["app", "papers", "sign_in"]
SignIn = Callable[[str], Person]
MARKUP = {"page.html": HTML, "drawing.svg": SVG, "data.xml": b'<?xml version="1.0"?><a onload="x"/>'}


def test_a_file_is_reached_by_its_id_and_right_alone(sign_in: SignIn, papers: Site) -> None:
    """Neither the content's hash nor the key of the store opens anything; another person's id gives nothing."""
    from sqlalchemy import select

    from formline.runtime.tables import file

    ann, cat = sign_in("ann"), sign_in("cat")
    key = value_of(upload(ann, "scan", PDF, "a.pdf")).split()[0]
    create(ann, scan=key)
    with papers.reading() as connection:
        row = connection.execute(select(file)).mappings().one()
    for word in (row["sha256"], row["storage_key"], "../" + row["storage_key"], f"{key}/../{key}"):
        assert ann.get(f"/files/{word}").status_code == 404
    assert ann.get(f"/files/{key}").status_code == 200
    assert cat.get(f"/files/{key}").status_code == 404
    nobody = Person(ann.client.application.test_client())
    assert nobody.get(f"/files/{key}").status_code == 302
    assert not (papers.settings.data_dir / "files" / row["sha256"]).exists()


def test_every_answer_with_a_file_is_sandboxed_and_private(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    scan = value_of(upload(ann, "drafts", PDF, "a.pdf")).split()[0]
    picture = value_of(upload(ann, "photos", photo(), "a.jpg")).split()[0]
    for address, inline in (
        (f"/files/{scan}", False),
        (f"/files/{picture}", False),
        (f"/files/{picture}/picture", True),
        (f"/files/{picture}/thumbnail", True),
    ):
        headers = ann.get(address).headers
        assert "sandbox" in headers["Content-Security-Policy"]
        assert "script-src" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Disposition"].startswith("inline" if inline else "attachment")
        assert "private" in headers["Cache-Control"]
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_markup_is_never_shown_even_where_a_field_takes_it(papers: Site, sign_in: SignIn) -> None:
    """Fields take markup only by name, and it goes out as bytes without a meaning; what looks like text is refused."""
    from formline.web.files.sending import MARKUP as SENT_PLAIN

    ann = sign_in("ann")
    for name, content in MARKUP.items():
        for disguise in (name, "notes.txt", "photo.jpg"):
            assert upload(ann, "drafts", content, disguise).status_code == 422, disguise
    assert set().union(*(ACCEPTED[word] for word in ("html", "svg", "xml"))) <= SENT_PLAIN


def test_pictures_lose_what_is_no_pixel(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    hostile = photo(where="Secret place") + b"<script>alert(1)</script>"
    key = value_of(upload(ann, "photos", hostile, "a.jpg")).split()[0]
    for kind in ("picture", "thumbnail"):
        sent = ann.get(f"/files/{key}/{kind}").data
        assert b"Secret" not in sent
        assert b"script" not in sent
        assert Image.open(io.BytesIO(sent)).getexif() == {}
    assert value_of(upload(ann, "drafts", photo(), "a.jpg")).split()[0]


def huge_png(side: int) -> bytes:
    """Return a small file that says it has ``side * side`` pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_pictures_of_too_many_pixels_are_not_read(sign_in: SignIn, tmp_path: Path) -> None:
    source = tmp_path / "huge.png"
    source.write_bytes(huge_png(8000))
    with pytest.raises(LimitedError, match="too many pixels"):
        images.redraw(source, tmp_path / "out")
    refused = upload(sign_in("ann"), "photos", huge_png(8000), "a.png")
    assert refused.status_code == 422


HUNGRY = {
    "memory": "x = bytearray(900_000_000)",
    "time": "while True: pass",
    "disk": "open('/tmp/formline-too-large', 'wb').write(bytes(400_000_000))",
}


@pytest.mark.parametrize("what", HUNGRY)
def test_the_child_process_cannot_take_more_than_its_limits(what: str) -> None:
    """The same limits that the child of pictures sets, around code that wants more."""
    code = f"import sys; from formline.runtime.limited import enter; enter(['600', '1']); {HUNGRY[what]}"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, timeout=30, env={}, check=False)
    assert done.returncode != 0
    Path("/tmp/formline-too-large").unlink(missing_ok=True)


def test_a_child_that_ends_badly_is_a_refusal_not_a_crash() -> None:
    with pytest.raises(LimitedError):
        run_limited("formline.runtime.files.no_such_module", [])


def test_the_scanner_of_a_plug_in_decides_before_anything_is_kept(papers: Site, sign_in: SignIn) -> None:
    import pluggy

    from formline.plugins import hookspecs

    class Scanner:
        @hookspecs.hookimpl
        def scan_file(self, path: Path, name: str, media_type: str) -> str | None:
            return "EICAR" if b"EICAR" in path.read_bytes() else None

    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(Scanner())
    papers.plugins = manager
    ann = sign_in("ann")
    assert upload(ann, "drafts", b"a EICAR test", "a.txt").status_code == 422
    assert upload(ann, "drafts", b"a clean text", "a.txt").status_code == 201


def test_a_hidden_field_hides_its_files(papers: Site, sign_in: SignIn) -> None:
    """A file of a field the reader may not see is not there, though the record is."""
    from formline.runtime.access.actor import Actor
    from formline.runtime.files.staging import stage, target_of
    from formline.runtime.unit import Change, run_unit

    ann, ben = sign_in("ann"), sign_in("ben")
    record = create(ann).rpartition("/")[2]
    system = Actor.system()
    made = stage(papers, system, target_of(papers.release, system, "paper", "secret"), "s.pdf", io.BytesIO(PDF))

    run_unit(papers, system, lambda unit: unit.update("paper", [Change(UUID(record), {"secret": str(made.id)})]))
    for person in (ann, ben):
        assert person.get(f"/o/paper/{record}").status_code == 200
        assert str(made.id) not in person.get(f"/o/paper/{record}").text
        assert person.get(f"/files/{made.id}").status_code == 404
    with papers.reading() as connection:
        assert reading.readable(connection, papers.release, system, made.id).name == "s.pdf"


def test_uploads_are_limited_per_person(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    from formline.web import limits

    monkeypatch.setattr(limits, "UPLOAD", limits.Limit("upload-test", 2, 600))
    ann = sign_in("ann")
    answers = [upload(ann, "drafts", PDF, "a.pdf").status_code for _ in range(4)]
    assert answers[0] == 201
    assert answers[-1] == 429
