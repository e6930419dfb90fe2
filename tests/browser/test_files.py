"""Files in the browser: chosen, seen small, signed, attached, downloaded; on a desktop and a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import Screen
from tests.runtime.files.pictures import HTML, PDF, photo
from tests.web.conftest import PASSWORD, _quick_passwords
from tests.web.files.conftest import app, papers

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["_quick_passwords", "app", "papers"]


@pytest.fixture
def database() -> str:
    """Return ``sqlite``: the browser sees no difference."""
    return "sqlite"


@pytest.fixture(params=[{"width": 1440, "height": 900}, {"width": 390, "height": 844}], ids=["desktop", "phone"])
def ann(request: pytest.FixtureRequest, browser_page: Screen, app: Flask, serve: Callable[[Flask], str]) -> Screen:
    """Return a browser in which ann is signed in."""
    url = serve(app)
    page = browser_page.page
    page.set_viewport_size(request.param)
    page.goto(f"{url}/login")
    page.locator("input[name=login]").fill("ann")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("form .btn-primary").click()
    page.goto(f"{url}/o/paper/new")
    page.wait_for_load_state("networkidle")
    return browser_page


def test_files_are_uploaded_seen_signed_attached_and_downloaded(ann: Screen, tmp_path: Path) -> None:
    page = ann.page
    page.locator("#f-name").fill("合同扫描件")
    page.locator("#f-scan").set_input_files({"name": "page.html", "mimeType": "text/html", "buffer": HTML})
    scan = page.locator(".fw[data-field=scan]")
    expect(scan.locator(".upload-status.bad")).to_be_visible()
    ann.problems.clear()  # the browser reports the refusal, which the person was shown
    page.locator("#f-scan").set_input_files({"name": "合同.pdf", "mimeType": "application/pdf", "buffer": PDF})
    expect(scan.locator(".file-name")).to_have_text("合同.pdf")

    photos = [{"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": photo()} for n in (1, 2)]
    page.locator("#f-photos").set_input_files(photos)
    pictures = page.locator(".fw[data-field=photos] .file-item")
    expect(pictures).to_have_count(2)
    pictures.first.locator("[data-remove-file]").press("Enter")
    expect(pictures).to_have_count(1)

    typed = page.locator(".fw[data-field=sign] [data-typed]")
    typed.fill("王芳")
    typed.press("Enter")
    expect(page.locator(".fw[data-field=sign] .file-name")).to_have_text("signature.png")
    assert ann.axe_violations() == []
    page.locator(".page-footer .btn-primary").click()

    expect(page.locator("h1")).to_have_text("合同扫描件")
    ann.show_part("details")
    images = page.locator(".read-value .picture img")
    expect(images).to_have_count(2)
    images.first.scroll_into_view_if_needed()
    page.wait_for_function("[...document.querySelectorAll('.picture img')].some(image => image.naturalWidth > 0)")
    ann.show_part("related")
    page.locator("#panel-file").set_input_files({"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"Agreed."})
    line = page.locator("#files .file-item", has_text="minutes.txt")
    expect(line).to_be_visible()
    line.locator("[data-b=dialog]").click()
    expect(page.locator("dialog .file-text")).to_have_text("Agreed.")
    page.keyboard.press("Escape")
    ann.show_part("details")
    with page.expect_download() as downloading:
        page.locator(".read-value .file-name").first.click()
    saved = tmp_path / "saved.pdf"
    downloading.value.save_as(saved)
    assert (downloading.value.suggested_filename, saved.read_bytes()) == ("合同.pdf", PDF)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.evaluate("scrollTo(0, 0)")  # nothing half under the bar at the bottom
    assert ann.axe_violations() == []
