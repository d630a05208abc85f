"""Publishes the sample sets of many hosts at 1 s, spread over each second; a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time

from shared.subjects import METRICS, SIMULATOR
from tests.bench.ingest.bodies import Bodies
from tests.bench.ingest.bus import Publishing, connected

SLICES = 50
"""Parts of a second, so that hosts do not all speak at once."""


async def _publish(url: str, password: str, hosts: int, seconds: int) -> None:
    bodies = Bodies(hosts, f"live-{time.time_ns()}")
    slice_hosts = max(1, hosts // SLICES)
    skipped = 0
    async with connected(url, SIMULATOR, password) as client:
        publishing = Publishing(client, METRICS)
        await publishing.begin()
        began_s = int(time.time()) + 1
        for second in range(began_s, began_s + seconds):
            if time.time() > second + 5:
                skipped += 1
                continue
            sample_sets = list(bodies.tick(second))
            for number, start in enumerate(range(0, hosts, slice_hosts)):
                await asyncio.sleep(second + number * slice_hosts / hosts - time.time())
                await publishing.publish(sample_sets[start : start + slice_hosts])
        stored = await publishing.finish()
    print(json.dumps({"sample_sets": stored, "numbers": stored * bodies.numbers, "seconds_skipped": skipped}))


def main() -> None:
    """Publish as the flags say; print last what the stream has stored."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingest.publisher", description=__doc__)
    parser.add_argument("--url", required=True)
    parser.add_argument("--hosts", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    arguments = parser.parse_args()
    asyncio.run(_publish(arguments.url, os.environ["BENCH_NATS_PASSWORD"], arguments.hosts, arguments.seconds))


if __name__ == "__main__":
    main()
