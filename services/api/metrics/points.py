"""Packed columns of the database become series that share one axis of time."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from services.api.answers import MSGPACK
from services.api.errors import TooMuchError
from services.api.metrics.schemas import Number, Series
from shared.family import Column
from shared.resolution import POINTS_MAX_LIMIT
from shared.select import ABSENT_INTEGER, Kind, Selection
from shared.wire.limits import REAL_DIGITS

CELLS_MAX = 500_000

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Points:
    """The axis and the series of one answer."""

    time: list[datetime]
    series: list[Series]


@dataclass(frozen=True, slots=True)
class EncodedPoints:
    """The same, as they stand in an answer, and when they were read."""

    time: msgspec.Raw
    series: msgspec.Raw
    as_of: datetime

    def __len__(self) -> int:
        return len(self.time) + len(self.series)


def rows_max(gauges: Sequence[Column]) -> int:
    """Return how many rows one answer may hold."""
    return CELLS_MAX // len(gauges)


def to_points(selection: Selection, rows: Sequence[Any], points_max: int = POINTS_MAX_LIMIT) -> Points:
    """Return the axis and the series of what `select_series` found.

    Raises TooMuchError where rows, or the series spread over the common axis, exceed CELLS_MAX, or the axis points_max.
    """
    labels = [column.name for column in selection.family.labels]
    at = 2 + len(labels)
    gauges = selection.gauges
    if sum(len(row[at]) for row in rows) // 8 > rows_max(gauges):
        raise too_much()
    # Series of one source were read at the same instants, so most columns of times are the same bytes.
    instants = {packed: unpacked(packed, "q") for packed in {row[at] for row in rows}}
    axis = sorted(set().union(*instants.values()))
    if len(axis) > points_max or len(axis) * len(rows) * len(gauges) > CELLS_MAX:
        raise too_much()
    places = _places(axis, instants)
    series = [
        Series(row[0], row[1], dict(zip(labels, row[2:at], strict=True)), {
            gauge.name: _spread(_numbers(gauge, selection.kind(gauge), packed), places[row[at]], len(axis))
            for gauge, packed in zip(gauges, row[at + 1 :], strict=True)
        })
        for row in sorted(rows, key=lambda row: tuple(row[:at]))
    ]  # fmt: skip
    return Points([_EPOCH + timedelta(microseconds=instant) for instant in axis], series)


def encode_points(points: Points, form: str, as_of: datetime) -> EncodedPoints:
    """Return points as JSON or msgpack; instants are ISO 8601 text in both."""
    encode = msgspec.msgpack.encode if form == MSGPACK else msgspec.json.encode
    time = encode(msgspec.to_builtins(points.time))
    return EncodedPoints(msgspec.Raw(time), msgspec.Raw(encode(points.series)), as_of)


def unpacked(packed: bytes, kind: Kind) -> list[Any]:
    """Return the numbers in a packed column."""
    return list(struct.unpack(f">{len(packed) // 8}{kind}", packed))


def rounded(values: Sequence[float]) -> list[float]:
    """Return `round_real` of every value; in one go that takes half the time."""
    return list(map(float, (f"%.{REAL_DIGITS}g " * len(values) % tuple(values)).split()))


def too_much() -> TooMuchError:
    """Return the refusal of an answer beyond the limit."""
    return TooMuchError(
        f"The answer would have more than {CELLS_MAX:,} numbers; ask for fewer hosts, fewer columns, "
        "a shorter range, a larger step or a smaller points_max, or for CSV, which has no such limit."
    )


def _places(axis: list[int], instants: dict[bytes, list[int]]) -> dict[bytes, list[int] | None]:
    """Return where on the axis each column of times belongs; None is the whole axis in its order."""
    position = {instant: at for at, instant in enumerate(axis)}
    return {
        packed: None if times == axis else [position[instant] for instant in times]
        for packed, times in instants.items()
    }


def _numbers(gauge: Column, kind: Kind, packed: bytes) -> list[Number]:
    values = unpacked(packed, kind)
    if kind == "q":
        return [None if value == ABSENT_INTEGER else value for value in values] if gauge.optional else values
    if gauge.sql_type == "bigint":
        return [None if value != value else round(value) for value in values]
    numbers: list[Number] = [*rounded(values)]
    # Only NaN is not itself.
    return [None if number != number else number for number in numbers] if gauge.optional else numbers


def _spread(numbers: list[Number], places: list[int] | None, length: int) -> list[Number]:
    if places is None:
        return numbers
    cells: list[Number] = [None] * length
    for place, number in zip(places, numbers, strict=True):
        cells[place] = number
    return cells
