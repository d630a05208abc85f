"""The largest newest values, as a table: order, ties, labels, silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.api.live.latest import Latest
from services.api.metrics.families import require_gauge
from services.api.metrics.top import Order, TopWish, top_of
from shared.families.network import NETWORK
from shared.wire.decode import FamilyRows, SampleSet

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SPEED = require_gauge(NETWORK, "speed_bytes_per_second")


def latest_of(*readings: tuple[str, str, int, dict[str, float | None]]) -> Latest:
    """Return what is current of (host, source, age in seconds, interface → speed)."""
    latest = Latest()
    at = NETWORK.column_names.index(SPEED.name)
    for host, source, age_s, speeds in readings:
        rows = [
            tuple(name if place == 0 else speed if place == at else 0.0 for place in range(len(NETWORK.columns)))
            for name, speed in speeds.items()
        ]
        time = NOW - timedelta(seconds=age_s)
        latest.apply(SampleSet(host, source, "s", 1, time, None, {"network": FamilyRows(1.0, rows)}, ()))
    return latest


EXAMPLE = latest_of(
    ("a", "system", 0, {"eth0": 5.0, "eth1": 9.0, "lo": None}),
    ("b", "system", 15, {"eth0": 5.0}),
    ("b", "other", 1, {"eth0": 7.0}),
    ("c", "system", 16, {"eth0": 99.0}),
)


@pytest.mark.parametrize(
    ("hosts", "labels", "order", "limit", "expected"),
    [
        ("abc", {}, "desc", 10, "a/system/eth1=9 b/other/eth0=7 a/system/eth0=5 b/system/eth0=5"),
        ("abc", {}, "asc", 10, "a/system/eth0=5 b/system/eth0=5 b/other/eth0=7 a/system/eth1=9"),
        ("abc", {}, "desc", 1, "a/system/eth1=9"),
        ("b", {}, "desc", 10, "b/other/eth0=7 b/system/eth0=5"),
        ("abc", {"interface": ("*1", "lo")}, "desc", 10, "a/system/eth1=9"),
        ("abc", {"interface": ("nothing",)}, "desc", 10, ""),
        ("c", {}, "desc", 10, ""),
    ],
)
def test_the_first_by_a_gauge(
    hosts: str, labels: dict[str, tuple[str, ...]], order: Order, limit: int, expected: str
) -> None:
    answer = top_of(EXAMPLE, lambda host: host in hosts, TopWish(NETWORK, SPEED, labels, order, limit), NOW)
    assert (answer.family, answer.column) == ("network", SPEED.name)
    assert expected == " ".join(
        f"{row.host}/{row.source}/{row.labels['interface']}={row.value:g}" for row in answer.top
    )


def test_a_family_that_nobody_reads_has_no_top() -> None:
    assert top_of(Latest(), lambda _: True, TopWish(NETWORK, SPEED, {}, "desc", 10), NOW).top == []
