"""Commits a fault every minute under load, then compares what was sent with what is stored: `make soak`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.collecting import HOST
from tests.faults.errors import unexpected
from tests.faults.fleet import Durability, Fleet, installation
from tests.faults.length import Length
from tests.faults.memory import MIB, Memory, Sample, memory_of, private_bytes
from tests.faults.on_collector import Cuttable, cut_off_and_restarted, cuttable
from tests.faults.postgres_processes import processes_of
from tests.faults.scenarios import BUS_AWAY, NATS_KILLED, SCENARIOS, commit_scenario
from tests.faults.shown import delivery_page
from tests.faults.verdict import Verdict
from tests.faults.watch import Watch, watching
from tests.processes import resident_bytes

NUMBERS_PER_HOST_S = 82
"""What an invented host says on the average of a soak: 101 at each tick, but it is away now and then, and late
where all of them send what they kept while NATS was away."""
CALM_S_MAX = 300.0
"""Both cores are full at this rate: what hosts kept for a minute is sent within two or three, beside what is new."""
WITNESS = "witness"
SAMPLE_EVERY_S = 10.0
FAULT_EVERY_S = 60.0
CUT_S_MAX = 300.0
UNEXPECTED_SHOWN_MAX = 20
MEMORY_MINUTES_MIN = 2 * len(SCENARIOS)
"""In less, faults that take memory for the first time would pass for growth: memory is shown, and not judged."""
PRODUCTION = Durability(fsync=True, sync_interval="always", ack_wait_s=60.0, connections_max=100)
"""As the product is run; an unanswered message comes again after a minute."""


@dataclass
class Soak:
    """What is collected on the way."""

    fleet: Fleet
    watch: Watch
    began_s: float
    samples: dict[str, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    committed: list[tuple[float, str]] = field(default_factory=list)

    async def sample(self) -> None:
        """Look at the memory of every process, for ever."""
        while True:
            at_s = time.monotonic() - self.began_s
            for role, occupied in occupied_bytes(self.fleet).items():
                self.samples[role].append(Sample(at_s, occupied))
            await asyncio.sleep(SAMPLE_EVERY_S)

    async def cut_off(self, cut: Cuttable, minutes: float) -> None:
        """Beside everything else, cut a real collector off for five minutes, or half of the time, and restart it."""
        length = Length(min(CUT_S_MAX, minutes * 30))
        print(f"{datetime.now(UTC):%H:%M:%S}  a collector cut off from NATS for {length.seconds:.0f} s", flush=True)
        await cut_off_and_restarted(cut, length)
        self.committed.append((length.seconds, "a collector cut off from NATS"))

    async def commit(self, minutes: float) -> None:
        """Commit faults until the time is over; each when the one before is over and a minute has gone."""
        draws = drawn(self.fleet.chance)
        end = time.monotonic() + minutes * 60
        while time.monotonic() < end:
            next_s = time.monotonic() + FAULT_EVERY_S
            scenario = next(draws)
            print(f"{datetime.now(UTC):%H:%M:%S}  {scenario.name}", flush=True)
            began = time.monotonic()
            await commit_scenario(scenario, self.watch, scenario.long)
            await self.watch.flowing()
            self.committed.append((time.monotonic() - began, scenario.name))
            await asyncio.sleep(max(0.0, min(next_s, end) - time.monotonic()))


def drawn(chance: random.Random) -> Any:
    """Yield a NATS that is away for long and one that is killed, then faults in random order, all before any again.

    An allocator seldom gives back what a process had once. Invented hosts keep in memory what waits for a bus that is
    away, and the API has most in hand after a kill: memory is judged once both have had as much as any later fault
    makes them have.
    """
    yield from (BUS_AWAY, NATS_KILLED)
    while True:
        yield from chance.sample(SCENARIOS, len(SCENARIOS))


def occupied_bytes(fleet: Fleet) -> dict[str, int]:
    """Return the memory of every process that runs, by its part; of PostgreSQL the sum of what is not shared."""
    found: dict[str, int] = {}
    roles = {f"ingest {number}": service.process for number, service in enumerate(fleet.ingests)}
    roles |= {service.log.stem.rpartition("-")[0]: service.process for service in (*fleet.others, *fleet.apart)}
    roles |= {f"nats {number}": node.process for number, node in enumerate(fleet.nodes)}
    for role, process in roles.items():
        if process is not None and process.poll() is None:
            with contextlib.suppress(OSError):
                found[role] = resident_bytes(process.pid)
    private = 0
    for pid in processes_of(fleet.data):
        with contextlib.suppress(OSError):
            private += private_bytes(pid)
    # While it is stopped it has none, which says nothing.
    found |= {"postgres, private": private} if private else {}
    return found | {WITNESS: resident_bytes(os.getpid())}


async def soak(arguments: argparse.Namespace) -> int:
    """Run it, print the tables and last one JSON object; return 0 when everything held."""
    hosts = max(1, round(arguments.rate / NUMBERS_PER_HOST_S))
    async with installation(PRODUCTION, arguments.seed) as fleet, watching(fleet) as watch:
        page = await delivery_page(fleet)
        watch.calm_s_max = CALM_S_MAX
        cut = await cuttable(fleet, HOST, fleet.directory / "spool")
        await watch.simulate(hosts, arguments.seed)
        run = Soak(fleet, watch, time.monotonic())
        sampling = asyncio.create_task(run.sample())
        cutting = asyncio.create_task(run.cut_off(cut, arguments.minutes))
        try:
            await run.commit(arguments.minutes)
            await cutting
            seconds = time.monotonic() - run.began_s
            await watch.flowing()
            await fleet.end(cut.service)
            verdict = await watch.verdict()
        finally:
            for task in (sampling, cutting):
                task.cancel()
            await asyncio.gather(sampling, cutting, return_exceptions=True)
            await cut.wire.stop()
        await page.sign_in()
        shown = await page.disagreements(verdict, watch)
        await page.client.aclose()
        odd = [f"{log.name}: {line}" for log in logs_of(fleet) for line in unexpected(log)]
        lost = watch.lost_by_publishers()
        settings = await settings_of(fleet)
    memories = {role: memory_of(samples) for role, samples in run.samples.items()}
    problems = [
        *verdict.problems,
        *(grown(memories) if arguments.minutes >= MEMORY_MINUTES_MIN else []),
        *([f"the delivery page disagrees on {len(shown)} hosts: {shown[0]}"] if shown else []),
        *([f"{len(odd)} unexpected errors"] if odd else []),
        *([f"{lost} lost by the publisher at its end"] if lost else []),
    ]  # fmt: skip
    report(run, verdict, memories, odd)
    numbers = watch.witness.sent.numbers.total()
    print(json.dumps({
        "hosts": hosts, "seconds": round(seconds), "faults_count": len(run.committed), "sent": verdict.sent,
        "stored": verdict.stored, "doubled": verdict.doubled, "missing": len(verdict.missing),
        "holes": len(verdict.holes), "numbers": numbers, "numbers_per_second": round(numbers / seconds),
        "unexpected_errors": len(odd), "problems": problems, **settings, "seed": arguments.seed,
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
    }))  # fmt: skip
    return 1 if problems else 0


def grown(memories: dict[str, Memory | None]) -> list[str]:
    """Return a sentence for each process of the product whose memory is not flat."""
    return [
        f"{role}: {memory.late_bytes / MIB:.0f} MiB, was {memory.early_bytes / MIB:.0f}"
        for role, memory in memories.items()
        if memory is not None and not memory.is_flat and role != WITNESS
    ]


def report(run: Soak, verdict: Verdict, memories: dict[str, Memory | None], odd: list[str]) -> None:
    """Print what happened as tables."""
    print(f"\n{'fault':<40} {'seconds until all flowed again':>32}")
    for seconds, name in run.committed:
        print(f"{name:<40} {seconds:>32.0f}")
    print(f"\n{'sent':>12} {'stored':>12} {'missing':>10} {'holes':>10} {'doubled':>10}")
    print(f"{verdict.sent:>12} {verdict.stored:>12} {len(verdict.missing):>10} {len(verdict.holes):>10} "
          f"{verdict.doubled:>10}")  # fmt: skip
    print(f"\n{'memory':<20} {'second fifth MiB':>17} {'last fifth MiB':>15} {'ratio':>6} {'MiB an hour':>12}")
    for role, memory in memories.items():
        if memory is not None:
            print(f"{role:<20} {memory.early_bytes / MIB:>17.1f} {memory.late_bytes / MIB:>15.1f} "
                  f"{memory.ratio:>6.2f} {memory.bytes_per_hour / MIB:>12.1f}")  # fmt: skip
    for line in odd[:UNEXPECTED_SHOWN_MAX]:
        print(f"unexpected: {line[:400]}")


def logs_of(fleet: Fleet) -> list[Path]:
    """Return every log of servers and services."""
    nats = [node.directory / "nats.log" for node in fleet.nodes]
    return [*fleet.logs, *nats, fleet.postgres.directory / "postgres.log", fleet.directory / "provision.log"]


async def settings_of(fleet: Fleet) -> dict[str, Any]:
    """Return what the servers themselves say about how they write."""
    connection = await fleet.database()
    try:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers")
        found = {name: await connection.fetchval("SELECT current_setting($1)", name) for name in names}
        found["mode"] = await connection.fetchval("SELECT mode FROM metrics.schema_state")
    finally:
        await connection.close()
    return {**found, "sync_interval": fleet.durability.sync_interval, "ack_wait_s": fleet.durability.ack_wait_s}


def main() -> int:
    """Run the soak as the flags say."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=100_000, help="numbers a second, all hosts together")
    parser.add_argument("--seed", type=int, default=1, help="of the hosts, and of which fault comes when")
    return asyncio.run(soak(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
