"""The ceiling: the same rows through bare COPY of asyncpg into the same tables, with nothing around it."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from datetime import UTC, datetime

import asyncpg

from services.ingest.batch import records, tables_by_family
from shared.families import FAMILIES
from shared.sql import SCHEMA, copy_columns, table
from shared.subjects import metrics_subject
from shared.wire.decode import decode
from tests.bench.ingest.bodies import Bodies
from tests.bench.samples import SHAPE
from tests.bench.storage.site import Site

BATCH = 2_000
"""Sample sets in one transaction, as ingest has them by default."""


async def measure_ceiling(made: Site, sample_sets: int, processes: int) -> float:
    """Empty the tables, copy so many sample sets in so many processes, return numbers a second; tables end empty."""
    await empty(made)
    each = sample_sets // processes
    url = made.server.url(made.database, "vw_ingest")
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(processes) as pool:
        # Rows are made before the clock runs; the slowest decides.
        found = await asyncio.to_thread(
            pool.starmap, _copy, [(url, made.password, each, number) for number in range(processes)]
        )
    await empty(made)
    began, ended = min(start for start, _, _ in found), max(end for _, end, _ in found)
    return sum(numbers for _, _, numbers in found) / (ended - began)


async def empty(made: Site) -> None:
    """Empty the ledger and the tables of the shape."""
    connection = await made.connect()
    try:
        names = [f"{SCHEMA}.sample_sets", *(table(FAMILIES[name]) for name in SHAPE)]
        await connection.execute(f"TRUNCATE {', '.join(names)}")
    finally:
        await connection.close()


def _copy(url: str, password: str, sample_sets: int, number: int) -> tuple[float, float, int]:
    return asyncio.run(_copy_batches(url, password, sample_sets, number))


async def _copy_batches(url: str, password: str, sample_sets: int, number: int) -> tuple[float, float, int]:
    """Return when it began, when it ended, by the machine's clock, and how many numbers it copied."""
    bodies = Bodies(BATCH // 10, f"ceiling-{number}")
    now_s = int(datetime.now(UTC).timestamp())
    batches = []
    for batch in range(sample_sets // BATCH):
        prepared = [each for tick in range(10) for each in bodies.tick(now_s - 10 * batch - tick)]
        decoded = [decode(each.body, metrics_subject(each.host, "system")) for each in prepared]
        batches.append({name: list(records(tables)) for name, tables in tables_by_family(decoded).items()})
    connection = await asyncpg.connect(url, password=password)
    try:
        began = time.time()
        for grouped in batches:
            async with connection.transaction():
                for name, rows in grouped.items():
                    await connection.copy_records_to_table(
                        name, schema_name=SCHEMA, columns=copy_columns(FAMILIES[name]), records=rows
                    )
        return began, time.time(), bodies.numbers * BATCH * len(batches)
    finally:
        await connection.close()
