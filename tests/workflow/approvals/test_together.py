"""Several processes decide on the same and on other tasks of the same instances: each task is decided once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.test_house import ROOT
from tests.workflow.approvals.firm import Firm
from tests.workflow.approvals.outcomes import verify_ended
from tests.workflow.approvals.voter import FASTER

PROCESSES = 3
#: Each asks for six to eight decisions, so that there are hundreds.
CONTRACTS = 32


@pytest.mark.slow
def test_every_task_is_decided_once_whoever_asks(firm: Firm) -> None:
    contracts = [firm.contract(600_000) for _ in range(CONTRACTS)]
    keys = [firm.sign(contract) for contract in contracts]
    outcomes = _processes(firm, [str(key) for key in keys])
    assert set(outcomes) <= {"decided", *FASTER}, outcomes
    decided = 0
    for contract, key in zip(contracts, keys, strict=True):
        assert key is not None
        decided += verify_ended(firm, contract, key)
    assert decided == outcomes["decided"] > 100


def _processes(firm: Firm, keys: list[str]) -> Counter[str]:
    settings = firm.site.settings
    found: Counter[str] = Counter()
    command = [sys.executable, "-m", "tests.workflow.approvals.voter", settings.database_url, str(settings.data_dir)]
    running = [
        subprocess.Popen([*command, str(seed), *keys], cwd=Path(ROOT), stdout=subprocess.PIPE, text=True)
        for seed in range(PROCESSES)
    ]
    for process in running:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0
        for line in output.splitlines():
            name, count = line.split()
            found[name] += int(count)
    return found
