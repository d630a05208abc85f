"""What both editions of TimescaleDB have: hypertables, and dropping their old chunks on behalf of their owner."""

from __future__ import annotations

from datetime import timedelta

from shared.sql import SCHEMA

DROP_BEFORE = f"SELECT {SCHEMA}.drop_before($1, $2)"
"""Parameters: the relation's qualified name, and an instant; returns how many chunks went."""


def hypertable_ddl(relation: str, chunk: timedelta) -> list[str]:
    """Return the statements that make a table a hypertable, moving rows it has, and set the width of new chunks."""
    width = interval(chunk)
    return [
        f"SELECT create_hypertable('{relation}', by_range('time', {width}), "
        "if_not_exists => true, create_default_indexes => false, migrate_data => true)",
        f"SELECT set_chunk_time_interval('{relation}', {width})",
    ]


def drop_before_ddl() -> str:
    """Return the statement that makes the function by which ingest, who owns nothing, drops old chunks.

    It takes the names of this schema's tables only.
    """
    return f"""CREATE OR REPLACE FUNCTION {SCHEMA}.drop_before(relation text, bound timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $body$
BEGIN
    IF relation NOT LIKE '{SCHEMA}.%' THEN
        RAISE EXCEPTION 'expected a table of the schema {SCHEMA}, got %', relation;
    END IF;
    RETURN (SELECT count(*) FROM drop_chunks(relation::regclass, older_than => bound));
END $body$"""


def interval(width: timedelta) -> str:
    """Return a width as SQL."""
    return f"interval '{int(width.total_seconds())} seconds'"
