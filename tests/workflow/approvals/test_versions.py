"""New versions: over past submissions before they are live, and for instances that run."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from formline.errors import AccessDeniedError
from formline.workflow.approvals import shell
from formline.workflow.approvals.rehearsing import rehearse
from formline.workflow.approvals.state import RefusedError
from tests.fixtures.sites import MakeSite, publish
from tests.workflow.approvals.firm import CHANGE, CONTRACT, DELETION, TEXTS, Firm

#: Legal first, whatever the amount; the manager under another name.
DRAFT = """
kind: approval
name: contract_approval
label: Contract approval
object: contract
guards: {transition: sign}
steps:
  - {approve: line, approvers: {managers_of: owner}, was: manager}
  - {approve: legal, approvers: {role: legal}}
"""


def test_a_draft_is_played_over_what_was_submitted(firm: Firm) -> None:
    key = firm.sign(firm.contract(1000))
    found = rehearse(firm.site, firm.actor("kim"), "contract_approval", YAML(typ="safe").load(DRAFT), last=1)
    assert [one.approval_id for one in found] == [key]
    boss, lea = str(firm.ids["boss"]), str(firm.ids["lea"])
    assert found[0].asked == {"manager": (boss,)}
    assert found[0].would == {"line": (boss,), "legal": (lea,)}
    assert found[0].differs
    with pytest.raises(AccessDeniedError):
        rehearse(firm.site, firm.actor("sam"), "contract_approval", {}, last=1)


def test_an_instance_goes_on_in_the_live_version(make_site: MakeSite, database_url: str) -> None:
    firm = Firm(make_site(TEXTS, database_url))
    contract = firm.contract(1000)
    key = firm.sign(contract)
    assert key is not None
    with pytest.raises(RefusedError):
        shell.migrate(firm.site, firm.actor("kim"), key)
    publish(firm.site, [*TEXTS[:-4], CONTRACT, DRAFT, CHANGE, DELETION])
    assert firm.open(key) == ["boss@manager"]
    with pytest.raises(AccessDeniedError):
        shell.migrate(firm.site, firm.actor("sam"), key)
    tried = shell.migrate(firm.site, firm.actor("kim"), key, {"manager": "line"}, dry_run=True)
    assert (tried, firm.open(key)) == ((("line", "open"),), ["boss@manager"])
    shell.migrate(firm.site, firm.actor("kim"), key, {"manager": "line"})
    assert firm.open(key) == ["boss@line"]
    shell.decide(firm.site, firm.actor("boss"), key, firm.ballot(key, "boss"), "approve")
    assert firm.open(key) == ["lea@legal"]
    shell.decide(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "approve")
    assert firm.state(contract) == ("signed", "approved")
