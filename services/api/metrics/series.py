"""Stored rows become series that share one axis of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.api.errors import TooMuchError
from services.api.metrics.schemas import Number, Series
from shared.family import Column, Family
from shared.wire.encode import round_real

CELLS_MAX = 500_000


def rows_max(gauges: Sequence[Column]) -> int:
    """Return how many rows one answer may hold."""
    return CELLS_MAX // len(gauges)


def to_series(family: Family, gauges: Sequence[Column], rows: Sequence[Any]) -> tuple[list[datetime], list[Series]]:
    """Return the axis and the series; rows are (time, host, source, labels…, gauges…) in order of time.

    Raises TooMuchError where rows, or the series spread over the common axis, exceed CELLS_MAX.
    """
    if len(rows) > rows_max(gauges):
        raise too_much()
    labels_end = 3 + len(family.labels)
    axis: list[datetime] = []
    by_key: dict[tuple[Any, ...], list[tuple[int, Any]]] = {}
    for row in rows:
        if not axis or row[0] != axis[-1]:
            axis.append(row[0])
        by_key.setdefault(tuple(row[1:labels_end]), []).append((len(axis) - 1, row))
    if len(axis) * len(by_key) * len(gauges) > CELLS_MAX:
        raise too_much()
    names = [column.name for column in family.labels]
    series = [
        Series(key[0], key[1], dict(zip(names, key[2:], strict=True)), _values(gauges, points, labels_end, len(axis)))
        for key, points in sorted(by_key.items(), key=lambda entry: entry[0])
    ]
    return axis, series


def too_much() -> TooMuchError:
    """Return the refusal of an answer beyond the limit."""
    return TooMuchError(
        f"The answer would have more than {CELLS_MAX:,} numbers; "
        "ask for fewer hosts, fewer columns, a shorter range or a smaller points_max."
    )


def _values(
    gauges: Sequence[Column], points: Sequence[tuple[int, Any]], offset: int, length: int
) -> dict[str, list[Number]]:
    values: dict[str, list[Number]] = {}
    for position, gauge in enumerate(gauges, offset):
        cells: list[Number] = [None] * length
        whole = gauge.sql_type == "bigint"
        for at, row in points:
            value = row[position]
            if value is not None:
                cells[at] = round(value) if whole else round_real(value)
        values[gauge.name] = cells
    return values
