"""Drains a spool of three days beside other hosts; prints a table, and last one JSON object: `make bench-spool`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
import time
from datetime import UTC, datetime

from tests.bench.ingest.cost import Figures
from tests.bench.spool.drain import Load, measure, missed
from tests.bench.spool.fill import HOST, fill
from tests.bench.spool.right import check
from tests.bench.storage.site import Site, settings_of, site


def main() -> int:
    """Run what the command line names; return 1 where something is wrong, or a promise is not kept."""
    arguments = _parsed()
    # What was started is ended also when a time limit ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with site("spool", hosts=(HOST,)) as made:
        settings = asyncio.run(settings_of(made))
        figures, wrong = _measured(made, arguments)
    for name, value in figures.items():
        print(f"{name:<32}  {value:>16,.3f}")
    for sentence in wrong:
        print(f"wrong: {sentence}")
    machine = {
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
        "hours": arguments.hours, "hosts": arguments.hosts, "spool_rate_max": arguments.spool_rate_max or "default",
        "sync_interval": made.nats.sync_interval, "right": not wrong,
    }  # fmt: skip
    print(json.dumps({**{name: float(f"{value:.6g}") for name, value in figures.items()}, **settings, **machine}))
    return 1 if wrong else 0


def _measured(made: Site, arguments: argparse.Namespace) -> tuple[Figures, list[str]]:
    began = time.monotonic()
    outage = fill(made.directory / f"spool-{HOST}", arguments.hours)
    filled = {
        "sample_sets": float(outage.sample_sets), "body_bytes": float(outage.body_bytes),
        "spool_bytes": float(outage.spool_bytes), "filling_seconds": time.monotonic() - began,
    }  # fmt: skip
    print("  filled: " + ", ".join(f"{name} {value:,.0f}" for name, value in filled.items()), flush=True)
    load = Load(arguments.hosts, arguments.before_seconds, arguments.spool_rate_max)
    drained = asyncio.run(measure(made, outage, load))
    checked, wrong = asyncio.run(check(made, outage))
    return {**filled, **drained, **checked}, [*wrong, *missed(drained)]


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.spool", description=__doc__)
    parser.add_argument("--hours", type=int, default=72, help="how long the host was away")
    parser.add_argument("--hosts", type=int, default=20, help="how many others there are, at 1 s")
    parser.add_argument("--before-seconds", type=int, default=60, help="how long these are watched before the drain")
    parser.add_argument("--spool-rate-max", type=float, help="sample sets a second; the collector's default if not set")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
