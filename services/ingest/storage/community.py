"""TimescaleDB's community edition: hierarchical continuous aggregates, columnstore, and policies that do the upkeep."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

from services.ingest.storage.delivery import delivery_ddl
from services.ingest.storage.hypertables import chunk_width_ddl, first_chunk_end, hypertable_ddl, interval
from services.ingest.storage.keeping import Keeping
from services.ingest.storage.mode import Mode
from services.ingest.storage.policies import JOBS_SQL, Policy, desired_policies, policy_changes
from services.ingest.storage.refreshes import FUNCTIONS, drop_early, refreshes_ddl, settle_reach
from services.ingest.storage.retention import Retention, raw_chunk, rollup_chunk
from shared.family import Family
from shared.rollups import READS, ROLLUP_LEVELS, RollupLevel, aggregates, bucket_interval, keys, relation
from shared.sql import LEDGER, ledger_ddl, table, table_ddl


class CommunityStorage:
    """Everything TimescaleDB has."""

    mode: Mode = "timescaledb_community"
    marks_rollups = False
    shrinks = True
    functions: tuple[str, ...] = FUNCTIONS

    def tables(self, families: Sequence[Family], retention: Retention) -> list[str]:
        """Return the statements that make or widen ledger and raw hypertables; running them again changes nothing."""
        statements = [*ledger_ddl(), *delivery_ddl(), *refreshes_ddl()]
        statements += hypertable_ddl(LEDGER, raw_chunk(retention.of("raw"), 0))
        statements.append(_columnstore(LEDGER, ("host", "source", "session"), "seq, time"))
        for family in families:
            statements += table_ddl(family)
            statements += hypertable_ddl(table(family), raw_chunk(retention.of_family(family), 0))
            if family.churning:
                # Labels that live minutes would make segments of a few rows. Ordered by them, the numbers of one
                # process lie together, in half the bytes.
                labels = [label.name for label in family.labels]
                statements.append(_columnstore(table(family), ("host",), ", ".join([*labels, "time"])))
            else:
                statements.append(_columnstore(table(family), keys(family), "time"))
        return statements

    def chunk_widths(
        self, families: Sequence[Family], retention: Retention, sample_sets_per_second: float
    ) -> list[str]:
        """Return the statements that make the chunks to come as wide as the present rate asks for."""
        return chunk_width_ddl(families, retention, sample_sets_per_second)

    def rollups(
        self, family: Family, present: Mapping[RollupLevel, Collection[str]], retention: Retention
    ) -> list[str]:
        """Return the statements that make a family's continuous aggregates, or add the columns they lack in place."""
        statements = []
        for level in ROLLUP_LEVELS if family.rollups else ():
            if not present.get(level):
                statements += _aggregate_ddl(family, level, retention)
                continue
            statements += [
                f"ALTER MATERIALIZED VIEW {relation(family, level)} ADD COLUMN {column.name} {column.sql_type} "
                f"GENERATED ALWAYS AS ({column.expression}) STORED"
                for column in aggregates(family, level)
                if column.name not in present[level]
            ]
        return statements

    async def settle_policies(
        self, connection: asyncpg.Connection, families: Sequence[Family], retention: Retention, raw_kept: timedelta
    ) -> list[str]:
        """Bring the jobs to the retention, in the safe order; return the statements that did."""
        present = [
            Policy(row["kind"], row["relation"], row["after"], row["until"], row["begins"])
            for row in await connection.fetch(JOBS_SQL)
        ]
        changes = policy_changes(present, desired_policies(families, retention, raw_kept))
        for statement in changes:
            await connection.execute(statement)
        return changes

    async def expire(
        self, connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping
    ) -> dict[str, int]:
        """Drop chunks only while the ceiling by size bites: else retention policies do; return counts of chunks."""
        are_told = await settle_reach(connection, families, keeping)
        if are_told or keeping.raw_kept >= keeping.retention.of("raw"):
            return {}
        return await drop_early(connection, families, keeping)

    async def first_to_go(
        self, connection: asyncpg.Connection, families: Sequence[Family], now: datetime
    ) -> datetime | None:
        """Return the end of the oldest chunk."""
        return await first_chunk_end(connection, families, now)


def _aggregate_ddl(family: Family, level: RollupLevel, retention: Retention) -> list[str]:
    name = relation(family, level)
    columns = ", ".join(keys(family))
    expressions = ",\n    ".join(f"{column.expression} AS {column.name}" for column in aggregates(family, level))
    ordinals = ", ".join(str(position) for position in range(1, len(keys(family)) + 2))
    return [
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name} WITH (timescaledb.continuous, "
        "timescaledb.materialized_only = false, timescaledb.create_group_indexes = false, "
        f"timescaledb.chunk_interval = {interval(rollup_chunk(level, retention)).removeprefix('interval ')}) AS\n"
        f"SELECT time_bucket({bucket_interval(level)}, time) AS time, {columns},\n    {expressions}\n"
        f"FROM {relation(family, READS[level])}\nGROUP BY {ordinals}\nWITH NO DATA",
        f"CREATE INDEX {family.name}_{level}_host_time ON {name} (host, time DESC)",
        f"ALTER MATERIALIZED VIEW {name} SET (timescaledb.enable_columnstore = true, "
        f"timescaledb.segmentby = '{','.join(keys(family))}', timescaledb.orderby = 'time')",
    ]


def _columnstore(name: str, segment_by: Sequence[str], order_by: str) -> str:
    return (
        f"ALTER TABLE {name} SET (timescaledb.enable_columnstore = true, "
        f"timescaledb.segmentby = '{','.join(segment_by)}', timescaledb.orderby = '{order_by}')"
    )
