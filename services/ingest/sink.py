"""Writes sample sets into the database: the ledger first, then the rows of what was new, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from services.ingest.accounting import Accounts, Rarity
from services.ingest.batch import Delivery, Key, distinct, ledger_arrays, records, tables_by_family
from services.ingest.link import Link
from services.ingest.metrics import Metrics
from services.ingest.storage.dirty import MARGIN, mark_insert
from services.ingest.storage.mode import Mode
from shared.families import FAMILIES
from shared.sql import SCHEMA, copy_columns, ledger_insert

# What an earlier version's provision leaves out is the newest table, which is made last.
_IS_PROVISIONED = """SELECT to_regclass('metrics.storage_state') IS NOT NULL
AND EXISTS (SELECT FROM pg_tables WHERE schemaname = 'app' AND tablename = 'alert_events')"""
_LEDGER_INSERT = ledger_insert()
_MARK_INSERT = mark_insert()
_MARGIN_SECONDS = int(MARGIN.total_seconds())
_COPY_COLUMNS = {name: copy_columns(family) for name, family in FAMILIES.items()}


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What the database records: the storage mode, and how long raw rows are kept at present."""

    mode: Mode
    raw_kept: timedelta


@dataclass(frozen=True, slots=True)
class Written:
    """What a batch added: sample sets, rows of each family, and minutes that came too late for their rollups."""

    sample_sets: int
    rows: dict[str, int]
    unmarked: int


class PostgresSink:
    """Commits all or none; writing a sample set twice is the same as once: the ledger knows it."""

    def __init__(
        self, connect: Callable[[], Awaitable[asyncpg.Connection]], metrics: Metrics, write_s_max: float
    ) -> None:
        self._link = Link(connect, metrics.database_up, write_s_max)
        self._metrics = metrics
        self._accounts = Accounts()
        self.marks_rollups = True
        """Whether a batch marks the minutes it touched; the storage mode says."""

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        """Commit the deliveries' sample sets; raise WriteError, or what is our bug, when nothing was committed."""
        by_key = distinct(deliveries)
        started_s = time.perf_counter()
        written = await self._link.do(
            lambda connection: _transaction(
                connection,
                by_key,
                lambda entered: self._accounts.enter(connection, deliveries, entered),
                marks_rollups=self.marks_rollups,
            )
        )
        self._accounts.committed()
        metrics = self._metrics
        metrics.write_seconds.observe(time.perf_counter() - started_s)
        metrics.batches.inc()
        metrics.sample_sets.inc(written.sample_sets)
        metrics.doubled.inc(len(deliveries) - written.sample_sets)
        metrics.sessions_unrecorded.inc(self._accounts.unrecorded_count)
        metrics.rollup_abandoned.inc(written.unmarked)
        for family, count in written.rows.items():
            metrics.rows.labels(family).inc(count)

    async def record(self, rarities: Sequence[Rarity]) -> None:
        """Commit counts of what will not be stored; raise as write does."""
        if rarities:
            await self._link.do(lambda connection: self._accounts.record(connection, rarities))

    async def provisioned(self) -> Provisioned | None:
        """Return what provision recorded, None before this version's first provision; raise as write does."""

        async def ask(connection: asyncpg.Connection) -> Provisioned | None:
            if not await connection.fetchval(_IS_PROVISIONED):
                return None
            row = await connection.fetchrow(
                "SELECT mode, raw_retention_seconds FROM metrics.schema_state, metrics.storage_state"
            )
            return None if row is None else Provisioned(row["mode"], timedelta(seconds=row["raw_retention_seconds"]))

        return await self._link.do(ask)

    def close(self) -> None:
        """Let go of the connection at once; an open transaction is rolled back by the server."""
        self._link.close()


async def _transaction(
    connection: asyncpg.Connection,
    by_key: Mapping[Key, Delivery],
    account: Callable[[list[Key]], Awaitable[None]],
    *,
    marks_rollups: bool,
) -> Written:
    """Return what was new and is written once the transaction is committed."""
    unmarked = 0
    async with connection.transaction():
        found = await connection.fetch(_LEDGER_INSERT, *ledger_arrays(by_key.values()))
        # All of them, nearly always; then the ledger does not name each.
        is_all_new = found[0]["entered_count"] == len(by_key)
        new = list(by_key) if is_all_new else [tuple(record)[1:] for record in found if record["host"] is not None]
        await account(new)
        grouped = tables_by_family(by_key[key].sample_set for key in new)
        for family, tables in grouped.items():
            await connection.copy_records_to_table(
                family, schema_name=SCHEMA, columns=_COPY_COLUMNS[family], records=records(tables)
            )
        if marks_rollups and new:
            minutes = {(time.replace(second=0, microsecond=0), host) for host, _, _, _, time in new}
            unmarked = await connection.fetchval(_MARK_INSERT, *zip(*minutes, strict=True), _MARGIN_SECONDS)
    rows = {family: sum(len(rows) for _, rows in tables) for family, tables in grouped.items()}
    return Written(len(new), rows, unmarked)
