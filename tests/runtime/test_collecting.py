"""The garbage collector looks rarely inside, and as before once the last one has left."""

from __future__ import annotations

import gc

import pytest

from formline.runtime.collecting import ALLOCATIONS, collecting_rarely


def test_the_last_one_out_puts_the_setting_back() -> None:
    before = gc.get_threshold()
    first, second = collecting_rarely(), collecting_rarely()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] == ALLOCATIONS
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before


def test_an_error_puts_it_back() -> None:
    before = gc.get_threshold()
    with pytest.raises(KeyError), collecting_rarely():
        raise KeyError
    assert gc.get_threshold() == before
