"""Files through the pages: uploaded into a form, read, listed, attached to a record, downloaded whole and in part."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.runtime.files.pictures import HTML, PDF, photo
from tests.web.conftest import Person, errors, inputs, token_of

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

SignIn = Callable[[str], Person]


def upload(person: Person, field: str, content: bytes, name: str) -> TestResponse:
    token = token_of(person.get("/o/paper/new").text)
    address = f"/files/upload?object=paper&field={field}"
    return person.client.post(
        address,
        data={"file": (io.BytesIO(content), name)},
        headers={"X-CSRFToken": token},
    )


def value_of(answer: TestResponse) -> str:
    assert answer.status_code == 201, answer.text
    found = re.search(r'value="([^"]+)"', answer.get_json()["item"])
    assert found is not None
    return html.unescape(found[1])


def create(person: Person, **values: object) -> str:
    page = person.get("/o/paper/new").text
    answer = person.client.post("/o/paper/new", data={**inputs(page), "name": "A paper", **values})
    assert answer.status_code == 303, errors(answer.text)
    return str(answer.headers["Location"]).partition("?")[0]


def test_a_file_goes_through_the_form_to_the_page_and_the_list(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    scan = value_of(upload(ann, "scan", PDF, "合同 <1>.pdf"))
    picture = value_of(upload(ann, "photos", photo(), "a.jpg"))
    address = create(ann, scan=scan, photos=[picture])
    page = ann.get(address).text
    assert "合同 &lt;1&gt;.pdf" in page
    scan_id, picture_id = scan.split()[0], picture.split()[0]
    assert f'href="/files/{scan_id}"' in page
    assert f'src="/files/{picture_id}/thumbnail"' in page
    assert f'value="{html.escape(scan)}"' in ann.get(f"{address}/edit").text
    listed = ann.get("/o/paper").text
    assert f'src="/files/{picture_id}/thumbnail"' in listed
    assert f'href="/files/{scan_id}">合同 &lt;1&gt;.pdf' in listed

    # Saving again without a change keeps both; emptying the control lets the file go.
    edit = ann.get(f"{address}/edit").text
    sent = inputs(edit)
    assert ann.client.post(f"{address}/edit", data={**sent, "scan": [], "scan.given": "1"}).status_code == 303
    assert ann.get(f"/files/{scan_id}").status_code == 404
    assert ann.get(f"/files/{picture_id}/picture").status_code == 200


def test_a_form_with_errors_keeps_the_files(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    scan = value_of(upload(ann, "scan", PDF, "a.pdf"))
    page = ann.get("/o/paper/new").text
    answer = ann.client.post("/o/paper/new", data={**inputs(page), "name": "", "scan": scan})
    assert answer.status_code == 422
    assert f'value="{scan}"' in answer.text


def test_what_is_sent_cannot_run_in_a_browser(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    scan = value_of(upload(ann, "scan", PDF, 'a"\r\nb.pdf')).split()[0]
    answer = ann.get(f"/files/{scan}")
    assert answer.data == PDF
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    said = r"""attachment; filename="[^"\r\n]+"; filename\*=UTF-8''[\w.%-]+"""
    assert re.fullmatch(said, answer.headers["Content-Disposition"])
    assert ann.get(f"/files/{scan}/picture").status_code == 404
    refused = upload(ann, "scan", HTML, "page.txt")
    assert (refused.status_code, refused.get_json()) == (422, {"message": "This kind of file is not taken here."})


def test_parts_of_a_file_are_sent_on_demand(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    content = bytes(range(32, 127)) * 2000
    key = value_of(upload(ann, "scan", content, "a.txt")).split()[0]
    cases = [
        ("bytes=0-9", 206, content[:10], f"bytes 0-9/{len(content)}"),
        ("bytes=-5", 206, content[-5:], f"bytes {len(content) - 5}-{len(content) - 1}/{len(content)}"),
        ("bytes=100-", 206, content[100:], f"bytes 100-{len(content) - 1}/{len(content)}"),
        ("bytes=9999999-", 416, b"", f"bytes */{len(content)}"),
        ("bytes=0-1,5-6", 200, content, None),
        ("lines=0-1", 200, content, None),
    ]
    for asked, status, body, content_range in cases:
        answer = ann.get(f"/files/{key}", headers={"Range": asked})
        assert (answer.status_code, answer.headers.get("Content-Range")) == (status, content_range), asked
        assert answer.data == body, asked
    etag = ann.get(f"/files/{key}").headers["ETag"]
    assert ann.get(f"/files/{key}", headers={"If-None-Match": etag}).status_code == 304
    other = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert ann.get(f"/files/{key}", headers=other).status_code == 200


def test_files_of_the_record_as_a_whole(sign_in: SignIn) -> None:
    ann, ben, cat = sign_in("ann"), sign_in("ben"), sign_in("cat")
    address = create(ann)
    page = ann.get(address).text
    assert 'id="files"' in page
    sent = {"csrf_token": token_of(page), "file": [(io.BytesIO(b"one <b>"), "one.txt"), (io.BytesIO(PDF), "two.pdf")]}
    assert ann.client.post(f"{address}/files", data=sent).status_code == 303
    page = ann.get(address).text
    keys = re.findall(r'class="file-name" href="/files/([0-9a-f-]+)">(\w+)', page)
    assert {name for _, name in keys} == {"one", "two"}
    one = next(key for key, name in keys if name == "one")
    assert "one &lt;b&gt;" in ben.get(f"/files/{one}/text").text
    for person, status in ((ann, 200), (ben, 200), (cat, 404)):
        assert person.get(f"/files/{one}").status_code == status
    token = token_of(ben.get(address).text)
    assert ben.client.post(f"{address}/files/{one}/remove", data={"csrf_token": token}).status_code == 403
    token = token_of(ann.get(address).text)
    assert ann.client.post(f"{address}/files/{one}/remove", data={"csrf_token": token}).status_code == 303
    assert ann.get(f"/files/{one}").status_code == 404
    told = ann.get(address).text
    assert "Ann attached one.txt, two.pdf" in told
    assert "Ann removed one.txt" in told


def test_a_file_sent_twice_under_one_key_is_attached_once(sign_in: SignIn) -> None:
    ann = sign_in("ann")
    address = create(ann)
    headers = {"HX-Request": "true", "Idempotency-Key": "a-phone-in-a-tunnel"}

    def send(content: bytes, name: str) -> tuple[int, str]:
        sent = {"csrf_token": token_of(ann.get(address).text), "file": (io.BytesIO(content), name)}
        answer = ann.client.post(f"{address}/files", data=sent, headers=headers)
        return answer.status_code, answer.text

    assert [send(b"one", "one.txt")[0] for _turn in range(2)] == [204, 204]
    assert ann.get(address).text.count('class="file-name"') == 1
    headers["Idempotency-Key"] = "another"
    status, text = send(b"", "empty.txt")
    assert status == 422
    assert json.loads(text)["detail"]
