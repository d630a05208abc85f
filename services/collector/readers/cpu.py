"""Reads CPU time of the whole machine and load averages."""

from __future__ import annotations

from typing import Any

import psutil

from services.collector.rates import Change, Meter
from services.collector.readers.cpu_times import CpuTimes, parse_cpu_times, shares
from services.collector.readers.reader import Context
from shared.families.cpu import Cpu


class CpuReader:
    """Reads the family `cpu`."""

    def __init__(self, context: Context) -> None:
        self._before: CpuTimes | None = None
        self._switches: Meter[str] = Meter()

    def read(self, at_s: float) -> list[Cpu]:
        """Return one row, none at the first reading."""
        before, self._before = self._before, parse_cpu_times(psutil.cpu_times())
        switches = self._switches.step(at_s, {"all": parse_switches(psutil.cpu_stats())})
        return cpu_rows(before, self._before, switches.get("all"), psutil.cpu_count() or 1, psutil.getloadavg())


def parse_switches(stats: Any) -> tuple[float, float]:
    """Return context switches and interrupts since boot of psutil's cpu_stats()."""
    return stats.ctx_switches, stats.interrupts


def cpu_rows(
    before: CpuTimes | None, after: CpuTimes, switches: Change | None, cores: int, loads: tuple[float, float, float]
) -> list[Cpu]:
    """Return the row between two readings; none where there is nothing to compare."""
    spent = shares(before, after)
    if spent is None:
        return []
    return [
        Cpu(
            total_percent=spent.total,
            user_percent=spent.user,
            system_percent=spent.system,
            idle_percent=spent.idle,
            nice_percent=spent.nice,
            iowait_percent=spent.iowait,
            irq_percent=spent.irq,
            softirq_percent=spent.softirq,
            steal_percent=spent.steal,
            guest_percent=spent.guest,
            cores_count=cores,
            load_1m_average=loads[0],
            load_5m_average=loads[1],
            load_15m_average=loads[2],
            context_switches_per_second=None if switches is None else switches.per_second(0),
            interrupts_per_second=None if switches is None else switches.per_second(1),
        )
    ]
