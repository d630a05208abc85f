"""Finds the rate at which ingest keeps up with live publishers, and holds it: rollups and all jobs are on."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

from shared.subjects import METRICS, SIMULATOR
from tests.bench.ingest.bodies import Bodies
from tests.bench.ingest.bus import connected, unread
from tests.bench.ingest.cost import Cost, Figures
from tests.bench.ingest.drain import count_numbers, pids_of
from tests.bench.storage.site import Site
from tests.processes import ROOT

LAG_S_MAX = 2.0
"""Flat is a lag whose median over the last fifth is below this."""
SETTLE_S_MAX = 600.0
TOLD_EVERY_S = 60
EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What one rate came to: numbers a second, sample sets that waited each second, and whether that stayed flat."""

    rate: float
    sample_sets_per_second: float
    unsettled: tuple[int, ...]
    seconds_skipped: int
    numbers: int

    @property
    def lags_s(self) -> list[float]:
        """How long the sample sets that waited take to be published: what a reader of the database lags behind."""
        return [waiting / self.sample_sets_per_second for waiting in self.unsettled]

    @property
    def lag_s_end(self) -> float:
        """The median of the last fifth."""
        return statistics.median(self.lags_s[-max(1, len(self.unsettled) // 5) :])

    @property
    def is_flat(self) -> bool:
        """Whether ingest kept up, and the publishers were able to keep the rate."""
        return self.lag_s_end < LAG_S_MAX and self.seconds_skipped == 0


async def measure_live(made: Site, rates: list[int], probe_s: int, hold_s: int, processes: int) -> Figures:
    """Try the rates in turn, shortly; hold the highest flat one for hold_s and tell of it."""
    ingests = [made.service("ingest") for _ in range(processes)]
    connection = await made.connect()
    published = 0
    try:
        best = None
        for rate in rates:
            stage = await _stage(made, rate, probe_s)
            published += stage.numbers
            _print(stage)
            if not stage.is_flat:
                break
            best = rate
        if best is None:
            raise SystemExit("the lag grows at every rate: name lower ones")
        cost = Cost(await pids_of(made, ingests, connection))
        held = await _stage(made, best, hold_s)
        published += held.numbers
        _print(held)
        figures = cost.figures()
        found = await count_numbers(connection)
    finally:
        await connection.close()
    if found != published:
        raise SystemExit(f"published {published} numbers, found {found} in the database")
    lags_s = held.lags_s
    return {
        "numbers_per_second": held.rate, "flat": float(held.is_flat), "seconds": float(hold_s),
        "lag_seconds_median": statistics.median(lags_s), "lag_seconds_end": held.lag_s_end,
        "lag_seconds_max": max(lags_s), **figures,
    }  # fmt: skip


async def _stage(made: Site, rate: int, seconds: int) -> Stage:
    """Publish at this rate for so long, watch what waits, and return once everything is settled."""
    hosts = max(1, round(rate / Bodies(1, "shape").numbers))
    publisher = await _publisher(made, hosts, seconds)
    unsettled: list[int] = []
    async with connected(made.nats.url, "provision", made.nats.passwords["provision"].reveal()) as bus:
        ended = asyncio.create_task(publisher.communicate())
        while not ended.done():
            unsettled.append((await unread(bus, METRICS)).unsettled)
            if len(unsettled) % TOLD_EVERY_S == 0:
                print(
                    f"{len(unsettled):>12} s: {unsettled[-1]} sample sets wait, {unsettled[-1] / hosts:.2f} s",
                    flush=True,
                )
            await asyncio.wait([ended], timeout=EVERY_S)
        end = time.monotonic() + SETTLE_S_MAX
        while (await unread(bus, METRICS)).unsettled:
            if time.monotonic() > end:
                raise SystemExit(f"not settled {SETTLE_S_MAX:.0f} s after the last was published, at {rate} numbers/s")
            await asyncio.sleep(EVERY_S)
    output, _ = ended.result()
    if publisher.returncode:
        raise SystemExit(f"the publisher ended with {publisher.returncode}")
    told = json.loads(output.splitlines()[-1])
    return Stage(told["numbers"] / seconds, hosts, tuple(unsettled), told["seconds_skipped"], told["numbers"])


async def _publisher(made: Site, hosts: int, seconds: int) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.ingest.publisher", f"--url={made.nats.url}", f"--hosts={hosts}",
        f"--seconds={seconds}", stdout=PIPE, cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "BENCH_NATS_PASSWORD": made.nats.passwords[SIMULATOR].reveal()},
    )  # fmt: skip


def _print(stage: Stage) -> None:
    print(
        f"{stage.rate:>12,.0f} numbers/s for {len(stage.unsettled)} s: lag "
        f"{statistics.median(stage.lags_s):.2f} s at the "
        f"median, {max(stage.lags_s):.2f} s at most, {stage.lag_s_end:.2f} s at the end; "
        f"{stage.seconds_skipped} s not published",
        flush=True,
    )
