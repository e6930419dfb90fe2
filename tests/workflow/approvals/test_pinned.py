"""A plan against running approvals: what they need stays, what changes is told."""

from __future__ import annotations

from formline.runtime.candidates import candidate_of_texts
from formline.runtime.migration.plan import Plan, plan
from tests.workflow.approvals.firm import APPROVAL, CHANGE, CONTRACT, DELETION, TEXTS, Firm


def planned(firm: Firm, contract: str = CONTRACT, approval: str = APPROVAL) -> Plan:
    texts = [*TEXTS[:-4], contract, approval, CHANGE, DELETION]
    return plan(firm.site, candidate_of_texts(firm.site.settings, texts))


def test_a_plan_knows_the_approvals_that_run(firm: Firm) -> None:
    firm.sign(firm.contract())
    changed = planned(firm, approval=APPROVAL.replace("due_in: 2wd", "due_in: 3wd"))
    assert changed.blockers == ()
    assert [one.code for one in changed.warnings if one.code.startswith("appr")] == ["approvals-stay"]
    without = APPROVAL.replace(" or discount > 20", "").replace("[amount, discount]", "[amount]")
    without = without.replace("    editable: [discount]\n", "")
    gone = planned(firm, CONTRACT.replace("  discount: {type: percent}\n", ""), without)
    assert {one.code for one in gone.blockers} == {"running-approvals"}
    assert any("discount" in one.message for one in gone.blockers)
    assert [one for one in planned(firm).warnings if one.code == "approvals-stay"] == []
