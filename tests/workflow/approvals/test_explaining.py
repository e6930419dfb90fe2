"""Why it came to me, why it waits, why a step was skipped."""

from __future__ import annotations

from formline.workflow.approvals import shell, tasks
from formline.workflow.approvals.explaining import why_asked, why_skipped, why_waiting
from tests.workflow.approvals.firm import Firm


def test_reasons_are_told(firm: Firm) -> None:
    key = firm.sign(firm.contract(600_000))
    assert key is not None
    boss, sam = firm.actor("boss"), firm.actor("sam")
    case = tasks.case_of(firm.site, boss, key)
    because = why_asked(case, firm.ballot(key, "boss"))
    assert [(one.code, one.values) for one in because] == [("chosen", {"selector": "managers_of: owner"})]
    assert [(one.code, one.values["people"]) for one in why_waiting(case)] == [("waits", (str(firm.ids["boss"]),))]
    shell.decide(firm.site, boss, key, firm.ballot(key, "boss"), "approve")
    shell.act(firm.site, firm.actor("lea"), key, firm.ballot(key, "lea"), "transfer", to=firm.ids["kim"])
    case = tasks.case_of(firm.site, sam, key)
    found = why_asked(case, firm.ballot(key, "kim"))
    assert [one.code for one in found] == ["condition", "transferred"]
    assert found[0].values == {"when": "amount >= 500000 or discount > 20", "step": "legal"}
    assert found[1].values == {"by": str(firm.ids["lea"])}
    assert why_skipped(case) == {}
    shell.act(firm.site, firm.actor("kim"), key, firm.ballot(key, "kim"), "return", opinion="No.")
    assert [one.code for one in why_waiting(tasks.case_of(firm.site, sam, key))] == ["returned"]
