"""What a list of measurements comes to: percentiles, and whether memory stays where it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

FLAT_SHARE_MAX = 0.05
"""Flat is what grows by no more than this share of itself in ten minutes."""
FLAT_MINUTES = 10.0


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the least value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return how many there are, and their middle, 99th percentile and greatest; of none only that there are none."""
    if not values:
        return {"n": 0}
    return {"n": len(values), "p50": percentile(values, 50), "p99": percentile(values, 99), "max": max(values)}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Return by how much the second number grows with each one of the first, by least squares; 0 for one point."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    width = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / width if width else 0.0


def memory(samples: Sequence[tuple[float, float]], settled_s: float) -> dict[str, Any]:
    """Return what (seconds, resident bytes) come to from `settled_s` on: the growth, and whether that is flat."""
    settled = [(second / 60, size) for second, size in samples if second >= settled_s]
    if len(settled) < 3:
        return {"resident_bytes_end": samples[-1][1], "resident_is_flat": None}
    growth = slope(settled)
    middle = percentile([size for _, size in settled], 50)
    return {
        "resident_bytes_begin": settled[0][1], "resident_bytes_end": settled[-1][1],
        "resident_bytes_max": max(size for _, size in samples), "resident_bytes_a_minute": growth,
        "resident_is_flat": growth * FLAT_MINUTES <= FLAT_SHARE_MAX * middle,
    }  # fmt: skip
