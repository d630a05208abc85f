"""Every row of every rollup equals the one computed from the samples, before rounding; raw rows are stored once."""

from __future__ import annotations

from typing import Any

import asyncpg
import numpy as np
import pytest

from shared.families import FAMILIES
from shared.family import Family
from tests.integration.storage.generate import SERIES
from tests.integration.storage.oracle import Buckets, bucketed
from tests.integration.storage.samples import MICROSECONDS, Table, microseconds
from tests.integration.storage.stored import Stored

LEVEL_S = {"1m": 60, "5m": 300, "1h": 3_600}
RELATIVE = 1e-9


@pytest.mark.parametrize("name", SERIES)
async def test_raw_rows_are_stored_once(
    name: str, moment: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    table = stored.table(name, stored.parts(moment))
    keys = ", ".join(["host", "source", *(label.name for label in FAMILIES[name].labels)])
    rows = await storage_reader.fetch(f"SELECT {keys}, count(*) FROM metrics.{name} GROUP BY {keys}")
    counts = np.bincount(table.series, minlength=len(table.keys)).tolist()
    assert {tuple(row)[:-1]: row["count"] for row in rows} == dict(zip(table.keys, counts, strict=True))


@pytest.mark.parametrize("level", LEVEL_S)
@pytest.mark.parametrize("name", SERIES)
async def test_rollup_rows(
    name: str, level: str, moment: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    if stored.rollups_wait(moment):
        pytest.skip(f"{stored.mode}: rollups show rows that came late after the next refresh")
    table = stored.table(name, stored.parts(moment))
    rows = await storage_reader.fetch(f"SELECT * FROM metrics.{name}_{level}")
    found = {_place(row, table.family): row for row in rows}
    assert len(found) == len(rows), "no bucket of a series comes twice"
    buckets = bucketed(table, LEVEL_S[level] * MICROSECONDS)
    places = [
        (*table.keys[key], time) for key, time in zip(buckets.series.tolist(), buckets.time.tolist(), strict=True)
    ]
    assert sorted(map(str, set(places) ^ found.keys()))[:3] == []
    ordered = [found[place] for place in places]
    wrong = [column for column, right in _columns(buckets, table) if not right([row[column] for row in ordered])]
    assert wrong == []


def _place(row: asyncpg.Record, family: Family) -> tuple[Any, ...]:
    labels = (row[label.name] for label in family.labels)
    return (row["host"], row["source"], *labels, microseconds(row["time"]))


def _columns(buckets: Buckets, table: Table) -> list[tuple[str, Any]]:
    """Return each column and whether a list of what was found in it is right."""
    columns: list[tuple[str, Any]] = [("samples", lambda found: found == buckets.samples.tolist())]
    for gauge in table.family.gauges:
        right = buckets.columns[gauge.name]
        empty = right.count == 0
        columns += [
            (f"{gauge.name}_avg", _Near(np.where(empty, np.nan, right.avg))),
            (f"{gauge.name}_min", _Same(right.min.tolist(), empty.tolist())),
            (f"{gauge.name}_max", _Same(right.max.tolist(), empty.tolist())),
        ]
        if gauge.optional:
            columns.append((f"{gauge.name}_count", _Same(right.count.tolist(), [False] * len(empty))))
    return columns


class _Near:
    """Doubles that may have been added in any order; NaN stands for null."""

    def __init__(self, right: np.ndarray[Any, Any]) -> None:
        self._right = right

    def __call__(self, found: list[float | None]) -> bool:
        numbers = np.array([np.nan if number is None else number for number in found])
        return bool(np.allclose(numbers, self._right, rtol=RELATIVE, atol=0, equal_nan=True))


class _Same:
    """Numbers that must be equal, null where the bucket has none."""

    def __init__(self, right: list[float], empty: list[bool]) -> None:
        self._right = [None if none else number for number, none in zip(right, empty, strict=True)]

    def __call__(self, found: list[float | None]) -> bool:
        return found == self._right
