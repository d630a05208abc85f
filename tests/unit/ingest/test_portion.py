"""How a batch is shared between METRICS and BACKFILL."""

from __future__ import annotations

import pytest

from services.ingest.portion import backfill_portion, metrics_portion


@pytest.mark.parametrize(
    ("messages_max", "metrics_count", "metrics_pending", "expected"),
    [
        pytest.param(2_000, 1_500, 10_000, 500, id="at most a quarter while METRICS waits"),
        pytest.param(2_000, 0, 0, 2_000, id="everything when METRICS has nothing"),
        pytest.param(2_000, 30, 0, 1_970, id="what is free when METRICS is caught up"),
        pytest.param(3, 3, 9, 0, id="a tiny batch has no quarter"),
    ],
)
def test_backfill_never_holds_up_metrics(
    messages_max: int, metrics_count: int, metrics_pending: int, expected: int
) -> None:
    assert backfill_portion(messages_max, metrics_count, metrics_pending) == expected


@pytest.mark.parametrize(("messages_max", "expected"), [(2_000, 1_500), (3, 3), (1, 1)])
def test_metrics_gets_the_rest(messages_max: int, expected: int) -> None:
    assert metrics_portion(messages_max) == expected
