"""The rules of the bench: beside the shipped ones, so many that twenty look at every host, and one on sockets."""

from __future__ import annotations

from typing import Any

from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import rule_from

CROSSING = "crossing"
DISK = "disk"
"""The shipped rule on file systems."""

_BESIDE: tuple[dict[str, Any], ...] = (
    {"name": CROSSING, "family": "cpu", "column": "total_percent", "warning": 80},
    {"name": "iowait", "family": "cpu", "column": "iowait_percent", "warning": 80, "for_seconds": 60},
    {"name": "load", "family": "cpu", "column": "load_1m_average", "kind": "deviation", "window_seconds": 3600,
     "warning": 6},
    {"name": "core", "family": "cpu_core", "column": "total_percent", "warning": 95, "for_seconds": 60},
    {"name": "swap", "family": "swap", "column": "used_percent", "warning": 80},
    {"name": "swap_in", "family": "swap", "column": "in_bytes_per_second", "warning": 1e9, "for_seconds": 60},
    {"name": "memory_pace", "family": "memory", "column": "used_bytes", "kind": "rate", "window_seconds": 600,
     "warning": 1e9},
    {"name": "memory_full_soon", "family": "memory", "column": "used_percent", "kind": "forecast", "target": 100,
     "window_seconds": 3600, "warning": 60},
    {"name": "inodes", "family": DISK, "column": "inodes_used_percent", "warning": 80},
    {"name": "disk_busy", "family": "disk_io", "column": "busy_percent", "warning": 95, "for_seconds": 60},
    {"name": "disk_queue", "family": "disk_io", "column": "queue_depth_average", "aggregate": "max", "warning": 100},
    {"name": "network_errors", "family": "network", "column": "receive_errors_per_second", "aggregate": "sum",
     "warning": 1e9},
    {"name": "network_used", "family": "network", "column": "used_percent", "warning": 90, "for_seconds": 30},
    {"name": "receive", "family": "network", "column": "receive_bytes_per_second", "kind": "deviation",
     "window_seconds": 3600, "warning": 8},
)  # fmt: skip

LISTENING = "listening"


def beside_the_shipped() -> list[Rule]:
    """Return rules of every kind that make twenty together with those that are shipped and on."""
    return [rule_from(content) for content in _BESIDE]


def listening(level: int) -> Rule:
    """Return a rule without a hold on how many sockets listen."""
    return rule_from({
        "name": LISTENING, "family": "connection", "column": "connections_count", "warning": level,
        "labels": {"state": ["listen"]},
    })  # fmt: skip
