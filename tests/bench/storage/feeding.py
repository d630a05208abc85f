"""Keeps the newest rows coming while answers are measured, so that ranges end in what is not rolled up yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import ROLLUPS_EVERY_S, settle
from tests.bench.storage.fill import FILLED, Extent, marks_insert, raw_insert
from tests.bench.storage.site import Site

_ENDED = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@asynccontextmanager
async def feeding(made: Site, extent: Extent) -> AsyncIterator[None]:
    """Enter every host's rows at the extent's interval, and do upkeep as ingest does, until the context ends."""
    task = asyncio.create_task(_feed(made, extent))
    try:
        yield
    finally:
        task.cancel()
        done = await asyncio.gather(task, return_exceptions=True)
        if isinstance(done[0], Exception):
            raise done[0]


async def _feed(made: Site, extent: Extent) -> None:
    since = extent.until
    while True:
        try:
            connection = await made.connect()
            try:
                storage = storage_of(await connection.fetchval("SELECT mode FROM metrics.schema_state"))
                while True:
                    since = await _catch_up(connection, extent, since, marks=storage.marks_rollups)
                    await settle(connection, storage)
                    await asyncio.sleep(ROLLUPS_EVERY_S)
            finally:
                connection.terminate()
        except (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, *_ENDED):
            # The server is being started again, as a measurement asked.
            await asyncio.sleep(1)


async def _catch_up(connection: asyncpg.Connection, extent: Extent, since: datetime, *, marks: bool) -> datetime:
    """Enter what became due; return the instant until which there are rows now."""
    steps = (datetime.now(UTC) - since) // extent.interval
    if steps < 1:
        return since
    until = since + steps * extent.interval
    async with connection.transaction():
        for family in FILLED:
            await connection.execute(raw_insert(family), since, until, extent.interval, extent.hosts)
        if marks:
            await connection.execute(marks_insert(), since.replace(second=0, microsecond=0), until, extent.hosts)
    return until
