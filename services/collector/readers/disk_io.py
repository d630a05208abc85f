"""Reads traffic, waiting and load of whole disks."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

import psutil

from services.collector.rates import Change, Meter, share_percent
from services.collector.readers.choice import Choice
from services.collector.readers.reader import Context
from shared.families.disk_io import DiskIo

_NOT_A_DISK = re.compile(r"(loop|ram|zram|fd|sr|nbd|dm-|md)\d+|disk\d+s\d+(s\d+)?")
"""Not hardware, or made of other disks, whose traffic would show twice; and partitions as macOS names them."""

_SYS_BLOCK = "/sys/block"


class DiskIoReader:
    """Reads the family `disk_io`."""

    def __init__(self, context: Context) -> None:
        self._choice = context.disks
        self._meter: Meter[str] = Meter()

    def read(self, at_s: float) -> list[DiskIo]:
        """Return one row a whole disk, none at the first reading."""
        # Our own meter sees resets; psutil's `nowrap` would keep a second history of every partition.
        disks = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
        whole = frozenset(os.listdir(_SYS_BLOCK)) if os.path.isdir(_SYS_BLOCK) else None
        return disk_io_rows(self._meter.step(at_s, parse_disks(disks, whole, self._choice)))


def parse_disks(disks: Mapping[str, Any], whole: frozenset[str] | None, choice: Choice) -> dict[str, tuple[float, ...]]:
    """Return the counters of the disks to show, from psutil's disk_io_counters(perdisk=True) on any system.

    `whole` names those that are no partition, None where the system lists no partitions anyway. Times are in
    milliseconds on every system; only Linux and FreeBSD know how long a disk was busy.
    """
    chosen: dict[str, tuple[float, ...]] = {}
    for name, disk in disks.items():
        is_disk = _NOT_A_DISK.fullmatch(name) is None and (whole is None or name.replace("/", "!") in whole)
        if not choice.shows(name, is_disk):
            continue
        counters = (
            disk.read_bytes, disk.write_bytes, disk.read_count, disk.write_count, disk.read_time, disk.write_time,
        )  # fmt: skip
        busy_ms = getattr(disk, "busy_time", None)
        chosen[name] = counters if busy_ms is None else (*counters, busy_ms)
    return chosen


def disk_io_rows(changes: Mapping[str, Change]) -> list[DiskIo]:
    """Return one row a disk.

    The mean queue is the time spent by all requests over the time that passed, by Little's law: arrivals per second
    times the seconds each one stayed. A disk was busy while at least one request was under way
    (Documentation/admin-guide/iostats.rst, field 10); the sum of two clocks can pass 100, which means 100.
    """
    rows = []
    for name, change in changes.items():
        _, _, reads, writes, read_ms, write_ms = change.deltas[:6]
        busy_ms = change.deltas[6] if len(change.deltas) > 6 else None
        rows.append(
            DiskIo(
                device=name,
                read_bytes_per_second=change.per_second(0),
                write_bytes_per_second=change.per_second(1),
                reads_per_second=change.per_second(2),
                writes_per_second=change.per_second(3),
                read_await_seconds=read_ms / 1000 / reads if reads else None,
                write_await_seconds=write_ms / 1000 / writes if writes else None,
                queue_depth_average=(read_ms + write_ms) / 1000 / change.elapsed_s,
                busy_percent=None if busy_ms is None else share_percent(busy_ms / 1000, change.elapsed_s),
            )
        )
    return rows
