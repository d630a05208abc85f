"""Answers of the routes for families and their rows."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from shared.resolution import Level
from shared.select import Aggregate

Label = str | int
Number = int | float | None


class LabelColumn(msgspec.Struct, frozen=True):
    """A label: it tells rows of one instant apart."""

    name: str
    doc: str
    type: Literal["str", "int"]


class GaugeColumn(msgspec.Struct, frozen=True):
    """A gauge: a number whose unit is the suffix of its name."""

    name: str
    doc: str
    unit: str
    type: Literal["int", "float"]
    optional: bool


class FamilyDefinition(msgspec.Struct, frozen=True):
    """A kind of reading: its columns, and how a page draws it."""

    name: str
    doc: str
    interval_seconds: int
    churning: bool
    headline: list[str]
    labels: list[LabelColumn]
    gauges: list[GaugeColumn]
    fitted: bool
    """Whether its axes fit the values also where these are shares, which are else drawn from 0 to 100."""


class Families(msgspec.Struct, frozen=True):
    """Every family, in the order in which pages show them."""

    families: list[FamilyDefinition]


class CurrentRows(msgspec.Struct, frozen=True):
    """The newest rows of one family on one host; cells stand in the order of `columns`."""

    host: str
    source: str
    family: str
    time: datetime
    interval_seconds: float
    columns: list[str]
    rows: list[list[str | int | float | None]]


class Current(msgspec.Struct, frozen=True):
    """One page of what is current; `next_cursor` asks for the next."""

    current: list[CurrentRows]
    next_cursor: str | None


class Series(msgspec.Struct, frozen=True):
    """The gauges of one label set over time: `values[gauge][i]` belongs to `time[i]`, null where there is none."""

    host: str
    source: str
    labels: dict[str, Label]
    values: dict[str, list[Number]]


class MetricRange(msgspec.Struct, frozen=True):
    """Every series of a family within [start, end), in whole steps; all share `time`."""

    family: str
    start: datetime
    end: datetime
    resolution: Level
    step_seconds: int | None
    aggregate: Aggregate
    as_of: datetime
    time: list[datetime]
    series: list[Series]


class EncodedRange(msgspec.Struct, frozen=True):
    """MetricRange with its large parts encoded already; instants are text, as in every form."""

    family: str
    start: str
    end: str
    resolution: Level
    step_seconds: int | None
    aggregate: Aggregate
    as_of: str
    time: msgspec.Raw
    series: msgspec.Raw


class TopRow(msgspec.Struct, frozen=True):
    """One series and its newest value."""

    host: str
    source: str
    labels: dict[str, Label]
    time: datetime
    value: int | float


class Top(msgspec.Struct, frozen=True):
    """The series with the largest (or smallest) newest values of one gauge."""

    family: str
    column: str
    top: list[TopRow]


class ProcessRow(msgspec.Struct, frozen=True):
    """One process, as of the newest reading of its host."""

    host: str
    time: datetime
    pid: int
    name: str
    cpu_percent: float
    resident_bytes: int
    memory_percent: float
    threads_count: int | None


class Processes(msgspec.Struct, frozen=True):
    """One page of processes in the order asked for; `next_cursor` asks for the next."""

    processes: list[ProcessRow]
    next_cursor: str | None
