"""Runs the measurements of ingest; prints a table, and last one JSON object: `make bench-ingest`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
from datetime import UTC, datetime
from typing import Any

from tests.bench.ingest.ceiling import measure_ceiling
from tests.bench.ingest.drain import measure_drain
from tests.bench.ingest.live import measure_live
from tests.bench.storage.site import Site, settings_of, site

Found = dict[str, Any]
RATES = [300_000, 500_000, 700_000, 900_000]


async def _drain(made: Site, arguments: argparse.Namespace) -> Found:
    found: Found = {}
    if not arguments.no_ceiling:
        found["ceiling_numbers_per_second"] = await measure_ceiling(made, 40_000, arguments.processes)
    return {**await measure_drain(made, arguments.sample_sets, arguments.processes), **found}


async def _live(made: Site, arguments: argparse.Namespace) -> Found:
    found = await measure_live(
        made, arguments.rates, arguments.probe_seconds, arguments.minutes * 60, arguments.processes
    )
    # Last, as it empties the tables.
    return {**found, "ceiling_numbers_per_second": await measure_ceiling(made, 40_000, arguments.processes)}


def main() -> None:
    """Run what the command line names."""
    arguments = _parsed()
    # What was started is ended also when a time limit ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with site("ingest", sync_interval=arguments.sync_interval) as made:
        settings = asyncio.run(settings_of(made))
        found = asyncio.run(arguments.work(made, arguments))
    for name, value in found.items():
        print(f"{name:<32}  {value:>16,.2f}")
    rounded = {name: float(f"{value:.6g}") for name, value in found.items()}
    machine = {
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
        "command": arguments.command, "processes": arguments.processes, "sync_interval": arguments.sync_interval,
    }  # fmt: skip
    print(json.dumps({**rounded, **settings, **machine}))


def _rates(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ingest", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    drain = commands.add_parser("drain", help="a stored backlog, publishers and background jobs off")
    drain.set_defaults(work=_drain)
    drain.add_argument("--sample-sets", type=int, default=200_000)
    drain.add_argument("--no-ceiling", action="store_true", help="leave bare COPY out")
    drain.add_argument("--sync-interval", default="always", help="how often the bus syncs to disk")
    live = commands.add_parser("live", help="publishers, rollups and all jobs on")
    live.set_defaults(work=_live)
    live.add_argument("--rates", type=_rates, default=RATES, help="numbers a second to try, lowest first")
    live.add_argument("--probe-seconds", type=int, default=90, help="how long each is tried")
    live.add_argument("--minutes", type=int, default=30, help="how long the highest flat one is held")
    # A broker that syncs each message by itself stores about 5,700 of them a second.
    live.add_argument("--sync-interval", default="1s", help="how often the bus syncs to disk")
    for command in (drain, live):
        command.add_argument("--processes", type=int, default=2, help="ingest processes")
    return parser.parse_args(sys.argv[1:] or ["drain"])


if __name__ == "__main__":
    main()
