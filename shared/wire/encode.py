"""Writes sample sets as msgpack; needs nothing beyond msgpack, so that a collector stays small."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgpack

from shared.family import Family
from shared.wire.limits import (
    BIGINT_MAX,
    BIGINT_MIN,
    BODY_BYTES_MAX,
    REAL_DIGITS,
    REAL_MAX,
    TEXT_BYTES_MAX,
    VERSION,
)

Cell = str | int | float | None


class UnsendableError(ValueError):
    """A row cannot be sent within the limits of the wire. Leave it out and count it; sending again cannot help."""


@dataclass(frozen=True, slots=True)
class Previous:
    """The session before this one and the last number it gave out, so that a lost tail can be counted."""

    session: str
    seq_last: int


@dataclass(frozen=True, slots=True)
class Rows:
    """What one family read at one tick: rows in the order of the family's columns, ready to be packed."""

    family: Family
    interval_seconds: float
    rows: list[list[Cell]]


@dataclass(slots=True)
class Numbering:
    """Numbers of one session: counted without holes, never reused."""

    session: str
    last: int = 0

    def next(self) -> int:
        """Return the next number, starting with 1."""
        self.last += 1
        return self.last


@dataclass(frozen=True, slots=True)
class Encoded:
    """One sample set ready to be published."""

    session: str
    seq: int
    body: bytes = field(repr=False)

    @property
    def message_id(self) -> str:
        """Value of the header Nats-Msg-Id, by which the broker drops quick repeats."""
        return f"{self.session}:{self.seq}"


def cells(family: Family, row: Any) -> list[Cell]:
    """Return a row's cells in column order, reals rounded; raise UnsendableError when one is beyond the limits."""
    values: list[Cell] = []
    for column in family.columns:
        value = getattr(row, column.name)
        if value is None:
            if not column.optional:
                raise UnsendableError(f"{family.name}.{column.name}: expected a value, got none")
        elif column.type is str:
            _check_text(family.name, column.name, value)
        elif column.sql_type == "bigint":
            value = int(value)
            if not BIGINT_MIN <= value <= BIGINT_MAX:
                raise UnsendableError(f"{family.name}.{column.name}: expected at most 2^63 - 1 either way, got {value}")
        else:
            value = round_real(float(value))
            if not -REAL_MAX <= value <= REAL_MAX:
                raise UnsendableError(f"{family.name}.{column.name}: expected a finite number, got {value}")
        values.append(value)
    return values


def round_real(value: float) -> float:
    """Return value rounded to six significant digits; NaN and infinities come back as they are."""
    if value == 0.0 or not math.isfinite(value):
        return value
    return float(f"{value:.{REAL_DIGITS}g}")


def encode(  # noqa: PLR0913 - each is one fact of the message
    host: str,
    source: str,
    time: datetime,
    readings: Sequence[Rows],
    sequence: Numbering,
    previous: Previous | None = None,
) -> list[Encoded]:
    """Return the sample sets of one tick: one, or several of the same time where one body would be too large.

    Each family stays whole where it fits; one that does not is split by rows.
    """
    encoded: list[Encoded] = []
    for group in _groups(readings):
        families = dict(group)
        number = sequence.next()
        message: dict[str, Any] = {
            "v": VERSION,
            "host": host,
            "source": source,
            "session": sequence.session,
            "seq": number,
            "time": time,
            "families": families,
        }
        if previous is not None:
            message["previous"] = {"session": previous.session, "seq_last": previous.seq_last}
        encoded.append(Encoded(sequence.session, number, msgpack.packb(message, datetime=True)))
    return encoded


_ENVELOPE_BYTES = 2_048
"""More than everything around the families can take: host 253, source 64, two sessions 64 each, keys."""

_Table = dict[str, Any]


def _groups(readings: Iterable[Rows]) -> Iterator[list[tuple[str, _Table]]]:
    """Yield tables that fit one body together; usually one group with everything."""
    group: list[tuple[str, _Table]] = []
    size = _ENVELOPE_BYTES
    for name, table, table_bytes in _fitting(readings):
        if group and (size + table_bytes > BODY_BYTES_MAX or any(name == other for other, _ in group)):
            yield group
            group, size = [], _ENVELOPE_BYTES
        group.append((name, table))
        size += table_bytes
    if group:
        yield group


def _fitting(readings: Iterable[Rows]) -> Iterator[tuple[str, _Table, int]]:
    """Yield each family's table with its packed size, split in halves until it fits a body of its own."""
    for reading in readings:
        pending = [reading.rows]
        while pending:
            rows = pending.pop(0)
            table = {
                "interval_seconds": float(reading.interval_seconds),
                "columns": reading.family.column_names,
                "rows": rows,
            }
            size = len(msgpack.packb(table)) + len(reading.family.name) + 8
            if len(rows) > 1 and (size > BODY_BYTES_MAX - _ENVELOPE_BYTES or len(rows) > reading.family.rows_max):
                middle = len(rows) // 2
                pending[:0] = [rows[:middle], rows[middle:]]
            else:
                yield reading.family.name, table, size


def _check_text(family: str, column: str, value: Any) -> None:
    try:
        size = len(value.encode())
    except UnicodeEncodeError as error:
        raise UnsendableError(f"{family}.{column}: the text is not valid UTF-8") from error
    if size > TEXT_BYTES_MAX or "\0" in value:
        raise UnsendableError(
            f"{family}.{column}: expected at most {TEXT_BYTES_MAX} bytes of text without NUL, got {size} bytes"
        )
