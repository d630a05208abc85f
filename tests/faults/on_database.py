"""Faults of PostgreSQL, committed on the server or with the rights of its administrator."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import AsyncExitStack, suppress

import asyncpg

from tests.faults.fleet import DATABASE, Fleet, said, spoken_bytes
from tests.faults.length import Length
from tests.faults.postgres_processes import processes_of
from tests.servers import wait_until

NOT_WRITTEN = "not written, messages will come again"
REFILL_EVERY_S = 0.1


async def stopped(fleet: Fleet, length: Length) -> None:
    """Shut down for a while, which cuts every connection, and started again."""
    since = spoken_bytes(fleet.ingests[0])
    await asyncio.to_thread(fleet.postgres.stop)
    await said(fleet.ingests[0], NOT_WRITTEN, since)
    await asyncio.sleep(length.seconds)
    await asyncio.to_thread(fleet.postgres.start)


async def killed(fleet: Fleet, length: Length) -> None:
    """Kill -9 of the postmaster, and later of the backend that writes: the server recovers from its log."""
    since = spoken_bytes(fleet.ingests[0])
    await asyncio.to_thread(fleet.postgres.stop, signal.SIGKILL)
    # Its orphans hold the shared memory; a new postmaster waits for nobody.
    await asyncio.to_thread(wait_until, lambda: not processes_of(fleet.data), "the end of the backends")
    await said(fleet.ingests[0], NOT_WRITTEN, since)
    await asyncio.sleep(length.seconds)
    await asyncio.to_thread(fleet.postgres.start)
    await said(fleet.ingests[0], "database is back", since)
    await _kill_the_writer(fleet)


async def out_of_connections(fleet: Fleet, length: Length) -> None:
    """Others take every connection, and ingest loses the one it had, until it lets go of what it has in hand."""
    since = spoken_bytes(fleet.ingests[0])
    admin = await fleet.database()
    end = time.monotonic() + length.seconds
    async with AsyncExitStack() as taken:
        while time.monotonic() < end or not _ran_out(fleet.ingests[0].log.read_bytes()[since:]):
            assert time.monotonic() < end + 60, "ingest never ran out of connections"
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    hog = await asyncpg.connect(fleet.postgres.url(DATABASE, "vw_read"))
                    taken.push_async_callback(hog.close)
            # The place that this frees is taken again at once, mostly before ingest comes back.
            await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'vw_ingest'")
            await asyncio.sleep(REFILL_EVERY_S)
    await admin.close()


async def read_only(fleet: Fleet, length: Length) -> None:
    """What ingest is connected to turns read-only, as a server that was failed over from does, and back."""
    since = spoken_bytes(fleet.ingests[0])
    admin = await fleet.database()
    try:
        await admin.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        await admin.execute("SELECT pg_reload_conf()")
        await said(fleet.ingests[0], "ReadOnlySQLTransactionError", since)
        await said(fleet.ingests[0], NOT_WRITTEN, since)
        await asyncio.sleep(length.seconds)
    finally:
        await admin.execute("ALTER SYSTEM RESET default_transaction_read_only")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.close()


def _ran_out(written: bytes) -> bool:
    return b"TooManyConnections" in written and NOT_WRITTEN.encode() in written


async def _kill_the_writer(fleet: Fleet) -> None:
    admin = await fleet.database()
    try:
        pid = await admin.fetchval("SELECT pid FROM pg_stat_activity WHERE usename = 'vw_ingest' LIMIT 1")
        os.kill(pid, signal.SIGKILL)
    finally:
        # The server ends this connection too.
        admin.terminate()
    await asyncio.to_thread(wait_until, lambda: pid not in processes_of(fleet.data), "the end of the backend")
