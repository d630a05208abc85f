"""A directory of spools for one test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.collector.spools import Spools


@pytest.fixture
def spools(tmp_path: Path) -> Iterator[Spools]:
    made = Spools(tmp_path / "state" / "spool")
    yield made
    for spool in made.opened:
        spool.close()
