"""The columns that each relation of a family must have, from its definition alone."""

from __future__ import annotations

import asyncpg

from shared.family import Family
from shared.resolution import Level

SQL_TYPES = {str: "text", int: "bigint", float: "real"}


def expected_columns(family: Family, level: Level) -> list[tuple[str, str]]:
    """Return name and type of each column, in order."""
    columns = [("time", "timestamp with time zone"), ("host", "text"), ("source", "text")]
    columns += [(label.name, SQL_TYPES[label.type]) for label in family.labels]
    if level == "raw":
        return columns + [(gauge.name, SQL_TYPES[gauge.type]) for gauge in family.gauges]
    columns.append(("samples", "bigint"))
    for gauge in family.gauges:
        kind = SQL_TYPES[gauge.type]
        columns += [(f"{gauge.name}_avg", "double precision"), (f"{gauge.name}_min", kind), (f"{gauge.name}_max", kind)]
        columns += [(f"{gauge.name}_count", "bigint")] if gauge.optional else []
    return columns


async def found_columns(connection: asyncpg.Connection, family: Family, level: Level) -> list[tuple[str, str]]:
    """Return name and type of each column that the database has, in order."""
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'metrics' AND table_name = $1 ORDER BY ordinal_position",
        family.name if level == "raw" else f"{family.name}_{level}",
    )
    return [(row["column_name"], row["data_type"]) for row in rows]
