"""Runs a collector with TLS beside prometheus-node-exporter, bus there and bus away; prints a table and JSON last."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import shutil
import statistics
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from shared.subjects import host_user
from tests.bench.collector.exporter import exporter, scrape
from tests.bench.collector.tls import TlsServer
from tests.integration.collector.bus import make_streams
from tests.processes import Service, cpu_seconds, resident_bytes
from tests.servers import temporary_directory

HOST = "bench-1"
WARM_S = 20.0
EVERY_S = 5.0


async def _measure(minutes: float) -> dict[str, float]:
    directory = temporary_directory("bench-collector")
    bus = TlsServer(directory / "nats", hosts=(HOST,), sync_interval="always")
    bus.start()
    # For the connection of this process; the collector is told of it by its own environment.
    os.environ["SSL_CERT_FILE"] = str(bus.certificate)
    try:
        await make_streams(bus)
        with exporter(directory) as exporter_pid:
            collector = _collector(bus, directory)
            collector.start()
            pids = {"collector": collector.pid, "exporter": exporter_pid}
            try:
                await scrape(WARM_S)
                figures = await _watch("bus_there", pids, minutes * 60)
                bus.stop()
                await scrape(WARM_S)
                figures |= await _watch("bus_away", pids, minutes * 60)
                figures["spool_bytes"] = float(_bytes_in(directory / "spool"))
            finally:
                collector.stop()
    finally:
        bus.stop()
        shutil.rmtree(directory, ignore_errors=True)
    return figures


def _collector(bus: TlsServer, directory: Path) -> Service:
    values = {
        "host": HOST, "nats_urls": bus.url, "nats_password": bus.passwords[host_user(HOST)].reveal(),
        "spool_directory": str(directory / "spool"),
    }  # fmt: skip
    environment = {f"VITALWIRE_COLLECTOR_{name.upper()}": value for name, value in values.items()}
    return Service(
        "services.collector", {**environment, "SSL_CERT_FILE": str(bus.certificate)}, directory / "collector.log"
    )


async def _watch(phase: str, pids: Mapping[str, int], seconds: float) -> dict[str, float]:
    """Return CPU over the whole time, and memory at its start, at its end, and how it grew between."""
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    resident: dict[str, list[int]] = {name: [] for name in pids}
    began = time.monotonic()
    scraping = asyncio.create_task(scrape(seconds))
    while not scraping.done():
        for name, pid in pids.items():
            resident[name].append(resident_bytes(pid))
        await asyncio.wait([scraping], timeout=EVERY_S)
    wall_s = time.monotonic() - began
    figures = {f"{phase}_scrapes": float(scraping.result())}
    for name, pid in pids.items():
        sizes = resident[name]
        fifth = max(1, len(sizes) // 5)
        first, last = statistics.median(sizes[:fifth]), statistics.median(sizes[-fifth:])
        figures[f"{phase}_{name}_one_core_percent"] = 100 * (cpu_seconds(pid) - before[name]) / wall_s
        figures[f"{phase}_{name}_resident_bytes_start"] = float(sizes[0])
        figures[f"{phase}_{name}_resident_bytes_end"] = float(sizes[-1])
        figures[f"{phase}_{name}_resident_growth"] = last / first
    return figures


def _bytes_in(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def main() -> None:
    """Measure for as long as the flag says, twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.collector", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="how long each phase is watched")
    figures = asyncio.run(_measure(parser.parse_args().minutes))
    for name, value in figures.items():
        print(f"{name:<48}  {value:>16,.3f}")
    machine = {
        "date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count(), "python": platform.python_version(),
        "interval_seconds": 1, "tls": True, "sync_interval": "always",
    }  # fmt: skip
    print(json.dumps({**{name: float(f"{value:.6g}") for name, value in figures.items()}, **machine}))


if __name__ == "__main__":
    main()
