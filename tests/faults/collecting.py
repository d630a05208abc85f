"""Real collectors in an installation: one behind a wire, one with a clock that a test steps."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from shared.subjects import host_user
from tests.faults.fleet import Fleet
from tests.processes import Service

HOST = "web-1.example.com"
OTHER_HOST = "web-2"


def collector(fleet: Fleet, host: str, urls: str, **settings: str) -> Service:
    """Return a collector of a host that is not started yet."""
    values = {
        "host": host, "nats_urls": urls, "nats_password": fleet.nodes[0].passwords[host_user(host)].reveal(),
        "spool_directory": str(fleet.directory / "spool" / host),
        **settings,
    }  # fmt: skip
    return Service("services.collector", variables(values), fleet.new_log("collector"))


async def start(fleet: Fleet, service: Service) -> None:
    """Start it, to be ended with the installation at the latest."""
    await asyncio.to_thread(service.start)
    fleet.others.append(service)


def stepped_collector(fleet: Fleet, host: str, offset: Path) -> Service:
    """Return a collector whose clock is off by what the file holds."""
    made = collector(fleet, host, fleet.urls)
    environment = {**made.environment, "FAULTS_CLOCK_OFFSET_FILE": str(offset)}
    return Service("tests.faults.stepped_collector", environment, made.log)


def step(offset: Path, seconds: int) -> None:
    """Set by how much the clock is off, so that no look finds half a number."""
    written = offset.with_suffix(".new")
    written.write_text(str(seconds))
    os.replace(written, offset)


def variables(values: dict[str, str]) -> dict[str, str]:
    """Return settings of a collector as its environment."""
    return {f"VITALWIRE_COLLECTOR_{name.upper()}": value for name, value in values.items()}
