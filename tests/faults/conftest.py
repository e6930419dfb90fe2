"""Lets the assertions of the plant tell what they compared."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.faults.plant", "tests.workflow.approvals.outcomes")
