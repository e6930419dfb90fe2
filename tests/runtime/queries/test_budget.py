"""A statement that takes too long stops and says what to narrow; the connection goes on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from formline.errors import BudgetError
from formline.runtime.queries import budget
from tests.runtime.firm import Firm

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"


def test_a_slow_statement_stops(make_firm: Callable[..., Firm], monkeypatch: pytest.MonkeyPatch) -> None:
    firm = make_firm()
    monkeypatch.setattr(budget, "UNDECLARED", 0.0)  # whatever is longer is set on PostgreSQL for the statement alone
    with pytest.raises(BudgetError) as caught, budget.time_budget(firm.connection, 0.2):
        firm.connection.execute(text(ENDLESS))
    assert "Narrow the filter" in caught.value.hint
    with budget.time_budget(firm.connection, 5):
        assert firm.connection.execute(text("SELECT 1")).scalar_one() == 1


def test_other_errors_stay_what_they_are(make_firm: Callable[..., Firm]) -> None:
    from sqlalchemy.exc import DBAPIError

    firm = make_firm()
    with pytest.raises(DBAPIError), budget.time_budget(firm.connection):
        firm.connection.execute(text("SELECT * FROM no_such_table"))
