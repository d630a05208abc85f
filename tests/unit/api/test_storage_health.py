"""What /health says of how history is stored."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.health.checks import storage_component
from services.api.health.schemas import StorageState

DAY_SECONDS = 86_400


def state(**changed: Any) -> StorageState:
    found = {
        "mode": "plain", "size_bytes": None, "size_bytes_max": None, "free_percent": None,
        "raw_retention_seconds": 7 * DAY_SECONDS, "raw_retention_days": 7, "rollup_1m_retention_days": 30,
        "rollup_5m_retention_days": 90, "rollup_1h_retention_days": 365, "paused": False, "reason": None,
    }  # fmt: skip
    return StorageState(**{**found, **changed})


@pytest.mark.parametrize(
    ("storage", "status", "detail"),
    [
        (state(), "ok", "raw rows are kept for 7 days"),
        (state(raw_retention_seconds=8 * DAY_SECONDS), "ok", "raw rows are kept for 7 days"),
        (state(raw_retention_seconds=5_400), "degraded", "raw rows are kept for 1.5 h only, to stay within the size"),
        (state(raw_retention_seconds=5_400, reason="Full."), "degraded", "Full."),
        (state(paused=True), "degraded", "nothing new is stored: the disk is nearly full"),
        (state(paused=True, reason="3 % free."), "degraded", "3 % free."),
        (state(reason="All is well."), "ok", "raw rows are kept for 7 days"),
        (None, "degraded", "the database does not say how history is stored"),
    ],
)  # fmt: skip
def test_storage_is_degraded_while_it_keeps_less_than_was_set(
    storage: StorageState | None, status: str, detail: str
) -> None:
    found = storage_component(storage)
    assert (found.name, found.status, found.detail) == ("storage", status, detail)
