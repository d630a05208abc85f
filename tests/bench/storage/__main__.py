"""Runs one measurement of storage; prints a table, and last one JSON object: `make bench-storage`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from tests.bench.storage.backtest import ALL_RAW, measure_backtest
from tests.bench.storage.bytes_a_number import measure_bytes
from tests.bench.storage.fill import host_name
from tests.bench.storage.indexes import measure_indexes
from tests.bench.storage.queries import figures, measure_queries, month_until_now
from tests.bench.storage.record import HOST, record
from tests.bench.storage.site import Site, settings_of, site
from tests.bench.storage.upkeep import measure_backlog, measure_steady

Found = dict[str, Any]
Work = Callable[[Site, argparse.Namespace], Awaitable[Found]]


_NEEDS = {
    "bytes": ("timescaledb_community",), "indexes": ("plain",), "upkeep": ("plain", "timescaledb_apache"),
    "backtest": ("plain", "timescaledb_apache"),
}  # fmt: skip
"""Bench → the modes in which it measures anything."""


async def _queries(made: Site, arguments: argparse.Namespace) -> Found:
    extent = month_until_now(arguments.hosts, arguments.raw_days, arguments.rollup_days)
    return {"queries": figures(await measure_queries(made, extent, arguments.seconds))}


async def _bytes(made: Site, arguments: argparse.Namespace) -> Found:
    if arguments.seconds:
        await record(made, arguments.seconds)
    return await measure_bytes(made)


async def _upkeep(made: Site, arguments: argparse.Namespace) -> Found:
    found = await measure_steady(made, arguments.hosts, arguments.seconds)
    return found | await measure_backlog(made, arguments.hosts, arguments.hours)


async def _indexes(made: Site, arguments: argparse.Namespace) -> Found:
    extent = month_until_now(arguments.hosts, arguments.raw_days, arguments.raw_days)
    return await measure_indexes(made, extent, arguments.rounds)


async def _backtest(made: Site, arguments: argparse.Namespace) -> Found:
    return await measure_backtest(made, arguments.interval_s, arguments.rounds)


def main() -> None:
    """Run what the command line names."""
    arguments = _parsed()
    # What was started is ended also when a time limit ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    numbers = range(1, getattr(arguments, "hosts", 0) + 1)
    hosts = (HOST,) if arguments.command == "bytes" else tuple(host_name(number) for number in numbers)
    provisioned = ALL_RAW if arguments.command == "backtest" else {}
    with site(arguments.command, hosts, arguments.database, provisioned=provisioned) as made:
        settings = asyncio.run(settings_of(made))
        expected = _NEEDS.get(arguments.command, (str(settings["mode"]),))
        if settings["mode"] not in expected:
            raise SystemExit(f"expected a server of mode {' or '.join(expected)}, got {settings['mode']}: "
                             "set or unset BENCH_DATABASE_URL")  # fmt: skip
        found = asyncio.run(arguments.work(made, arguments))
    machine = {
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
        "command": arguments.command,
    }  # fmt: skip
    print(json.dumps({**found, **settings, **machine}))


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.storage", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, work: Work, text: str, **sizes: int) -> None:
        found = commands.add_parser(name, help=text)
        found.set_defaults(work=work)
        found.add_argument("--database", help="keep the database under this name, or use one that was kept")
        for size, default in sizes.items():
            found.add_argument(f"--{size.replace('_', '-')}", type=int, default=default)

    command("queries", _queries, "answers over months", hosts=100, raw_days=7, rollup_days=30, seconds=5)
    command("bytes", _bytes, "bytes a number of this machine's own samples (needs TimescaleDB)", seconds=3600)
    command("upkeep", _upkeep, "what rollups cost in plain mode", hosts=100, seconds=300, hours=24)
    command("indexes", _indexes, "kinds of index on time in plain mode", hosts=100, raw_days=7, rounds=3)
    command("backtest", _backtest, "a rule on thirty days of one host", interval_s=5, rounds=7)
    return parser.parse_args(sys.argv[1:] or ["queries"])


if __name__ == "__main__":
    main()
