"""The right answers, computed in NumPy from the samples alone; no SQL and no product code takes part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import numpy as np

from tests.integration.storage.samples import (
    MICROSECONDS,
    Cells,
    Flags,
    Ints,
    Key,
    Numbers,
    Table,
    instant,
    microseconds,
)

Aggregate: TypeAlias = Literal["avg", "min", "max"]
Choice: TypeAlias = Callable[[Key], bool]
Right: TypeAlias = tuple[float | None, ...]

ORIGIN_US = microseconds(datetime(2000, 1, 3, tzinfo=UTC))
_BUCKETS_MAX = 2**40


@dataclass(frozen=True, slots=True)
class Column:
    """Aggregates of one gauge in each bucket; where the count is 0 the others mean nothing."""

    count: Ints
    avg: Numbers
    min: Numbers
    max: Numbers


@dataclass(frozen=True, slots=True)
class Buckets:
    """Aggregates of every series and bucket that has a row, ordered by series and time."""

    keys: list[Key]
    series: Ints
    time: Ints
    samples: Ints
    columns: dict[str, Column]


@dataclass(frozen=True, slots=True)
class Expected:
    """The right answer: `series[key][gauge][i]` holds what is right at `time[i]`, () where the series has no row.

    Several are right only where a clock that jumped named an instant twice.
    """

    time: list[datetime]
    series: dict[Key, dict[str, list[Right]]]


def stored_rows(table: Table, gauges: Sequence[str], choice: Choice, start: datetime, end: datetime) -> Expected:
    """Return the answer to a range that shows the rows themselves."""
    chosen = _within(table, choice, microseconds(start), microseconds(end))
    axis = np.unique(chosen.time)
    series: dict[Key, dict[str, list[Right]]] = {}
    at = np.searchsorted(axis, chosen.time).tolist()
    for name in gauges:
        cells = chosen.cells[name]
        rows = zip(chosen.series.tolist(), at, cells.numbers.tolist(), cells.present.tolist(), strict=True)
        for key, position, number, present in rows:
            columns = series.setdefault(table.keys[key], {})
            column = columns.setdefault(name, [()] * len(axis))
            column[position] = (*column[position], number if present else None)
    return Expected([instant(time) for time in axis.tolist()], series)


def stepped(
    table: Table,
    gauges: Sequence[str],
    choice: Choice,
    span: tuple[datetime, datetime],
    step_s: int,
    aggregate: Aggregate,
) -> Expected:
    """Return the answer to a range in whole steps: from that which holds its start to that of its last instant."""
    step_us = step_s * MICROSECONDS
    first = _floor(microseconds(span[0]), step_us)
    last = _floor(microseconds(span[1]) - 1, step_us) + step_us
    buckets = bucketed(_within(table, choice, first, last), step_us)
    axis = np.unique(buckets.time)
    at = np.searchsorted(axis, buckets.time).tolist()
    series: dict[Key, dict[str, list[Right]]] = {}
    for name in gauges:
        column = buckets.columns[name]
        numbers = getattr(column, aggregate).tolist()
        for key, position, number, count in zip(
            buckets.series.tolist(), at, numbers, column.count.tolist(), strict=True
        ):
            cells = series.setdefault(table.keys[key], {}).setdefault(name, [()] * len(axis))
            cells[position] = (number if count else None,)
    return Expected([instant(time) for time in axis.tolist()], series)


def bucketed(table: Table, step_us: int) -> Buckets:
    """Return the aggregates of all rows of a table in buckets of that width."""
    code = table.series.astype(np.int64) * _BUCKETS_MAX + (table.time - ORIGIN_US) // step_us
    codes, inverse, samples = np.unique(code, return_inverse=True, return_counts=True)
    columns = {name: _column(cells, inverse, len(codes)) for name, cells in table.cells.items()}
    time = codes % _BUCKETS_MAX * step_us + ORIGIN_US
    return Buckets(table.keys, codes // _BUCKETS_MAX, time, samples.astype(np.int64), columns)


def _column(cells: Cells, inverse: Ints, length: int) -> Column:
    numbers, bucket = cells.numbers[cells.present], inverse[cells.present]
    count = np.bincount(bucket, minlength=length)
    total = np.bincount(bucket, weights=numbers.astype(np.float64), minlength=length)
    whole = numbers.dtype == np.int64
    lowest = np.full(length, np.iinfo(np.int64).max if whole else np.inf, numbers.dtype)
    highest = np.full(length, np.iinfo(np.int64).min if whole else -np.inf, numbers.dtype)
    np.minimum.at(lowest, bucket, numbers)
    np.maximum.at(highest, bucket, numbers)
    return Column(count.astype(np.int64), total / np.maximum(count, 1), lowest, highest)


def _within(table: Table, choice: Choice, first_us: int, end_us: int) -> Table:
    shown = np.array([choice(key) for key in table.keys], np.bool_)
    chosen: Flags = (table.time >= first_us) & (table.time < end_us)
    return table.where(chosen & shown[table.series] if len(shown) else chosen)


def _floor(time_us: int, step_us: int) -> int:
    return (time_us - ORIGIN_US) // step_us * step_us + ORIGIN_US
