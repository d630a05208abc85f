"""The SQL of each storage mode is what the golden files say: a change of it is seen, and meant."""

from __future__ import annotations

import pytest

from services.ingest.storage.mode import Mode
from tests.contract.storage_sql import MODES, golden_path, rendered


@pytest.mark.parametrize("mode", MODES)
def test_the_sql_of_a_mode_is_golden(mode: Mode) -> None:
    assert rendered(mode) == golden_path(mode).read_text(), "meant? then write it anew: make docs"
