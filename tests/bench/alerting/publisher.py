"""Publishes what a fleet says at 1 s, spread over each second; a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from collections import Counter

from shared.subjects import METRICS, SIMULATOR
from tests.bench.alerting.fleet import Fleet
from tests.bench.alerting.rules import CROSSING
from tests.bench.ingest.bus import Publishing, connected

SLICES = 50
"""Parts of a second, so that hosts do not all speak at once."""
LATE_S_MAX = 1.0
"""Whoever is later than this leaves a second out and says so: then the rate was not kept."""


async def _publish(url: str, password: str, hosts: int, seconds: int) -> None:
    fleet = Fleet(hosts, f"load-{time.time_ns()}")
    slice_hosts = max(1, hosts // SLICES)
    skipped, told, before = 0, Counter[str](), [False] * hosts
    async with connected(url, SIMULATOR, password) as client:
        publishing = Publishing(client, METRICS)
        await publishing.begin()
        began_s = int(time.time()) + 1
        for second in range(seconds):
            if time.time() > began_s + second + LATE_S_MAX:
                skipped += 1
                continue
            for first in range(0, hosts, slice_hosts):
                await asyncio.sleep(began_s + second + first / hosts - time.time())
                numbers = range(first, min(first + slice_hosts, hosts))
                await publishing.publish(fleet.sample_set(number, second, time.time()) for number in numbers)
                for number in numbers:
                    is_high = fleet.turn(number, second).is_high
                    told[CROSSING] += is_high is not before[number]
                    before[number] = is_high
        stored = await publishing.finish()
    print(json.dumps({
        "sample_sets": stored, "seconds_skipped": skipped, "crossings": told[CROSSING],
        "cores": time.process_time() / seconds,
    }))  # fmt: skip


def main() -> None:
    """Publish as the flags say; print last what the stream has stored and how often a level was crossed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.alerting.publisher", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(_publish(arguments.url, os.environ["BENCH_NATS_PASSWORD"], arguments.hosts, arguments.seconds))


if __name__ == "__main__":
    main()
