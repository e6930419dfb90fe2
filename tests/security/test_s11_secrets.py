"""S11, secrets: values stay out of logs and of what an exception says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from formline.runtime.site import Site


@pytest.mark.parametrize("engine", ["read", "write"])
def test_a_failed_statement_does_not_tell_its_values(crm: Site, engine: str) -> None:
    with getattr(crm.engines, engine).connect() as connection, pytest.raises(DBAPIError) as failure:
        connection.execute(text("SELECT :given FROM no_such_table"), {"given": "13800138000"})
    assert "no_such_table" in str(failure.value)
    assert "13800138000" not in str(failure.value)
