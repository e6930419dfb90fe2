"""Accounts: forgotten passwords, the second factor, sessions, API tokens, and being asked again before what matters."""

from __future__ import annotations

import dataclasses
import email
import email.policy
import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from sqlalchemy import select, update

from formline.errors import FormlineError
from formline.runtime import jobs, mailing, tables
from formline.runtime.access.actor import Actor
from formline.runtime.keys import uuid7
from formline.runtime.unit import Change, run_unit
from formline.web import limits
from formline.web.auth import accounts, second_factor
from tests.web.conftest import PASSWORD, Person, inputs, token_of

if TYPE_CHECKING:
    from flask import Flask

    from formline.runtime.site import Site

SignIn = Callable[[str], Person]
NEW = "another good one"


def user_id(site: Site, login: str) -> Any:
    with site.reading() as connection:
        account = accounts.find(connection, site.release, login)
    assert account is not None
    return account.user_id


def set_user(site: Site, login: str, **values: Any) -> None:
    change = Change(user_id(site, login), values)
    run_unit(site, Actor.system(), lambda unit: unit.update("user", [change]), source="system")


def events(site: Site) -> list[str]:
    with site.reading() as connection:
        return list(connection.execute(select(tables.security_event.c.event)).scalars())


# --- forgotten passwords ---------------------------------------------------------------------------------------------


def mails(site: Site) -> list[Any]:
    """Send what waits and return all mails sent so far, oldest first."""
    with site.writing() as connection:
        claimed = jobs.claim(connection, holder := uuid7(), datetime.now(UTC), 10)
    for each in claimed:
        jobs.run(site, each, holder)
    folder = site.settings.data_dir / mailing.FOLDER
    files = sorted(folder.iterdir()) if folder.exists() else []
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def asked(visitor: Person, name: str) -> str:
    answer = visitor.post("/login/forgot", {"login": name}, visitor.get("/login/forgot").text)
    assert answer.status_code == 200
    return answer.text


def link_in(mail: Any) -> str:
    found = re.search(r"http://127.0.0.1:8000(/login/reset/\S+)", mail.get_content())
    assert found is not None
    return found[1]


