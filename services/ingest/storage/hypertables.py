"""What both editions of TimescaleDB have: hypertables, and dropping their old chunks on behalf of their owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from services.ingest.ceiling import KEPT_MIN
from services.ingest.storage.retention import Retention, raw_chunk
from shared.family import Family
from shared.sql import LEDGER, SCHEMA, table

DROP_BEFORE = f"SELECT {SCHEMA}.drop_before($1, $2)"
"""Parameters: the relation's qualified name, and an instant; returns how many chunks went."""

IS_RAW_TABLE = f"""IF NOT EXISTS (
        SELECT FROM timescaledb_information.hypertables
        WHERE hypertable_schema = '{SCHEMA}' AND '{SCHEMA}.' || hypertable_name = relation
    ) THEN
        RAISE EXCEPTION 'expected a hypertable of the schema {SCHEMA}, got %', relation;
    END IF;"""
"""What a function that drops chunks asks first: a continuous aggregate is none."""


def hypertable_ddl(relation: str, chunk: timedelta) -> list[str]:
    """Return the statements that make a table a hypertable, moving rows it has."""
    return [
        f"SELECT create_hypertable('{relation}', by_range('time', {interval(chunk)}), "
        "if_not_exists => true, create_default_indexes => false, migrate_data => true)"
    ]


def chunk_width_ddl(families: Sequence[Family], retention: Retention, sample_sets_per_second: float) -> list[str]:
    """Return the statements that make the chunks to come of ledger and raw tables fit a rate."""
    kept = {LEDGER: retention.of("raw")} | {table(family): retention.of_family(family) for family in families}
    return [
        f"SELECT set_chunk_time_interval('{relation}', {interval(raw_chunk(span, sample_sets_per_second))})"
        for relation, span in kept.items()
    ]


def drop_before_ddl() -> str:
    """Return the statement that makes the function by which ingest, who owns nothing, drops old chunks.

    It takes the names of this schema's tables only.
    """
    return f"""CREATE OR REPLACE FUNCTION {SCHEMA}.drop_before(relation text, bound timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
BEGIN
    {IS_RAW_TABLE}
    RETURN (SELECT count(*) FROM drop_chunks(relation::regclass, older_than => bound));
END $body$"""


async def first_chunk_end(connection: asyncpg.Connection, families: Sequence[Family], now: datetime) -> datetime | None:
    """Return the end of the oldest chunk of raw rows that may be dropped: before it, nothing goes."""
    found: datetime | None = await connection.fetchval(
        "SELECT min(range_end) FROM timescaledb_information.chunks"
        " WHERE hypertable_schema = $1 AND hypertable_name = ANY ($2::text[]) AND range_end <= $3",
        SCHEMA,
        [family.name for family in families],
        now - KEPT_MIN,
    )
    return found


def interval(width: timedelta) -> str:
    """Return a width as SQL."""
    return f"interval '{int(width.total_seconds())} seconds'"
