"""Drains a spool with the real collector, while other hosts go on."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from shared.sql import LEDGER
from shared.subjects import SIMULATOR
from tests.bench.ingest.cost import Cost, Figures
from tests.bench.ingest.drain import pids_of
from tests.bench.spool.fill import HOST, SESSION, SPARE_HOURS, Outage
from tests.bench.spool.lag import Lag, told
from tests.bench.storage.site import Site
from tests.processes import Service

TIMES_MIN = 20
LAG_ADDED_S_MAX = 1.0
WARM_UP_S = 10
POLL_S = 0.2
TELL_EVERY_S = 60.0
SPARE_S = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """What goes on meanwhile, for how long it is watched before, and the collector's rate where it is not its own."""

    hosts: int
    before_s: int
    spool_rate_max: float | None


async def measure(made: Site, outage: Outage, load: Load) -> Figures:
    """Return what the drain cost, and the lag of the other hosts before and during it."""
    ingest = made.service("ingest")
    simulator = _simulator(made, load.hosts)
    await asyncio.sleep(WARM_UP_S)
    connection, watching = await made.connect(), await made.connect()
    lag = Lag(watching, [f"sim-{number:04d}" for number in range(1, load.hosts + 1)], datetime.now(UTC))
    watch = asyncio.create_task(lag.watch())
    try:
        await asyncio.sleep(load.before_s)
        figures = told(lag.take(), "before")
        _tell(figures)
        figures["load_average_before"] = os.getloadavg()[0]
        pids = {**await pids_of(made, [ingest], connection), "simulator": [simulator.pid]}
        began = time.monotonic()
        collector = _collector(made, outage, load)
        cost = Cost({**pids, "collector": [collector.pid]})
        await _drained(connection, outage, began)
        wall_s = time.monotonic() - began
        figures |= told(lag.take(), "during") | cost.figures()
        figures["load_average_after"] = os.getloadavg()[0]
    finally:
        watch.cancel()
        done = await asyncio.gather(watch, return_exceptions=True)
        await watching.close()
        await connection.close()
    if isinstance(done[0], Exception):
        raise done[0]
    drained_s = (outage.until - outage.since).total_seconds()
    return {
        "wall_seconds": wall_s, "times_real_time": drained_s / wall_s,
        "sample_sets_per_second": outage.sample_sets / wall_s, **figures,
    }  # fmt: skip


def missed(figures: Figures) -> list[str]:
    """Return which of the promises these figures do not keep."""
    found = []
    if figures["times_real_time"] < TIMES_MIN:
        found.append(f"drained at {figures['times_real_time']:.1f} x real time, expected at least {TIMES_MIN}")
    added_s = figures["lag_seconds_p95_during"] - figures["lag_seconds_p95_before"]
    if added_s > LAG_ADDED_S_MAX:
        found.append(f"the others' lag grew by {added_s:.2f} s (p95), expected at most {LAG_ADDED_S_MAX:.0f} s")
    return found


def _simulator(made: Site, hosts: int) -> Service:
    return made.service(
        "collector", host=HOST, nats_user=SIMULATOR, nats_password=made.nats.passwords[SIMULATOR].reveal(),
        simulate=str(hosts),
    )  # fmt: skip


def _collector(made: Site, outage: Outage, load: Load) -> Service:
    hours = round((outage.until - outage.since).total_seconds() / 3600) + SPARE_HOURS
    chosen = {} if load.spool_rate_max is None else {"spool_rate_max": str(load.spool_rate_max)}
    return made.service("collector", host=HOST, ready=False, spool_hours_max=str(hours), **chosen)


async def _drained(connection: asyncpg.Connection, outage: Outage, began: float) -> None:
    """Return once the last sample set of the spool is stored; it is sent last, so this is one look into an index."""
    end = began + (outage.until - outage.since).total_seconds() / TIMES_MIN + SPARE_S
    told_s = began
    while True:
        last = await connection.fetchval(
            f"SELECT max(seq) FROM {LEDGER} WHERE host = $1 AND source = 'system' AND session = $2", HOST, SESSION
        )
        now_s = time.monotonic()
        if last == outage.sample_sets:
            return
        if now_s > end:
            raise SystemExit(f"after {now_s - began:.0f} s only {last} of {outage.sample_sets} sample sets are stored")
        if now_s - told_s >= TELL_EVERY_S:
            told_s = now_s
            print(f"  {now_s - began:>6.0f} s: {last or 0:>9,} of {outage.sample_sets:,} stored", flush=True)
        await asyncio.sleep(POLL_S)


def _tell(figures: Figures) -> None:
    print("  before: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()), flush=True)
