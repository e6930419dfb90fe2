"""The tests; folders mirror ``platform/``. Fixtures shared by all live in ``tests/fixtures/``."""
