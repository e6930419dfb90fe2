"""The demo: sample data, and passwords for its people, shown once; no command of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from formline.errors import AccessDeniedError
from formline.runtime.access.actor import Actor
from formline.runtime.queries import Query, fetch
from formline.runtime.sample_data import load_sample_data
from formline.runtime.site import Site
from formline.runtime.web_forms.samples import send_samples
from formline.workflow.approvals.samples import submit_samples
from formline.workflow.scores.keeping import rate_everything
from formline.workflow.segments.keeping import refresh

#: Shown in this order: one person of each kind first.
_FIRST = ("admin", "zhao", "wang")


def load_demo(site: Site) -> Iterator[str]:
    """Load sample data, give people without a password a random one, and yield lines that say how to sign in.

    Raises:
        AccessDeniedError: a production site, which must not have known people.
    """
    if site.settings.production:
        raise AccessDeniedError("Demo people are refused in production.", hint="unset FORMLINE_ENV or leave --demo out")
    keys = load_sample_data(site)
    submitted = submit_samples(site, keys)
    # What jobs keep up to date as time passes is right from the start.
    now = datetime.now(UTC)
    rate_everything(site, now)
    refresh(site, now)
    held = send_samples(site)
    yield f"Sample data: {sum(map(len, keys.values()))} records, {submitted} approvals, {held} forms that wait."
    yield from _people(site)


def _people(site: Site) -> Iterator[str]:
    from formline.web.auth import accounts, passwords

    with site.reading() as connection:
        people = fetch(connection, site.release, Actor.system(), Query("user", ("id", "login", "name"), limit=100)).rows
    people.sort(key=lambda row: (row["login"] not in _FIRST, row["login"]))
    made = []
    for person in people:
        password = passwords.new_password()
        hashed = passwords.hash_made(password)
        with site.writing() as connection:
            found = accounts.by_id(connection, site.release, person["id"])
            if found is not None and found.password_hash is None:
                accounts.save_password(connection, person["id"], person["login"], hashed, demo=True)
                made.append((person, password))
    if made:
        yield "Passwords of the demo's people, shown only now:"
    for person, password in made:
        yield f"  {person['login']:<8} {password}   {person['name']}"
