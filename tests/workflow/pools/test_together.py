"""Several processes claim at once: each customer goes to one person, and no limit is passed by a hair."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.test_house import ROOT
from tests.workflow.pools.firm import Firm

PROCESSES = 3


def test_two_claims_at_once_have_one_winner_and_limits_hold(firm: Firm) -> None:
    """Two claims a day each: of five customers four find somebody, whoever is quicker."""
    keys = [firm.customer(None) for _ in range(5)]
    settings = firm.site.settings
    command = [sys.executable, "-m", "tests.workflow.pools.claimer", settings.database_url, str(settings.data_dir)]
    running = [
        subprocess.Popen(
            [*command, str(seed), *(str(key) for key in keys)], cwd=Path(ROOT), stdout=subprocess.PIPE, text=True
        )
        for seed in range(PROCESSES)
    ]
    outcomes: Counter[str] = Counter()
    for process in running:
        output, _ = process.communicate(timeout=90)
        assert process.returncode == 0
        outcomes.update({name: int(count) for name, count in (line.split() for line in output.splitlines())})
    assert (outcomes["sam"], outcomes["sue"]) == (2, 2), outcomes
    assert set(outcomes) <= {"sam", "sue", "pool_taken", "pool_claims"}
    assert Counter(firm.owner(key) for key in keys) == {"sam": 2, "sue": 2, None: 1}
    assert len(firm.waiting()) == 1
