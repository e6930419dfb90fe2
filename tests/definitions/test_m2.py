"""M2, the customer pool as it ships: claimed once, given by managers, taken back from who does not look after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from formline.errors import ConflictError, FormlineError, ValidationError
from formline.runtime.unit import run_unit
from formline.workflow.pools import moving
from formline.workflow.pools.definition import Pool
from formline.workflow.pools.recycling import losses
from tests.definitions.crm import Crm


def pool(crm: Crm) -> Pool:
    found: Pool = crm.site.release.catalog.get("pool", "customer_pool")
    return found


def free(crm: Crm, name: str) -> UUID:
    return crm.create("", "customer", confirm=True, name=name, owner=None)


def claim(crm: Crm, who: str, *keys: UUID) -> None:
    run_unit(crm.site, crm.actor(who), lambda unit: moving.claim(unit, pool(crm), keys))


def test_a_free_customer_is_claimed_once_and_comes_back(crm: Crm) -> None:
    key = free(crm, "无主客户")
    assert crm.get("customer", key, "name", who="wang") is None
    claim(crm, "wang", key)
    assert crm.get("customer", key, "owner") == crm.key("user", "wang")
    with pytest.raises(ConflictError):
        claim(crm, "chen", key)
    with pytest.raises(FormlineError):
        run_unit(crm.site, crm.actor("chen"), lambda unit: moving.put_back(unit, "customer", [key]))
    run_unit(crm.site, crm.actor("wang"), lambda unit: moving.put_back(unit, "customer", [key]))
    assert crm.get("customer", key, "owner") is None
    with pytest.raises(ValidationError):  # a former owner waits
        claim(crm, "wang", key)


def test_ten_claims_are_a_day_s_share(crm: Crm) -> None:
    keys = [free(crm, f"无主客户 {number}") for number in range(11)]
    claim(crm, "sun", *keys[:10])
    with pytest.raises(ValidationError):
        claim(crm, "sun", keys[10])
    claim(crm, "han", keys[10])


def test_who_loses_what_is_known_beforehand(crm: Crm) -> None:
    key = free(crm, "无人跟进")
    claim(crm, "wu", key)
    now = datetime.now(UTC)
    with crm.site.reading() as connection:
        soon = losses(connection, crm.site.release, pool(crm), now + timedelta(days=61), None)
        tomorrow = losses(connection, crm.site.release, pool(crm), now + timedelta(days=1), None)
    assert key in {one.id for one in soon}
    assert key not in {one.id for one in tomorrow}
