"""Reads sample sets with typed msgspec: whatever passes here, the database can store."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from shared.families import FAMILIES
from shared.family import Column, Family
from shared.subjects import HOST_BYTES_MAX, SOURCE_BYTES_MAX, TokenError, host_and_source, host_name, source_name
from shared.wire.limits import (
    BIGINT_MAX,
    BIGINT_MIN,
    BODY_BYTES_MAX,
    COLUMNS_MAX,
    FAMILIES_MAX,
    INTERVAL_SECONDS_MAX,
    REAL_MAX,
    SESSION_BYTES_MAX,
    TEXT_BYTES_MAX,
    VERSION,
)

Row = tuple[Any, ...]

UNKNOWN_MAX = 20
"""Unknown names that a sample set is told with: a stranger chooses them, and there may be thousands in one body."""


class DecodeError(Exception):
    """A message is not a sample set we can use. Set it aside with this reason; it will never decode."""


class NewerVersionError(DecodeError):
    """A message is of a later version of the wire. Set it aside; a later release can read it."""


Session = Annotated[str, Meta(min_length=1, max_length=SESSION_BYTES_MAX, pattern=r"\A[!-~]+\Z")]


class PreviousSession(msgspec.Struct, frozen=True):
    """The session before this one, as a young session names it."""

    session: Session
    seq_last: Annotated[int, Meta(ge=0, le=BIGINT_MAX)]


class FamilyRows(msgspec.Struct, frozen=True, gc=False):
    """Rows of one family: tuples in the order of the family's columns, ready for COPY."""

    interval_seconds: float
    rows: list[Row]


class SampleSet(msgspec.Struct, frozen=True, gc=False):
    """All that one source saw on one host at one instant; `unknown` names some families and columns it skipped."""

    host: str
    source: str
    session: str
    seq: int
    time: datetime
    previous: PreviousSession | None
    families: dict[str, FamilyRows]
    unknown: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, str, str, int]:
        """(host, source, session, seq): what every consumer knows a sample set by."""
        return self.host, self.source, self.session, self.seq


class _Envelope(msgspec.Struct):
    v: int
    host: Annotated[str, Meta(min_length=1, max_length=HOST_BYTES_MAX)]
    source: Annotated[str, Meta(min_length=1, max_length=SOURCE_BYTES_MAX)]
    session: Session
    seq: Annotated[int, Meta(ge=1, le=BIGINT_MAX)]
    time: msgspec.Raw
    families: Annotated[dict[str, msgspec.Raw], Meta(max_length=FAMILIES_MAX)]
    previous: PreviousSession | None = None


class _VersionOnly(msgspec.Struct):
    v: int


class _IntervalOnly(msgspec.Struct):
    interval_seconds: Annotated[float, Meta(gt=0, le=INTERVAL_SECONDS_MAX)]


class _LooseTable(msgspec.Struct):
    interval_seconds: Annotated[float, Meta(gt=0, le=INTERVAL_SECONDS_MAX)]
    columns: Annotated[list[str], Meta(max_length=COLUMNS_MAX)]
    rows: list[list[Any]]


_TIMESTAMP_HEADS = (b"\xd6\xff", b"\xd7\xff", b"\xc7\x0c\xff")
"""How a msgpack timestamp of 32, 64 and 96 bits begins."""

_envelopes = msgspec.msgpack.Decoder(_Envelope)
_versions = msgspec.msgpack.Decoder(_VersionOnly)
_times = msgspec.msgpack.Decoder(datetime)
_intervals = msgspec.msgpack.Decoder(_IntervalOnly)
_loose_tables = msgspec.msgpack.Decoder(_LooseTable)


