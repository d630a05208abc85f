"""What rollups cost where ingest's upkeep computes them: in steady state, and after a day without."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from services.ingest.batch import Delivery
from services.ingest.metrics import Metrics
from services.ingest.pace import Effort
from services.ingest.provenance import Provenance
from services.ingest.sink import PostgresSink
from services.ingest.storage.dirty import DIRTY
from services.ingest.storage.plain import PlainStorage
from services.ingest.upkeep import ROLLUPS_EVERY_S, settle
from shared.families import FAMILIES
from shared.family import Family
from shared.subjects import METRICS, metrics_subject
from shared.wire.decode import decode
from shared.wire.encode import Cell, Numbering, Rows, cells, encode
from tests.bench.samples import SHAPE
from tests.bench.storage.fill import FILLED, Extent, enter, host_name, marks_insert, raw_insert
from tests.bench.storage.site import Site
from tests.processes import cpu_seconds

WARM_UP_S = 80
"""Until then the first buckets have closed and were computed."""
WRITE_S_MAX = 30.0
PROCESSES = 15
BATCHES_A_MINUTE = 2
"""A backlog is read from the stream in large batches: so many of them touch one minute of a host."""
_OTHER_LABELS: dict[str, list[dict[str, Any]]] = {
    "connection": [{"state": state} for state in ("established", "listen", "time_wait")],
    "process": [{"pid": 1000 + number, "name": f"program-{number}"} for number in range(PROCESSES)],
}


class _NoMessage:
    """A message that nothing was delivered by."""

    subject, reply, data = "", "", b""

    async def ack(self) -> None:
        """Do nothing."""

    async def term(self) -> None:
        """Do nothing."""

    async def in_progress(self) -> None:
        """Do nothing."""


async def measure_steady(made: Site, hosts: int, seconds: int) -> dict[str, float]:
    """Write every default family of the hosts at 1 s, as ingest does; return what the upkeep's connection used."""
    sink = PostgresSink(lambda: made.connect("vw_ingest"), Metrics(), WRITE_S_MAX)
    connection = await made.connect("vw_ingest")
    pid = await connection.fetchval("SELECT pg_backend_pid()")
    upkeep = asyncio.create_task(_keep_up(connection))
    batches = _batches(hosts)
    began = time.monotonic()
    late_s_max, used_before_s, measured_from = 0.0, 0.0, 0.0
    try:
        for tick in range(WARM_UP_S + seconds):
            if tick == WARM_UP_S:
                used_before_s, measured_from = cpu_seconds(pid), time.monotonic()
            late_s_max = max(late_s_max, time.monotonic() - began - tick)
            await sink.write(next(batches))
            await asyncio.sleep(max(0.0, began + tick + 1 - time.monotonic()))
            if upkeep.done():
                upkeep.result()
        cores = (cpu_seconds(pid) - used_before_s) / (time.monotonic() - measured_from)
        numbers = _numbers_a_second(hosts)
    finally:
        upkeep.cancel()
        await asyncio.gather(upkeep, return_exceptions=True)
        connection.terminate()
        sink.close()
    found = {
        "steady_one_core_percent": round(100 * cores, 2), "steady_hosts": hosts, "steady_seconds": seconds,
        "steady_numbers_per_second": numbers, "steady_feeder_late_s_max": round(late_s_max, 2),
    }  # fmt: skip
    _print(found)
    return found


async def measure_backlog(made: Site, hosts: int, hours: int) -> dict[str, float]:
    """Enter so many hours of the hosts at 1 s, all marked, and return how long upkeep takes to compute them."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    extent = Extent(hosts, timedelta(seconds=1), 1, 1, until)
    since = until - timedelta(hours=hours)
    owner = await made.connect()
    began = time.monotonic()
    try:
        await owner.execute(f"DELETE FROM {DIRTY}")
        for family in FILLED:
            await enter(made, raw_insert(family), extent, (since, until), extent.interval)
        for _ in range(BATCHES_A_MINUTE):
            await owner.execute(marks_insert(), since, until, hosts)
        for family in FILLED:
            await owner.execute(f"VACUUM ANALYZE metrics.{family.name}", timeout=600)
        await owner.execute("CHECKPOINT")
        entered_s = time.monotonic() - began
        connection = await made.connect("vw_ingest")
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        began, used_before_s = time.monotonic(), cpu_seconds(pid)
        settled = await settle(connection, PlainStorage(), effort=Effort(lambda: made.connect("vw_ingest")))
        wall_s = time.monotonic() - began
        cpu_s = cpu_seconds(pid) - used_before_s
        await connection.close()
    finally:
        await owner.close()
    assert settled is not None
    rows = sum(len(SHAPE[family.name]) for family in FILLED) * hosts * 3600 * hours
    found = {
        "backlog_seconds": round(wall_s, 1), "backlog_first_backend_cpu_seconds": round(cpu_s, 1), "backlog_rows": rows,
        "backlog_buckets": settled.computed, "backlog_hours": hours, "backlog_entering_seconds": round(entered_s, 1),
    }  # fmt: skip
    _print(found)
    return found


async def _keep_up(connection: asyncpg.Connection) -> None:
    while True:
        await settle(connection, PlainStorage())
        await asyncio.sleep(ROLLUPS_EVERY_S)


def _batches(hosts: int) -> Iterator[list[Delivery]]:
    """Yield what all hosts read in one second, second after second, beginning now."""
    dice = random.Random(1)
    rows = {name: [_row(family, labels, dice) for labels in _labels(name)] for name, family in FAMILIES.items()}
    numberings = [Numbering(f"bench-{number}") for number in range(hosts)]
    tick = 0
    while True:
        now = datetime.now(UTC)
        readings = [
            Rows(family, family.interval_seconds, rows[name])
            for name, family in FAMILIES.items()
            if tick % family.interval_seconds == 0
        ]
        yield [_delivery(host_name(1 + at), now, readings, numbering) for at, numbering in enumerate(numberings)]
        tick += 1


def _delivery(host: str, now: datetime, readings: list[Rows], numbering: Numbering) -> Delivery:
    (encoded,) = encode(host, "system", now, readings, numbering)
    sample_set = decode(encoded.body, metrics_subject(host, "system"))
    return Delivery(_NoMessage(), sample_set, Provenance(METRICS, encoded.seq, now, 0))


def _labels(family: str) -> list[dict[str, Any]]:
    return SHAPE.get(family) or _OTHER_LABELS.get(family) or [{}]


def _row(family: Family, labels: dict[str, Any], dice: random.Random) -> list[Cell]:
    gauges = {gauge.name: dice.randrange(10**9) for gauge in family.gauges}
    return cells(family, family.row(**(gauges | labels)))


def _numbers_a_second(hosts: int) -> float:
    """Return how many gauges a second the hosts sent; a made-up row lacks none."""
    shapes = ((family, len(_labels(name))) for name, family in FAMILIES.items())
    return round(hosts * sum(rows * len(family.gauges) / family.interval_seconds for family, rows in shapes))


def _print(found: dict[str, float]) -> None:
    for name, value in found.items():
        print(f"{name:<40} {value:>14,.2f}", flush=True)
