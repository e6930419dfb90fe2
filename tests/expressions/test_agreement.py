"""Python, SQLite, PostgreSQL and JavaScript give the same value in every cell: generated expressions x generated rows.

``FORMLINE_CELLS=200000 pytest tests/expressions/test_agreement.py`` compares more; ``FORMLINE_LONG=1`` a million.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from tests.expressions.agreement import Targets
from tests.expressions.conftest import CELLS, DEALS
from tests.expressions.node_target import NodeTarget
from tests.expressions.rows import Rows
from tests.expressions.strategies import expression, expressions

BATCH = 6
ZONES = ["Asia/Shanghai", "America/New_York", "UTC"]
COMPARED = settings(
    deadline=None,
    derandomize=False,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


pytestmark = [
    pytest.mark.timeout(120 + CELLS // 100),
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]


@pytest.fixture(params=ZONES, scope="module")
def targets(
    request: pytest.FixtureRequest, rows: Rows, sqlite_world: Connection, postgresql_world: Connection, node: NodeTarget
) -> Targets:
    """Return the world in every target, once per zone."""
    databases = {"sqlite": sqlite_world, "postgresql": postgresql_world}
    return Targets(rows, databases, node, ZoneInfo(request.param))  # type: ignore[arg-type]


def test_values_agree(targets: Targets) -> None:
    # Each expression over each row is compared in three pairs with Python: three cells.
    @settings(COMPARED, max_examples=max(1, CELLS // (BATCH * DEALS * 3 * len(ZONES))))
    @given(st.lists(expressions(), min_size=BATCH, max_size=BATCH))
    def compare(texts: list[str]) -> None:
        assert "\n".join(targets.disagreements(texts)) == ""

    compare()


def test_conditions_select_the_same_rows(targets: Targets) -> None:
    """A condition in a WHERE is compiled differently from one as a value: it must select the same rows."""

    @settings(COMPARED, max_examples=max(1, CELLS // (DEALS * 6 * len(ZONES)) // 2))
    @given(expression("test", 3))
    def compare(text: str) -> None:
        compiled = targets.compile(text)
        if compiled is None:
            return
        expected = [targets.python_condition(compiled, env) for env in targets.envs]
        for dialect in targets.databases:
            selected = set(targets.where(dialect, compiled))
            given = [deal["id"] in selected for deal in targets.deals]
            wrong = [
                (index, right, answer)
                for index, (right, answer) in enumerate(zip(expected, given, strict=True))
                if right != "raises" and bool(right) != answer
            ]
            assert (dialect, text, wrong) == (dialect, text, [])

    compare()
