"""How hosts are doing, from what is current of them; pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from services.api.errors import NotFoundError
from services.api.hosts.inventories import Inventories
from services.api.hosts.schemas import Host, HostDetail, HostInventory, Hosts, HostSummary
from services.api.live.latest import HostReadings, Latest
from shared.families import FAMILIES
from shared.wire.encode import round_real
from shared.wire.inventory import Inventory

SILENT_INTERVALS = 5
SILENT_SECONDS_MIN = 15.0
LOOPBACK = "lo"

NO_SUMMARY = HostSummary(None, None, None, None, None, None)


def hosts_page(
    latest: Latest,
    inventories: Inventories,
    shown: Callable[[str], bool],
    page: tuple[int, str | None],
    now: datetime,
) -> Hosts:
    """Return hosts by name: those with current readings and those known by their inventory only."""
    limit, after = page
    names = sorted({*latest.hosts(shown), *inventories.hosts(shown)})
    names = [name for name in names if after is None or name > after]
    hosts = [overview(name, latest.get(name), now, duplicate=is_duplicate(inventories, name)) for name in names[:limit]]
    return Hosts(hosts, hosts[-1].host if len(names) > limit else None)


def host_detail(latest: Latest, inventories: Inventories, host: str, now: datetime) -> HostDetail:
    """Return one host; raise NotFoundError when nothing is known of it."""
    readings, inventory = latest.get(host), inventories.get(host)
    if readings is None and inventory is None:
        raise NotFoundError(f"There is no host {host[:80]!r}; GET /api/v1/hosts lists them.", field="host")
    seen = overview(host, readings, now, duplicate=is_duplicate(inventories, host))
    return HostDetail(
        seen.host, seen.state, seen.last_sample_time, seen.age_seconds, seen.sources, seen.summary, seen.duplicate,
        None if inventory is None else _inventory(inventory),
    )  # fmt: skip


def overview(host: str, readings: HostReadings | None, now: datetime, *, duplicate: bool = False) -> Host:
    """Return how a host is doing; a host is live while its last sample is at most five intervals, or 15 s, old."""
    if readings is None:
        return Host(host, "silent", None, None, [], NO_SUMMARY, duplicate)
    age_seconds = round(max(0.0, (now - readings.time).total_seconds()), 3)
    interval_seconds = min((reading.interval_seconds for reading in readings.readings()), default=0.0)
    state: Literal["live", "silent"] = "live" if is_live(readings.time, interval_seconds, now) else "silent"
    return Host(host, state, readings.time, age_seconds, sorted(readings.sources), summary(readings), duplicate)


def is_duplicate(inventories: Inventories, host: str) -> bool:
    """Return whether more than one machine said lately that it is this host."""
    return len(inventories.host_ids(host)) > 1


def is_live(time: datetime, interval_seconds: float, now: datetime) -> bool:
    """Return whether a reading is at most five of its intervals, or 15 s, old."""
    return round((now - time).total_seconds(), 3) <= max(SILENT_SECONDS_MIN, SILENT_INTERVALS * interval_seconds)


def summary(readings: HostReadings) -> HostSummary:
    """Return the few numbers that a list of hosts shows."""
    cpu, memory, disks = (_rows(readings, name) for name in ("cpu", "memory", "disk"))
    links = [row for row in _rows(readings, "network") if row["interface"] != LOOPBACK]
    fullest = max(disks, key=lambda row: float(row["used_percent"]), default=None)
    return HostSummary(
        cpu[0]["total_percent"] if cpu else None,
        memory[0]["used_percent"] if memory else None,
        None if fullest is None else fullest["used_percent"],
        None if fullest is None else fullest["mount"],
        _sum(links, "receive_bytes_per_second"),
        _sum(links, "transmit_bytes_per_second"),
    )


def _rows(readings: HostReadings, family: str) -> list[dict[str, Any]]:
    reading = readings.reading(family)
    if reading is None:
        return []
    return [dict(zip(FAMILIES[family].column_names, row, strict=True)) for row in reading.rows]


def _sum(rows: list[dict[str, Any]], column: str) -> float | None:
    return round_real(sum(float(row[column]) for row in rows)) if rows else None


def _inventory(inventory: Inventory) -> HostInventory:
    return msgspec.convert(inventory, HostInventory, from_attributes=True)
