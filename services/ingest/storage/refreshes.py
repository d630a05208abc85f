"""Keeps refreshes of continuous aggregates away from raw rows that go early, on behalf of their owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from services.ingest.storage.hypertables import IS_RAW_TABLE
from services.ingest.storage.keeping import Keeping
from services.ingest.storage.plain import raw_bounds
from services.ingest.storage.policies import desired_policies
from shared.family import Family
from shared.rollups import READS
from shared.sql import SCHEMA

FUNCTIONS = ("set_refresh_reach", "drop_rolled_before")
SETTLED_AFTER = timedelta(minutes=2)
"""Raw rows go so long after refreshes were told to reach less far: each of them has read that by then."""
_SET_REACH = f"SELECT {SCHEMA}.set_refresh_reach($1, $2)"
_DROP = f"SELECT {SCHEMA}.drop_rolled_before($1, $2)"
_RAW_READER = next(level for level, finer in READS.items() if finer == "raw")
_REFRESH = f"""job.proc_name = 'policy_refresh_continuous_aggregate'
        AND job.hypertable_schema = '{SCHEMA}'"""


def refreshes_ddl() -> list[str]:
    """Return the statements that make the two functions; each checks what it is asked for."""
    return [
        f"""CREATE OR REPLACE FUNCTION {SCHEMA}.set_refresh_reach(relation text, reach interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    known record;
    is_longer boolean;
BEGIN
    SELECT job.job_id, job.config INTO known FROM timescaledb_information.jobs AS job
    WHERE {_REFRESH}
        AND '{SCHEMA}.' || job.hypertable_name = relation;
    IF NOT FOUND OR (known.config ->> 'start_offset')::interval IS NOT DISTINCT FROM reach THEN
        RETURN false;
    END IF;
    IF reach < 3 * (known.config ->> 'end_offset')::interval THEN
        RAISE EXCEPTION 'expected a reach of at least three times %, got %', known.config ->> 'end_offset', reach;
    END IF;
    is_longer := reach > (known.config ->> 'start_offset')::interval;
    IF is_longer AND now() - reach < (
        SELECT greatest(storage.raw_dropped_before, now() - interval '1 day' * schema.raw_retention_days)
        FROM {SCHEMA}.storage_state AS storage, {SCHEMA}.schema_state AS schema
    ) THEN
        RAISE EXCEPTION 'a refresh that reaches back % would delete rollups of raw rows that are gone', reach;
    END IF;
    PERFORM alter_job(known.job_id, config => jsonb_set(known.config, '{{start_offset}}', to_jsonb(reach::text)));
    RETURN true;
END $body$""",
        f"""CREATE OR REPLACE FUNCTION {SCHEMA}.drop_rolled_before(relation text, bound timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    computed timestamptz;
BEGIN
    {IS_RAW_TABLE}
    IF EXISTS (
        SELECT FROM timescaledb_information.jobs AS job
        LEFT JOIN timescaledb_information.job_stats AS stats USING (job_id)
        WHERE {_REFRESH}
        AND '{SCHEMA}.' || job.hypertable_name = relation || '_{_RAW_READER}'
        AND (stats.job_status = 'Running'
            OR coalesce(now() - (job.config ->> 'start_offset')::interval, '-infinity') < bound)
    ) THEN
        RETURN 0;
    END IF;
    -- What was not computed yet stays, however old it is.
    SELECT _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(mat_hypertable_id)) INTO computed
    FROM _timescaledb_catalog.continuous_agg
    WHERE user_view_schema = '{SCHEMA}' AND '{SCHEMA}.' || user_view_name = relation || '_{_RAW_READER}';
    IF FOUND AND computed IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT count(*) FROM drop_chunks(relation::regclass, older_than => least(bound, computed)));
END $body$""",
    ]


async def settle_reach(connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping) -> bool:
    """Let each refresh reach as far as raw rows are complete, and no further; return whether any was told anew."""
    told = [
        await connection.fetchval(_SET_REACH, policy.relation, policy.after)
        for policy in desired_policies(families, keeping.retention, keeping.raw_complete)
        if policy.kind == "refresh"
    ]
    return any(told)


async def drop_early(connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping) -> dict[str, int]:
    """Drop chunks of raw rows before the setting lets its policy do so; return how many, by relation.

    Nothing goes soon after a step, nor while a refresh runs: it may have begun when it still reached further.
    """
    if keeping.last_step is not None and keeping.now - keeping.last_step.at < SETTLED_AFTER:
        return {}
    dropped = {}
    for relation, bound in raw_bounds(families, keeping).items():
        dropped[relation] = await connection.fetchval(_DROP, relation, bound)
    return {relation: count for relation, count in dropped.items() if count}
