"""Samples as NumPy columns, which the oracle computes answers from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.family import Family

Ints: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[Any]
Flags: TypeAlias = NDArray[np.bool_]
Key: TypeAlias = tuple[str | int, ...]
"""Host, source, labels."""

MICROSECONDS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(instant: datetime) -> int:
    """Return whole microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def instant(since_epoch_us: int) -> datetime:
    """Return the instant that many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=since_epoch_us)


@dataclass(frozen=True, slots=True)
class Cells:
    """Numbers of one gauge; those that are not present mean nothing."""

    numbers: Numbers
    present: Flags


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive rows of one series of a family."""

    family: Family
    key: Key
    time: Ints
    cells: dict[str, Cells]

    def rows(self) -> list[list[Any]]:
        """Return gauges row by row as the wire carries them, None where there is none."""
        columns = [
            [number if present else None for number, present in zip(*_lists(self.cells[gauge.name]), strict=True)]
            for gauge in self.family.gauges
        ]
        return [list(row) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, slots=True)
class Table:
    """Every row of one family: `series` says to which of the keys it belongs."""

    family: Family
    keys: list[Key]
    series: NDArray[np.intp]
    time: Ints
    cells: dict[str, Cells]

    def where(self, chosen: Flags) -> Table:
        """Return the rows that are chosen."""
        cells = {name: Cells(cell.numbers[chosen], cell.present[chosen]) for name, cell in self.cells.items()}
        return Table(self.family, self.keys, self.series[chosen], self.time[chosen], cells)


def table_of(family: Family, runs: Sequence[Run]) -> Table:
    """Return all rows of a family; reals as the database keeps them, in single precision."""
    own = [run for run in runs if run.family.name == family.name]
    keys = sorted({run.key for run in own})
    at = {key: position for position, key in enumerate(keys)}
    cells = {}
    for gauge in family.gauges:
        numbers = np.concatenate([run.cells[gauge.name].numbers for run in own] or [np.zeros(0)])
        stored = numbers.astype(np.int64) if gauge.sql_type == "bigint" else _single(numbers)
        present = np.concatenate([run.cells[gauge.name].present for run in own] or [np.zeros(0, bool)])
        cells[gauge.name] = Cells(stored, present)
    series = np.concatenate([np.full(len(run.time), at[run.key], np.intp) for run in own] or [np.zeros(0, np.intp)])
    time = np.concatenate([run.time for run in own] or [np.zeros(0, np.int64)])
    return Table(family, keys, series, time, cells)


def _single(numbers: Numbers) -> Numbers:
    return numbers.astype(np.float32).astype(np.float64)


def _lists(cells: Cells) -> tuple[list[Any], list[bool]]:
    return cells.numbers.tolist(), cells.present.tolist()
