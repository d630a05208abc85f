"""Records this machine with the product's own collector and ingest, at 1 s."""

from __future__ import annotations

import asyncio

from tests.bench.storage.site import Site

HOST = "recorded-1"
SETTLE_S = 3.0


async def record(made: Site, seconds: int) -> int:
    """Let the collector read this machine for so many seconds; return how many sample sets are stored."""
    ingest = made.service("ingest")
    collector = made.service("collector", host=HOST)
    await asyncio.sleep(seconds)
    made.stop(collector)
    await asyncio.sleep(SETTLE_S)
    made.stop(ingest)
    connection = await made.connect()
    try:
        count: int = await connection.fetchval("SELECT count(*) FROM metrics.sample_sets")
        return count
    finally:
        await connection.close()
