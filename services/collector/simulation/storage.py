"""Invents file systems that fill and are cleaned, one that comes and goes, and the traffic of their disks."""

from __future__ import annotations

import math

from services.collector.simulation.load import Moment
from services.collector.simulation.noise import DISK, noise
from services.collector.simulation.profile import Profile, Volume
from shared.families.disk import Disk
from shared.families.disk_io import DiskIo

_BLOCK_BYTES = 4_096
_BYTES_AN_INODE = 16_384
_BYTES_A_FILE = 90_000
_KEPT_FOR_ROOT = 0.02
_READ_BYTES, _WRITE_BYTES = 24_576.0, 16_384.0
"""Of one request, on average."""
_DISKS = (("vda", 0.08), ("vdb", 0.92))
"""Whole disks, and the share of the traffic that each takes."""


def disk_rows(profile: Profile, moment: Moment) -> list[Disk]:
    """Return one row a file system that is mounted."""
    rows = []
    for volume in profile.volumes:
        if not is_mounted(volume, moment.tick_s):
            continue
        total = volume.total_bytes
        used = int(total * filled_share(volume, moment.tick_s)) // _BLOCK_BYTES * _BLOCK_BYTES
        available = max(0, total - used - int(total * _KEPT_FOR_ROOT))
        inodes, inodes_used = total // _BYTES_AN_INODE, used // _BYTES_A_FILE
        rows.append(
            Disk(
                mount=volume.mount,
                device=volume.device,
                total_bytes=total,
                used_bytes=used,
                available_bytes=available,
                used_percent=100.0 * (total - available) / total,
                inodes_total_count=inodes,
                inodes_used_count=inodes_used,
                inodes_used_percent=100.0 * inodes_used / inodes,
            )
        )
    return rows


def filled_share(volume: Volume, at_s: int) -> float:
    """Return the share of a file system that files occupy, 0 to 1: it fills all through a cycle, then is cleaned."""
    cycle, age_s = divmod(at_s + volume.phase_s, volume.cycle_s)
    top = volume.high - 0.06 * noise(volume.key, cycle)
    return volume.low + (top - volume.low) * age_s / volume.cycle_s


def is_mounted(volume: Volume, at_s: int) -> bool:
    """Return whether the file system is there at this instant."""
    return volume.mounted_s is None or (at_s + volume.phase_s) % volume.cycle_s < volume.mounted_s


def disk_io_rows(profile: Profile, moment: Moment) -> list[DiskIo]:
    """Return one row a disk; its queue follows from requests and their time, by Little's law, as on real disks."""
    kind, rows = profile.kind, []
    for place, (device, share) in enumerate(_DISKS):
        key = profile.key + DISK + place
        drawn, other = noise(key, moment.tick_s), noise(key, -moment.tick_s)
        # Whole requests: a quiet disk has seconds without any.
        reads = float(int(moment.busy * share * kind.read_bytes_per_second * 2 * drawn / _READ_BYTES))
        writes = float(int(moment.busy * share * kind.write_bytes_per_second * 2 * other / _WRITE_BYTES))
        await_s = 0.0004 + 0.004 * moment.waiting + 0.0006 * drawn
        queue = (reads + writes * 1.5) * await_s
        rows.append(
            DiskIo(
                device=device,
                read_bytes_per_second=reads * _READ_BYTES,
                write_bytes_per_second=writes * _WRITE_BYTES,
                reads_per_second=reads,
                writes_per_second=writes,
                read_await_seconds=await_s if reads else None,
                write_await_seconds=await_s * 1.5 if writes else None,
                queue_depth_average=queue,
                busy_percent=100.0 * (1.0 - math.exp(-0.25 * queue)),
            )
        )
    return rows