def decode(body: bytes, subject: str, wanted: Container[str] | None = None) -> SampleSet:
    """Return the sample set in body; raise DecodeError, and nothing else, when it is none or not its subject's.

    Whoever wants some families only saves the work for the others: these come with their interval and without rows.
    """
    try:
        return _decode(body, subject, wanted)
    except DecodeError:
        raise
    except (msgspec.MsgspecError, TokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError(_short(error)) from error


def _decode(body: bytes, subject: str, wanted: Container[str] | None) -> SampleSet:
    if len(body) > BODY_BYTES_MAX:
        raise DecodeError(f"expected a body of at most {BODY_BYTES_MAX} bytes, got {len(body)}")
    try:
        envelope = _envelopes.decode(body)
    except msgspec.MsgspecError:
        _refuse_newer(_versions.decode(body).v)
        raise
    _refuse_newer(envelope.v)
    expected = _spoken_for(subject)
    if (envelope.host, envelope.source) != expected:
        raise DecodeError(f"host and source are not those of the subject: {expected[0]!r} and {expected[1]!r}")
    time = _time(envelope.time)
    families: dict[str, FamilyRows] = {}
    unknown: list[str] = []
    for name, raw in envelope.families.items():
        reader = _READERS.get(name)
        if reader is None:
            _note(unknown, name[:64])
        elif wanted is not None and name not in wanted:
            families[name] = FamilyRows(_intervals.decode(raw).interval_seconds, [])
        else:
            families[name] = reader.read(raw, unknown)
    return SampleSet(
        envelope.host,
        envelope.source,
        envelope.session,
        envelope.seq,
        time,
        envelope.previous,
        families,
        tuple(unknown),
    )


@lru_cache(maxsize=16_384)
def _spoken_for(subject: str) -> tuple[str, str]:
    """Return the host and source of a subject; raise TokenError when one cannot be a name."""
    host, source = host_and_source(subject)
    return host_name(host), source_name(source)


def _time(raw: msgspec.Raw) -> datetime:
    # msgspec would also read text; a second spelling of time is one more thing that each consumer had to know.
    if bytes(memoryview(raw)[:3]).startswith(_TIMESTAMP_HEADS):
        return _times.decode(raw)
    raise DecodeError("time: expected a msgpack timestamp (extension type -1)")


def _refuse_newer(version: int) -> None:
    if version > VERSION:
        raise NewerVersionError(f"expected v {VERSION}, got the newer {version}")
    if version != VERSION:
        raise DecodeError(f"expected v {VERSION}, got {version}")


class _TableReader:
    """Reads the tables of one family: at once when the columns are exactly ours, otherwise by name."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._names = list(family.column_names)
        self._texts = [index for index, column in enumerate(family.columns) if column.type is str]
        self._row_type = tuple[tuple(_cell_type(column) for column in family.columns)]  # type: ignore[misc]
        table = msgspec.defstruct(
            f"{family.row.__name__}Table",
            [
                ("interval_seconds", Annotated[float, Meta(gt=0, le=INTERVAL_SECONDS_MAX)]),
                ("columns", list[str]),
                ("rows", Annotated[list[self._row_type], Meta(max_length=family.rows_max)]),  # type: ignore[name-defined]
            ],
        )
        self._tables: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(table)

    def read(self, raw: msgspec.Raw, unknown: list[str]) -> FamilyRows:
        try:
            table = self._tables.decode(raw)
            rows: list[Row] = table.rows
            if table.columns != self._names:
                return self._read_by_name(raw, unknown)
        except msgspec.ValidationError:
            return self._read_by_name(raw, unknown)
        self._check_texts(rows)
        return FamilyRows(table.interval_seconds, rows)

    def _read_by_name(self, raw: msgspec.Raw, unknown: list[str]) -> FamilyRows:
        table = _loose_tables.decode(raw)
        if len(table.rows) > self._family.rows_max:
            raise DecodeError(f"{self._family.name}: expected at most {self._family.rows_max} rows")
        if len(set(table.columns)) != len(table.columns):
            raise DecodeError(f"{self._family.name}: a column is named twice")
        width = len(table.columns)
        if any(len(row) != width for row in table.rows):
            raise DecodeError(f"{self._family.name}: expected {width} cells in every row, as many as columns")
        positions = self._positions(table.columns)
        for name in table.columns:
            if name not in self._names:
                _note(unknown, f"{self._family.name}.{name[:64]}")
        rows = [tuple(None if at is None else row[at] for at in positions) for row in table.rows]
        try:
            converted: list[Row] = msgspec.convert(rows, list[self._row_type])  # type: ignore[name-defined]
        except msgspec.ValidationError as error:
            raise DecodeError(f"{self._family.name}: {_short(error)}") from error
        self._check_texts(converted)
        return FamilyRows(table.interval_seconds, converted)

    def _positions(self, columns: list[str]) -> list[int | None]:
        positions: list[int | None] = []
        for column in self._family.columns:
            if column.name in columns:
                positions.append(columns.index(column.name))
            elif column.optional:
                positions.append(None)
            else:
                raise DecodeError(f"{self._family.name}: column {column.name} is missing")
        return positions

    def _check_texts(self, rows: list[Row]) -> None:
        for at in self._texts:
            for row in rows:
                text = row[at]
                if "\0" in text or (len(text) > TEXT_BYTES_MAX // 4 and len(text.encode()) > TEXT_BYTES_MAX):
                    raise DecodeError(
                        f"{self._family.name}.{self._names[at]}: "
                        f"expected at most {TEXT_BYTES_MAX} bytes of text without NUL"
                    )


def _note(unknown: list[str], name: str) -> None:
    if len(unknown) < UNKNOWN_MAX:
        unknown.append(name)


def _cell_type(column: Column) -> Any:
    cell: Any
    if column.type is str:
        cell = Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]
    elif column.sql_type == "bigint":
        cell = Annotated[int, Meta(ge=BIGINT_MIN, le=BIGINT_MAX)]
    else:
        # A bound in C refuses NaN and infinities as well: no comparison with NaN holds.
        cell = Annotated[float, Meta(ge=-REAL_MAX, le=REAL_MAX)]
    return cell | None if column.optional else cell


def _short(error: Exception) -> str:
    return str(error)[:300] or type(error).__name__


_READERS = {name: _TableReader(family) for name, family in FAMILIES.items()}
