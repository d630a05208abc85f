"""Says where the rows of a rollup differ from the right ones, before any rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import asyncpg
import numpy as np

from tests.integration.storage.oracle import Buckets, Column, bucketed
from tests.integration.storage.samples import MICROSECONDS, Table, microseconds

LEVEL_S = {"raw": 0, "1m": 60, "5m": 300, "1h": 3_600}
RELATIVE = 1e-9
"""Doubles may be added in any order."""

Place = tuple[Any, ...]
"""Host, source, labels, and the bucket's first instant in microseconds."""


async def rollup_rows(connection: asyncpg.Connection, table: Table, level: str) -> dict[Place, asyncpg.Record]:
    """Return the rows of a rollup by place; fail where a place comes twice."""
    rows = await connection.fetch(f"SELECT * FROM metrics.{table.family.name}_{level}")
    names = ["host", "source", *(label.name for label in table.family.labels)]
    found = {(*(row[name] for name in names), microseconds(row["time"])): row for row in rows}
    assert len(found) == len(rows), "no bucket of a series comes twice"
    return found


def wrong_places(
    found: dict[Place, asyncpg.Record], table: Table, level: str, must: Callable[[int], bool | None] = lambda time: True
) -> list[str]:
    """Return the places that are missing or too many; of a bucket `must` says whether it must be there, None either."""
    right = set(_places(bucketed(table, LEVEL_S[level] * MICROSECONDS)))
    wrong = [f"missing {place}" for place in right - found.keys() if must(place[-1])]
    wrong += [f"too many {place}" for place in found if place not in right or must(place[-1]) is False]
    return sorted(wrong)


def wrong_columns(found: dict[Place, asyncpg.Record], table: Table, level: str) -> list[str]:
    """Return the columns in which some row that is there is not right."""
    buckets = bucketed(table, LEVEL_S[level] * MICROSECONDS)
    places = _places(buckets)
    present = np.array([place in found for place in places], np.bool_)
    rows = [found[place] for place in places if place in found]

    def column(name: str) -> list[Any]:
        return [row[name] for row in rows]

    wrong = [] if column("samples") == buckets.samples[present].tolist() else ["samples"]
    for gauge in table.family.gauges:
        right = _chosen(buckets.columns[gauge.name], present)
        wrong += [] if _near(column(f"{gauge.name}_avg"), right) else [f"{gauge.name}_avg"]
        wrong += [] if _same(column(f"{gauge.name}_min"), right.min, right) else [f"{gauge.name}_min"]
        wrong += [] if _same(column(f"{gauge.name}_max"), right.max, right) else [f"{gauge.name}_max"]
        if gauge.optional and column(f"{gauge.name}_count") != right.count.tolist():
            wrong.append(f"{gauge.name}_count")
    return wrong


def _places(buckets: Buckets) -> list[Place]:
    pairs = zip(buckets.series.tolist(), buckets.time.tolist(), strict=True)
    return [(*buckets.keys[series], time) for series, time in pairs]


def _chosen(column: Column, chosen: Any) -> Column:
    return Column(column.count[chosen], column.avg[chosen], column.min[chosen], column.max[chosen])


def _near(found: Sequence[float | None], right: Column) -> bool:
    numbers = np.array([np.nan if number is None else number for number in found])
    expected = np.where(right.count == 0, np.nan, right.avg)
    return bool(np.allclose(numbers, expected, rtol=RELATIVE, atol=0, equal_nan=True))


def _same(found: Sequence[float | None], expected: Any, right: Column) -> bool:
    pairs = zip(expected.tolist(), right.count.tolist(), strict=True)
    return list(found) == [number if count else None for number, count in pairs]
