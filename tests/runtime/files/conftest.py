"""A site with papers that hold files, and a server that speaks S3."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from formline.runtime.access.actor import Actor, ActorKind
from formline.runtime.keys import uuid7

if TYPE_CHECKING:
    from formline.fields.files import Attachment
    from formline.runtime.site import Site
    from tests.fixtures.databases import Prepare

PAPERS = """
kind: object
name: paper
title: name
attachments: true
fields:
  name: {type: text, required: true}
  scan: {type: file, accept: [pdf, text], max_size: 1}
  drafts: {type: file, multiple: true}
  photos: {type: image, multiple: true}
  sign: {type: signature}
  secret: {type: file, sensitive: true}
---
kind: role
name: clerk
label: Clerk
objects:
  paper: {create: true, read: own, update: own, delete: own}
---
kind: role
name: reader
label: Reader
objects:
  paper: {read: all}
"""
BUCKET = "files"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Return the address of a server on this machine that speaks S3, with one bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket=BUCKET)
    yield endpoint
    server.stop()


def prepare_papers(folder: Path) -> Prepare:
    def prepared(url: str) -> None:
        from tests.fixtures.catalogs import ORGANISATION
        from tests.fixtures.sites import published_at

        site = published_at(url, [*ORGANISATION.values(), PAPERS], folder)
        site.close()

    return prepared


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest) -> str:
    """Return ``local`` or ``s3``: a test using it runs once for each."""
    kind: str = request.param
    return kind


@pytest.fixture
def papers(
    request: pytest.FixtureRequest, store: str, database_copy: Callable[[str, Prepare], str], tmp_path: Path
) -> Iterator[Site]:
    """Return a site whose files are in the store under test."""
    from formline.runtime.site import Site
    from tests.fixtures.sites import settings_for

    settings = settings_for(database_copy("papers", prepare_papers(tmp_path)), tmp_path)
    if store == "s3":
        settings = dataclasses.replace(
            settings,
            file_store="s3",
            s3_bucket=BUCKET,
            s3_endpoint=request.getfixturevalue("s3_endpoint"),
            s3_region="us-east-1",
            s3_access_key="key",
            s3_secret_key="secret",
        )
    site = Site.open(settings)
    yield site
    site.close()


def person(*roles: str) -> Actor:
    """Return somebody with roles."""
    return Actor(ActorKind.USER, user_id=uuid7(), roles=frozenset(roles))


@pytest.fixture
def clerk() -> Actor:
    """Return somebody who writes papers of their own."""
    return person("clerk")


def upload(site: Site, actor: Actor, content: bytes, field: str = "scan", name: str = "scan.pdf") -> Attachment:
    """Stage a file for a field of a paper."""
    from formline.runtime.files.staging import stage, target_of

    return stage(site, actor, target_of(site.release, actor, "paper", field), name, io.BytesIO(content))


def states(site: Site) -> dict[Any, str]:
    """Return the state of every file by id."""
    from sqlalchemy import select

    from formline.runtime.tables import file

    with site.reading() as connection:
        return {row.id: row.state for row in connection.execute(select(file.c.id, file.c.state))}
