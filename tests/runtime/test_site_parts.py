"""Keys, secrets, platform tables, leases: the parts a site is made of."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from formline.runtime import leases, schema, tables
from formline.runtime.engines import DatabaseError, open_engines
from formline.runtime.keyring import KeyRing, SecretKeyError, load_keys
from formline.runtime.keys import uuid7, uuid7s
from formline.runtime.preparing import bootstrap_hash, bootstrap_secret, prepare
from formline.runtime.site import NoReleaseError, Site
from formline.settings import Settings
from tests.fixtures.sites import MakeSite, settings_for
from tests.runtime.migration.definitions import BASE


def test_keys_of_records_are_in_order_and_of_version_7() -> None:
    keys = [*uuid7s(5000), uuid7()]
    assert all(key.version == 7 for key in keys)
    assert keys[:5000] == sorted(set(keys[:5000]))


def test_every_purpose_has_a_key_of_its_own() -> None:
    ring = KeyRing(b"x" * 40)
    assert ring.key("session") == KeyRing(b"x" * 40).key("session")
    assert len({ring.key("session"), ring.key("cursor"), KeyRing(b"y" * 40).key("session")}) == 3
    with pytest.raises(SecretKeyError, match="shorter"):
        KeyRing(b"short")


def test_the_master_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with pytest.raises(SecretKeyError, match=r"no .*secret\.key"):
        load_keys(settings)
    assert prepare(settings).key_made
    file = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    assert not prepare(settings).key_made
    assert file.read_bytes() == before
    file.chmod(0o644)
    with pytest.raises(SecretKeyError, match="can be read by others"):
        load_keys(Settings(data_dir=tmp_path / "data", env="production"))


def test_a_database_without_tables_names_the_command(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path)
    with pytest.raises(schema.SchemaError, match="no Formline tables") as caught:
        Site.open(settings)
    assert caught.value.hint == "run `formline init`"
    prepare(settings)
    site = Site.open(settings)
    with pytest.raises(NoReleaseError):
        site.refresh()
    site.close()


def test_a_newer_database_is_refused(make_site: MakeSite, database_url: str, tmp_path: Path) -> None:
    site = make_site(BASE, database_url)
    with site.writing() as connection:
        connection.execute(update(tables.live).values(schema_version=schema.NEWEST + 1))
    with pytest.raises(schema.SchemaError, match="this code knows"):
        Site.open(settings_for(database_url, tmp_path))
    with pytest.raises(schema.SchemaError, match="this code knows"):
        prepare(settings_for(database_url, tmp_path))


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_do_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError):
        open_engines(Settings(database_url=url, data_dir=tmp_path))


def test_the_reading_engine_cannot_write_on_sqlite(make_site: MakeSite, tmp_path: Path) -> None:
    site = make_site(BASE, f"sqlite:///{tmp_path / 'x.db'}")
    with site.reading() as connection, pytest.raises(Exception, match="readonly"):
        connection.execute(update(tables.live).values(revision=99))


def test_the_first_administrator_gets_a_secret_of_which_a_hash_is_kept(make_site: MakeSite, database_url: str) -> None:
    site = make_site(BASE, database_url)
    bootstrap_secret(site)
    secret = bootstrap_secret(site)
    assert secret is not None
    with site.reading() as connection:
        (token,) = connection.execute(select(tables.token)).all()
    assert token.hash == bootstrap_hash(secret)
    with site.writing() as connection:
        account = {"user_id": uuid7(), "login": "a", "kind": "user", "created_at": datetime.now(UTC)}
        connection.execute(tables.account.insert().values(**account))
    assert bootstrap_secret(site) is None


def test_a_lease_tells_which_release_a_process_serves(make_site: MakeSite, database_url: str) -> None:
    site = make_site(BASE, database_url)
    with leases.held(site, "serve"), site.reading() as connection:
        assert leases.behind(connection, 1) == []
        assert len(leases.behind(connection, 2)) == 1
    with site.reading() as connection:
        assert leases.behind(connection, 2) == []
