"""Rules to begin with, which tests then change."""

from __future__ import annotations

from typing import Any

from shared.alerts.rule import Rule
from shared.alerts.rule_encoding import rule_from

KINDS: dict[str, dict[str, Any]] = {
    "threshold": {"family": "cpu", "column": "total_percent", "warning": 80, "critical": 90},
    "rate": {"family": "disk", "column": "used_bytes", "warning": 1e6, "window_seconds": 600},
    "forecast": {
        "family": "disk",
        "column": "used_percent",
        "target": 100,
        "warning": 86_400,
        "window_seconds": 21_600,
    },
    "deviation": {"family": "cpu", "column": "load_1m_average", "warning": 4, "critical": 6, "window_seconds": 3600},
    "absence": {"critical": 15, "intervals_min": 5},
}


def content(kind: str = "threshold", **changes: Any) -> dict[str, Any]:
    """Return a good rule of a kind as plain values, with fields replaced; a field changed to `...` is left out."""
    plain = {"name": "mine", "kind": kind, **KINDS[kind], **changes}
    return {field: value for field, value in plain.items() if value is not ...}


def rule(kind: str = "threshold", **changes: Any) -> Rule:
    return rule_from(content(kind, **changes))
