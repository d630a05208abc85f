"""TimescaleDB's Apache edition, or one too old: hypertables whose old chunks upkeep drops; the rest as in plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from services.ingest.storage.delivery import delivery_ddl
from services.ingest.storage.dirty import dirty_ddl
from services.ingest.storage.hypertables import (
    DROP_BEFORE,
    chunk_width_ddl,
    drop_before_ddl,
    first_chunk_end,
    hypertable_ddl,
)
from services.ingest.storage.keeping import Keeping
from services.ingest.storage.mode import Mode
from services.ingest.storage.plain import PlainStorage, raw_bounds
from services.ingest.storage.retention import Retention, raw_chunk
from shared.family import Family
from shared.sql import LEDGER, ledger_ddl, table, table_ddl


class ApacheStorage(PlainStorage):
    """Hypertables without continuous aggregates, columnstore and policies."""

    mode: Mode = "timescaledb_apache"
    shrinks = True
    functions: tuple[str, ...] = ("drop_before",)

    def tables(self, families: Sequence[Family], retention: Retention) -> list[str]:
        """Return the statements that make or widen ledger and raw hypertables; running them again changes nothing."""
        statements = [*ledger_ddl(), *delivery_ddl(), *dirty_ddl(), drop_before_ddl()]
        statements += hypertable_ddl(LEDGER, raw_chunk(retention.of("raw"), 0))
        for family in families:
            statements += table_ddl(family)
            statements += hypertable_ddl(table(family), raw_chunk(retention.of_family(family), 0))
        return statements

    def chunk_widths(
        self, families: Sequence[Family], retention: Retention, sample_sets_per_second: float
    ) -> list[str]:
        """Return the statements that make the chunks to come as wide as the present rate asks for."""
        return chunk_width_ddl(families, retention, sample_sets_per_second)

    async def first_to_go(
        self, connection: asyncpg.Connection, families: Sequence[Family], now: datetime
    ) -> datetime | None:
        """Return the end of the oldest chunk."""
        return await first_chunk_end(connection, families, now)

    async def _expire_raw(
        self, connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping
    ) -> dict[str, int]:
        """Drop chunks that are older as a whole; counts are of chunks."""
        bounds = raw_bounds(families, keeping)
        return {relation: await connection.fetchval(DROP_BEFORE, relation, bound) for relation, bound in bounds.items()}
