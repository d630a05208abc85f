"""Reads CPU time of each logical core."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from services.collector.readers.cpu_times import CpuTimes, parse_cpu_times, shares
from services.collector.readers.reader import Context
from shared.families.cpu_core import CpuCore


class CpuCoreReader:
    """Reads the family `cpu_core`."""

    def __init__(self, context: Context) -> None:
        self._before: list[CpuTimes] = []

    def read(self, at_s: float) -> list[CpuCore]:
        """Return one row a core, none at the first reading."""
        before, self._before = self._before, [parse_cpu_times(times) for times in psutil.cpu_times(percpu=True)]
        return core_rows(before, self._before)


def core_rows(before: Sequence[CpuTimes], after: Sequence[CpuTimes]) -> list[CpuCore]:
    """Return one row a core; none when the number of cores changed, as the system tells no numbers but the order."""
    if len(before) != len(after):
        return []
    rows = []
    for core, (then, now) in enumerate(zip(before, after, strict=True)):
        spent = shares(then, now)
        if spent is not None:
            rows.append(
                CpuCore(
                    core=core,
                    total_percent=spent.total,
                    user_percent=spent.user,
                    system_percent=spent.system,
                    idle_percent=spent.idle,
                    iowait_percent=spent.iowait,
                    steal_percent=spent.steal,
                )
            )
    return rows
