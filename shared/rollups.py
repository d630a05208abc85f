"""Rollups of a family: relations and columns, the same in every storage mode, and the aggregates that fill them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.family import Column, Family
from shared.resolution import LEVEL_SECONDS, Level
from shared.sql import KEY_COLUMNS, SCHEMA

RollupLevel = Literal["1m", "5m", "1h"]

ROLLUP_LEVELS: tuple[RollupLevel, ...] = ("1m", "5m", "1h")
"""From fine to coarse."""

READS: dict[RollupLevel, Level] = {"1m": "raw", "5m": "1m", "1h": "5m"}
"""Level → the finer one that it is computed from."""


@dataclass(frozen=True, slots=True)
class RollupColumn:
    """One aggregate of a rollup: its name, type, and what computes it from the level that is read."""

    name: str
    sql_type: Literal["bigint", "double precision", "real"]
    expression: str


def relation(family: Family, level: Level) -> str:
    """Return the qualified name of a family's rows at a level."""
    return f"{SCHEMA}.{family.name}" if level == "raw" else f"{SCHEMA}.{family.name}_{level}"


def keys(family: Family) -> tuple[str, ...]:
    """Return the columns that tell the rows of one bucket apart."""
    return (*KEY_COLUMNS[1:], *(column.name for column in family.labels))


def aggregates(family: Family, level: RollupLevel) -> tuple[RollupColumn, ...]:
    """Return the columns after time, host, source and labels, in order; gauges added later come last.

    Averages are double precision and weighted by how many numbers they stand for, so every level tells the same
    average as the rows would; never a sum over `real`, which loses digits.
    """
    raw = READS[level] == "raw"
    found = [RollupColumn("samples", "bigint", "count(*)" if raw else "sum(samples)::bigint")]
    for gauge in family.gauges:
        found += _from_raw(gauge) if raw else _from_rollup(gauge)
    return tuple(found)


def column_names(family: Family, level: RollupLevel) -> tuple[str, ...]:
    """Return every column of a rollup, in order."""
    return (KEY_COLUMNS[0], *keys(family), *(column.name for column in aggregates(family, level)))


def average_of(gauge: Column) -> str:
    """Return the SQL of a gauge's average over several rows of a rollup.

    Counts are exact as doubles, and much faster: a sum of bigint is numeric.
    """
    weight = f"{gauge.name}_count" if gauge.optional else "samples"
    total = f"sum({weight}::float8)"
    return f"sum({gauge.name}_avg * {weight}) / {f'nullif({total}, 0)' if gauge.optional else total}"


def bucket_interval(level: RollupLevel) -> str:
    """Return the width of a level's buckets as SQL."""
    return f"interval '{LEVEL_SECONDS[level]} seconds'"


def _from_raw(gauge: Column) -> list[RollupColumn]:
    name, kind = gauge.name, _number_type(gauge)
    # The same number as avg(), which also adds up squares: rollups of network take three quarters of its time.
    counted = f"count({name})" if gauge.optional else "count(*)"
    columns = [
        RollupColumn(f"{name}_avg", "double precision", f"sum({name}::float8) / {counted}"),
        RollupColumn(f"{name}_min", kind, f"min({name})"),
        RollupColumn(f"{name}_max", kind, f"max({name})"),
    ]
    if gauge.optional:
        columns.append(RollupColumn(f"{name}_count", "bigint", f"count({name})"))
    return columns


def _from_rollup(gauge: Column) -> list[RollupColumn]:
    name, kind = gauge.name, _number_type(gauge)
    columns = [
        RollupColumn(f"{name}_avg", "double precision", average_of(gauge)),
        RollupColumn(f"{name}_min", kind, f"min({name}_min)"),
        RollupColumn(f"{name}_max", kind, f"max({name}_max)"),
    ]
    if gauge.optional:
        columns.append(RollupColumn(f"{name}_count", "bigint", f"sum({name}_count)::bigint"))
    return columns


def _number_type(gauge: Column) -> Literal["bigint", "real"]:
    return "bigint" if gauge.sql_type == "bigint" else "real"
