"""Claiming, returning, assigning, and limits that no path goes around."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from formline.errors import AccessDeniedError, ConflictError, FormlineError, NotFoundError, ValidationError
from formline.runtime.access.transfer import Transfer, transfer
from formline.runtime.unit import Change
from tests.workflow.pools.firm import DAY, START, Firm


def refusal(work: Callable[[], None]) -> str:
    """Return the code of what a limit says, or nothing."""
    try:
        work()
    except ValidationError as error:
        return error.errors[0].code
    return ""


def test_a_customer_without_owner_waits_until_somebody_claims_it(firm: Firm) -> None:
    key = firm.customer(None)
    assert firm.waiting() == {key}
    firm.claim("sam", key)
    assert (firm.owner(key), firm.waiting()) == ("sam", set())


def test_it_waits_in_the_first_pool_it_fits_and_moves_with_its_values(firm: Firm) -> None:
    key = firm.customer(None, region="west")
    assert (firm.waiting(), firm.waiting("others")) == (set(), {key})
    firm.change("", key, region="east")
    assert (firm.waiting(), firm.waiting("others")) == ({key}, set())


def test_only_members_claim_and_only_administrators_assign(firm: Firm) -> None:
    key = firm.customer(None)
    with pytest.raises(NotFoundError):
        firm.claim("eve", key)
    with pytest.raises(AccessDeniedError):
        firm.assign("sam", "sue", key)
    with pytest.raises(NotFoundError):
        firm.assign("bob", "eve", key)
    firm.assign("bob", "sue", key)
    assert firm.owner(key) == "sue"


def test_who_comes_second_is_told_so(firm: Firm) -> None:
    key = firm.customer(None)
    firm.claim("sam", key)
    with pytest.raises(ConflictError) as caught:
        firm.claim("sue", key)
    assert caught.value.code == "pool_taken"


def test_an_owner_puts_back_their_own_and_an_administrator_any(firm: Firm) -> None:
    mine, theirs = firm.customer("sam"), firm.customer("sue")
    firm.put_back("sam", mine)
    for name, key, error in (("sam", theirs, NotFoundError), ("bob", mine, ConflictError)):
        with pytest.raises(error):
            firm.put_back(name, key)
    firm.put_back("bob", theirs)
    assert firm.waiting() == {mine, theirs}


def test_nobody_gets_more_than_the_limit_on_any_path(firm: Firm) -> None:
    for _ in range(3):
        firm.customer("sam")
    firm.customer("sam", level="key")  # not counted
    waiting, sues = firm.customer(None), firm.customer("sue")
    assert refusal(lambda: firm.claim("sam", waiting)) == "pool_full"
    assert refusal(lambda: firm.assign("bob", "sam", waiting)) == "pool_full"
    assert refusal(lambda: firm.give("sue", sues, "sam")) == "pool_full"
    wanted = Transfer("customer", firm.ids["sam"])
    assert refusal(lambda: firm.run("sue", lambda unit: transfer(unit, wanted, [sues]))) == "pool_full"
    assert refusal(lambda: firm.customer("sam", by="sam") and None) == "pool_full"
    assert refusal(lambda: firm.customer("sam", by="bob") and None) == "pool_full"
    assert refusal(lambda: firm.customer("sam", by="bob", level="key") and None) == ""


def test_what_somebody_leaves_behind_goes_over_the_limit(firm: Firm) -> None:
    for _ in range(3):
        firm.customer("sam")
    left = firm.customer("eve")
    firm.run("", lambda unit: unit.update("user", [_inactive(firm)]))
    assert refusal(lambda: firm.give("bob", left, "sam")) == ""


def _inactive(firm: Firm) -> Change:
    return Change(firm.ids["eve"], {"active": False})


def test_returning_gives_no_claim_back(firm: Firm) -> None:
    keys = [firm.customer(None) for _ in range(3)]
    for key in keys[:2]:
        firm.claim("sam", key)
        firm.put_back("sam", key)
    assert refusal(lambda: firm.claim("sam", keys[2])) == "pool_claims"
    assert refusal(lambda: firm.claim("sam", keys[2], at=START + DAY)) == ""


def test_a_colleague_cannot_claim_for_somebody(firm: Firm) -> None:
    keys = [firm.customer(None) for _ in range(3)]
    for key in keys[:2]:
        firm.claim("sam", key)
    firm.claim("sue", keys[2])
    assert refusal(lambda: firm.give("sue", keys[2], "sam")) == "pool_claims"
    assert refusal(lambda: firm.give("bob", keys[2], "sam")) == ""  # the administrator assigns


def test_a_former_owner_waits_whoever_helps(firm: Firm) -> None:
    key = firm.customer("sam")
    firm.put_back("sam", key, at=START + DAY)
    assert refusal(lambda: firm.claim("sam", key, at=START + 2 * DAY)) == "pool_waits"
    firm.claim("sue", key, at=START + 2 * DAY)
    assert refusal(lambda: firm.give("sue", key, "sam", at=START + 3 * DAY)) == "pool_waits"
    firm.put_back("sue", key, at=START + 4 * DAY)
    firm.assign("bob", "sam", key, at=START + 5 * DAY)
    assert firm.owner(key) == "sam"


def test_a_former_owner_waits_even_where_a_colleague_put_it_back(firm: Firm) -> None:
    key = firm.customer("sam")
    firm.give("sam", key, "sue", at=START + DAY)
    firm.put_back("sue", key, at=START + DAY)
    assert refusal(lambda: firm.claim("sam", key, at=START + 2 * DAY)) == "pool_waits"
    assert refusal(lambda: firm.claim("sam", key, at=START + 16 * DAY)) == ""


def test_an_import_obeys_the_limits_too(firm: Firm) -> None:
    rows = [{"name": f"c{number}", "region": "east", "owner": firm.ids["sam"]} for number in range(4)]
    with pytest.raises(FormlineError) as caught:
        firm.run("bob", lambda unit: unit.create("customer", rows), source="import")
    assert isinstance(caught.value, ValidationError)
    assert {error.code for error in caught.value.errors} == {"pool_full"}


def test_a_refused_claim_changes_nothing(firm: Firm) -> None:
    keys = [firm.customer(None) for _ in range(3)]
    assert refusal(lambda: firm.claim("sam", *keys, at=START + timedelta(hours=1))) == "pool_claims"
    assert firm.waiting() == set(keys)