def test_a_mailed_link_sets_a_new_password_once(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    set_user(crm, "wang", email="wang@example.com")
    elsewhere = sign_in("wang")
    asked(visitor, "Wang@Example.com")
    (mail,) = mails(crm)
    assert mail["To"] == "wang@example.com"
    link = link_in(mail)
    page = visitor.get(link).text
    assert visitor.post(link, {"password": "short", "again": "short"}, page).status_code == 422
    assert visitor.post(link, {"password": NEW, "again": NEW}, page).status_code == 303
    assert elsewhere.get("/o/customer").status_code == 302
    assert visitor.post(link, {"password": NEW, "again": NEW}, page).status_code == 410
    assert visitor.get(link).status_code == 410
    signed_in = visitor.post("/login", {"login": "wang", "password": NEW}, visitor.get("/login?changed=1").text)
    assert signed_in.status_code == 303
    assert "password_reset" in events(crm)


def test_the_newest_link_counts_and_none_for_good(crm: Site, visitor: Person) -> None:
    set_user(crm, "wang", email="wang@example.com")
    asked(visitor, "wang")
    asked(visitor, "wang")
    first, second = (link_in(mail) for mail in mails(crm))
    assert [visitor.get(link).status_code for link in (first, second)] == [410, 200]
    with crm.writing() as connection:
        connection.execute(update(tables.token).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert visitor.get(second).status_code == 410


def test_asking_tells_nobody_who_exists(crm: Site, visitor: Person) -> None:
    set_user(crm, "wang", email="wang@example.com")
    set_user(crm, "wu", email=None)
    set_user(crm, "li", email="li@example.com", active=False)
    pages = {re.sub(r'value="[^"]*"', "", asked(visitor, name)) for name in ("wang", "wu", "li", "nobody", "x@y.z")}
    assert len(pages) == 1
    assert [mail["To"] for mail in mails(crm)] == ["wang@example.com"]


def test_asking_is_limited(visitor: Person) -> None:
    page = visitor.get("/login/forgot").text
    statuses = [visitor.post("/login/forgot", {"login": "wang"}, page).status_code for _ in range(4)]
    assert statuses == [200] * 3 + [429]


# --- the second factor -----------------------------------------------------------------------------------------------


def turn_on(person: Person) -> tuple[str, list[str]]:
    """Set the second factor up; return the secret of the app and the recovery codes."""
    page = person.get("/profile/second-factor").text
    assert 'src="data:image/svg+xml' in page
    secret = re.search(r'class="totp-key">([^<]+)<', page)
    pending = re.search(r'name="pending" value="([^"]+)"', page)
    assert secret is not None
    assert pending is not None
    key = secret[1].replace(" ", "")
    # The code of the step before, so that the present one is still unused.
    code = pyotp.TOTP(key).at(datetime.now(UTC) - timedelta(seconds=30))
    wrong = person.post("/profile/second-factor", {"pending": pending[1], "code": "abc"}, page)
    assert wrong.status_code == 422
    answer = person.post("/profile/second-factor", {"pending": pending[1], "code": code}, page)
    assert answer.status_code == 200, answer.text
    return key, re.findall(r"<li><code>([a-z2-7-]+)</code>", answer.text)


def second_page(visitor: Person, **values: str) -> str:
    page = visitor.get("/login").text
    answer = visitor.post("/login", {"login": "wang", "password": PASSWORD, **values}, page)
    assert answer.status_code == 200
    assert visitor.get("/o/customer").status_code == 302
    return answer.text


def give(visitor: Person, page: str, code: str, **values: str) -> Any:
    pending = re.search(r'name="pending" value="([^"]+)"', page)
    assert pending is not None
    return visitor.post("/login/second", {"pending": pending[1], "code": code, **values}, page)


def test_signing_in_asks_for_the_second_factor(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    key, _codes = turn_on(sign_in("wang"))
    page = second_page(visitor, next="/o/customer")
    code = pyotp.TOTP(key).now()
    wrong = give(visitor, page, "000000" if code != "000000" else "111111")
    assert wrong.status_code == 401
    answer = give(visitor, wrong.text, code, next="/o/customer")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/o/customer")
    assert visitor.get("/o/customer").status_code == 200
    with crm.reading() as connection:
        rows = connection.execute(select(tables.session.c.second_factor)).scalars().all()
    assert sorted(rows) == [False, True]


def test_a_code_works_once(app: Flask, sign_in: SignIn) -> None:
    key, codes = turn_on(sign_in("wang"))
    now = pyotp.TOTP(key).now()
    assert len(codes) == second_factor.RECOVERY_CODES
    for code, statuses in ((now, [303, 401]), (codes[0].upper(), [303, 401]), (codes[1], [303])):
        for status in statuses:
            visitor = Person(app.test_client())
            assert give(visitor, second_page(visitor), code).status_code == status


def test_codes_are_not_guessed(sign_in: SignIn, visitor: Person) -> None:
    turn_on(sign_in("wang"))
    page = second_page(visitor)
    statuses = [give(visitor, page, "abcdef").status_code for _ in range(limits.SECOND_FACTOR.count)]
    # Setting it up took two attempts.
    assert statuses == [401] * (limits.SECOND_FACTOR.count - 2) + [429] * 2


def test_the_proof_of_the_password_is_not_forged_and_ends(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    key, _codes = turn_on(sign_in("wang"))
    page = second_page(visitor)
    forged = second_factor.seal(crm.keys, "enrolment", {"user": str(user_id(crm, "admin")), "epoch": 0})
    code = pyotp.TOTP(key).now()
    for pending in ("", "made up", forged):
        answer = visitor.post("/login/second", {"pending": pending, "code": code}, page)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    with crm.writing() as connection:
        accounts.save_password(connection, user_id(crm, "wang"), "wang", "changed meanwhile")
    assert give(visitor, page, code).headers["Location"] == "/login"


def test_nothing_of_the_second_factor_is_readable_in_the_database(crm: Site, sign_in: SignIn) -> None:
    key, codes = turn_on(sign_in("wang"))
    with crm.reading() as connection:
        row = str(connection.execute(select(tables.account)).mappings().all())
    assert key not in row
    assert not any(code.replace("-", "") in row for code in codes)


def test_what_was_typed_survives_both_steps(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key, _codes = turn_on(person)
    sent = inputs(person.get("/o/opportunity/new").text) | {"name": "Kept over two steps"}
    with crm.writing() as connection:
        connection.execute(update(tables.session).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    expired = person.client.post("/o/opportunity/new", data=sent)
    assert expired.status_code == 401
    kept = {"kept_path": "/o/opportunity/new", "kept_name": "name", "kept_value": "Kept over two steps"}
    page = person.post("/login", {"login": "wang", "password": PASSWORD, **kept}, expired.text).text
    assert 'name="kept_value" value="Kept over two steps"' in page
    done = give(person, page, pyotp.TOTP(key).now(), **kept)
    assert 'name="name" value="Kept over two steps"' in done.text


def test_a_role_may_require_it(crm: Site, sign_in: SignIn) -> None:
    roles = {"second_factor_roles": ("administrator",)}
    crm.settings = dataclasses.replace(crm.settings, **roles)
    person, other = sign_in("admin"), sign_in("wang")
    assert person.get("/o/customer").headers["Location"] == "/profile/second-factor"
    assert other.get("/o/customer").status_code == 200
    turn_on(person)
    page = person.get("/o/customer")
    assert page.status_code == 200
    assert person.post("/profile/second-factor/remove", {}, page.text).status_code == 403
    with crm.reading() as connection:
        assert second_factor.enrolled(connection, user_id(crm, "admin"))


def test_it_is_turned_off_again(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    person = sign_in("wang")
    turn_on(person)
    page = person.get("/profile/second-factor").text
    renewed = person.post("/profile/second-factor/codes", {}, page)
    assert len(re.findall(r"<li><code>", renewed.text)) == second_factor.RECOVERY_CODES
    assert person.post("/profile/second-factor/remove", {}, page).status_code == 303
    answer = visitor.post("/login", {"login": "wang", "password": PASSWORD}, visitor.get("/login").text)
    assert answer.status_code == 303
    assert {"second_factor_on", "recovery_codes", "second_factor_off"} <= set(events(crm))


# --- sessions and tokens ---------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(sign_in: SignIn) -> None:
    here, there, stranger = sign_in("wang"), sign_in("wang"), sign_in("wu")
    page = here.get("/profile/sessions").text
    (ended,) = re.findall(r'name="session" value="([0-9a-f]+)"', page)
    assert stranger.post("/profile/sessions", {"session": ended}, stranger.get("/profile").text).status_code == 303
    assert there.get("/o/customer").status_code == 200
    assert here.post("/profile/sessions", {"session": ended}, page).status_code == 303
    assert [person.get("/o/customer").status_code for person in (here, there, stranger)] == [200, 302, 200]
    again = sign_in("wang")
    assert here.post("/profile/sessions", {}, page).status_code == 303
    assert [person.get("/o/customer").status_code for person in (here, again, stranger)] == [200, 302, 200]


def test_a_token_is_made_used_and_revoked(app: Flask, sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/profile/tokens").text
    values = {"name": "Script", "access": "read", "days": "7", "objects": ["customer", "nothing"]}
    made = person.post("/profile/tokens", values, page).text
    given = re.search(r"<code>(fl_[^<]+)</code>", made)
    assert given is not None
    client = app.test_client()
    headers = {"Authorization": f"Bearer {given[1]}"}
    paths = ("/api/v1/customer", "/api/v1/opportunity")
    assert [client.get(path, headers=headers).status_code for path in paths] == [200, 403]
    listed = person.get("/profile/tokens").text
    assert given[1] not in listed
    revoke = re.search(r'action="(/profile/tokens/[^/]+/revoke)"', listed)
    assert revoke is not None
    stranger = sign_in("wu")
    assert stranger.post(revoke[1], {}, stranger.get("/profile").text).status_code == 404
    assert person.post(revoke[1], {}, listed).status_code == 303
    assert client.get(paths[0], headers=headers).status_code == 401


@pytest.mark.parametrize("changes", [{"name": ""}, {"access": "all"}, {"days": "9999"}, {"days": "x"}])
def test_a_token_without_purpose_or_end_is_not_made(sign_in: SignIn, changes: dict[str, str]) -> None:
    person = sign_in("wang")
    values = {"name": "Script", "access": "read", "days": "7", **changes}
    answer = person.post("/profile/tokens", values, person.get("/profile/tokens").text)
    assert answer.status_code == 422
    assert "fl_" not in answer.text


# --- being asked again -----------------------------------------------------------------------------------------------


def grow_old(site: Site) -> None:
    with site.writing() as connection:
        connection.execute(update(tables.session).values(confirmed_at=datetime.now(UTC) - timedelta(minutes=11)))


def again(answer: Any) -> dict[str, Any]:
    """Return the fields of the question, with all that was sent before."""
    pairs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text.partition("dialog-head")[2])
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(html.unescape(value))
    return found


def test_what_matters_asks_again_and_then_goes_on(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/profile/tokens").text
    grow_old(crm)
    values = {"name": "Script", "access": "write", "days": "7", "objects": ["customer", "contact"]}
    asked_again = person.post("/profile/tokens", values, page)
    assert asked_again.status_code == 403
    assert "fl_" not in asked_again.text
    wrong = person.client.post("/profile/tokens", data={**again(asked_again), "step_up_secret": "wrong"})
    assert wrong.status_code == 403
    assert 'aria-invalid="true"' in wrong.text
    done = person.client.post("/profile/tokens", data={**again(wrong), "step_up_secret": PASSWORD})
    assert done.status_code == 200
    assert "fl_" in done.text
    with crm.reading() as connection:
        (scopes,) = connection.execute(select(tables.token.c.scopes).where(tables.token.c.name == "Script")).scalars()
    assert sorted(scopes) == ["contact:write", "customer:write"]
    # Not asked for the next ten minutes.
    assert person.post("/profile/tokens", {**values, "name": "Second"}, page).status_code == 200


def test_who_has_a_second_factor_is_asked_for_it(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    key, _codes = turn_on(person)
    page = person.get("/profile/tokens").text
    grow_old(crm)
    question = person.post("/profile/tokens", {"name": "Script", "access": "read", "days": "7"}, page)
    sent = again(question)
    assert person.client.post("/profile/tokens", data={**sent, "step_up_secret": PASSWORD}).status_code == 403
    code = pyotp.TOTP(key).now()
    assert "fl_" in person.client.post("/profile/tokens", data={**sent, "step_up_secret": code}).text


def test_other_peoples_passwords_and_roles_ask_again(crm: Site, sign_in: SignIn) -> None:
    admin, wu = sign_in("admin"), user_id(crm, "wu")
    page = admin.get(f"/people/{wu}/password").text
    form = inputs(admin.get(f"/o/user/{wu}/edit").text)
    grow_old(crm)
    asked_again = admin.post(f"/people/{wu}/password", {}, page, headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert (asked_again.status_code, asked_again.headers["HX-Retarget"]) == (403, "#dialog")
    assert asked_again.text.lstrip().startswith('<div class="dialog-head">')
    harmless = admin.client.post(f"/o/user/{wu}/edit", data={**form, "job_title": "Analyst"})
    assert harmless.status_code == 303, harmless.text
    form = inputs(admin.get(f"/o/user/{wu}/edit").text)
    roles = admin.client.post(f"/o/user/{wu}/edit", data={**form, "login": "wu.new"})
    assert roles.status_code == 403
    sent = {**again(roles), "step_up_secret": PASSWORD}
    assert admin.client.post(f"/o/user/{wu}/edit", data=sent).status_code == 303
    assert user_id(crm, "wu.new") == wu


def test_guessing_there_is_limited_too(crm: Site, sign_in: SignIn) -> None:
    person = sign_in("wang")
    page = person.get("/profile/tokens").text
    grow_old(crm)
    values = {"name": "S", "access": "read", "days": "7", "step_up_secret": "guess", "csrf_token": token_of(page)}
    statuses = [person.client.post("/profile/tokens", data=values).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]


# --- people in bulk, and what is forgotten ---------------------------------------------------------------------------


def bring_in(site: Site, folder: Any, login: str, rows: str) -> Any:
    from formline.cli.importing import run_import
    from formline.runtime.importing.job import enqueue_import

    file = folder / "people.csv"
    file.write_text(f"login,name,email,mobile,job title,department,manager,roles\n{rows}", encoding="utf-8")
    with site.writing() as connection:
        job = enqueue_import(site, connection, file, "people", user_id(site, login))
    return run_import(site, job)


def test_people_are_brought_in_and_set_their_passwords_by_mail(crm: Site, visitor: Person, tmp_path: Any) -> None:
    rows = "Ada,Ada Lovelace,ada@example.com,,Analyst,Analysis,wang,sales\nbob,Bob,,,,Analysis,ada,sales;nothing\n"
    report = bring_in(crm, tmp_path, "admin", rows)
    assert (report.created, report.rejected) == (1, 1)
    asked(visitor, "ada")
    link = link_in(mails(crm)[-1])
    assert visitor.post(link, {"password": NEW, "again": NEW}, visitor.get(link).text).status_code == 303
    page = visitor.get("/login").text
    assert visitor.post("/login", {"login": "ada", "password": NEW}, page).status_code == 303


def test_nobody_brings_people_in_without_the_right(crm: Site, tmp_path: Any) -> None:
    with pytest.raises(FormlineError, match="may not import"):
        bring_in(crm, tmp_path, "wang", "eve,Eve,,,,,,administrator\n")


def test_what_counts_no_more_is_forgotten(crm: Site, sign_in: SignIn, visitor: Person) -> None:
    from formline.runtime import tidying

    person = sign_in("wang")
    past = datetime.now(UTC) - timedelta(days=200)
    with crm.writing() as connection:
        for window in (1, 2):
            connection.execute(tables.rate.insert().values(name="sign-in:x", window=window, count=1))
        accounts.record_attempt(connection, "old", "203.0.113.1", succeeded=False)
        connection.execute(update(tables.login_attempt).where(tables.login_attempt.c.login == "old").values(at=past))
        row = {"user_id": user_id(crm, "wang"), "epoch": 0, "created_at": past, "seen_at": past, "expires_at": past}
        connection.execute(tables.session.insert().values(id="ended", **row))
    tidying.forget_sign_ins(jobs.Running(crm, None, uuid7()))  # type: ignore[arg-type]  # the job itself is not read
    with crm.reading() as connection:
        windows = connection.execute(select(tables.rate.c.window).where(tables.rate.c.name == "sign-in:x")).scalars()
        assert list(windows) == [2]
        assert "old" not in connection.execute(select(tables.login_attempt.c.login)).scalars().all()
        assert "ended" not in connection.execute(select(tables.session.c.id)).scalars().all()
    assert person.get("/o/customer").status_code == 200
