"""Invents CPU time, of the machine and of each core; its kinds add up to 100 percent."""

from __future__ import annotations

from services.collector.simulation.load import Moment, asked_of
from services.collector.simulation.noise import SWITCHES, noise
from services.collector.simulation.profile import Profile
from shared.families.cpu import Cpu
from shared.families.cpu_core import CpuCore

_STEAL, _NICE, _SOFTIRQ = 0.006, 0.02, 0.03
"""Shares of what a core works."""
_LOAD_COUNTED_S = 5


def cpu_rows(profile: Profile, moment: Moment) -> list[Cpu]:
    """Return the row of the machine: the mean of its cores."""
    total, iowait = 100.0 * moment.busy, 100.0 * moment.waiting
    system = total * profile.kind.system_share
    uneven = 0.8 + 0.4 * noise(profile.key + SWITCHES, moment.tick_s)
    switches = profile.cores * (600.0 + 9_000.0 * moment.busy * uneven)
    # As the kernel does: counted anew every few seconds, and an average lags by half of what it covers.
    counted_s = moment.tick_s - moment.tick_s % _LOAD_COUNTED_S
    return [
        Cpu(
            total_percent=total,
            user_percent=total * (1.0 - _STEAL - _NICE - _SOFTIRQ) - system,
            system_percent=system,
            idle_percent=100.0 - total - iowait,
            nice_percent=total * _NICE,
            iowait_percent=iowait,
            irq_percent=0.0,
            softirq_percent=total * _SOFTIRQ,
            steal_percent=total * _STEAL,
            guest_percent=0.0,
            cores_count=profile.cores,
            load_1m_average=profile.cores * asked_of(profile, counted_s - 30),
            load_5m_average=profile.cores * asked_of(profile, counted_s - 150),
            load_15m_average=profile.cores * asked_of(profile, counted_s - 450),
            context_switches_per_second=switches,
            interrupts_per_second=0.55 * switches,
        )
    ]


def core_rows(profile: Profile, moment: Moment) -> list[CpuCore]:
    """Return one row a core."""
    rows = []
    for core, (busy, waiting) in enumerate(zip(moment.cores_busy, moment.cores_waiting, strict=True)):
        total, iowait = 100.0 * busy, 100.0 * waiting
        system = total * profile.kind.system_share
        rows.append(
            CpuCore(
                core=core,
                total_percent=total,
                user_percent=total * (1.0 - _STEAL - _NICE - _SOFTIRQ) - system,
                system_percent=system,
                idle_percent=100.0 - total - iowait,
                iowait_percent=iowait,
                steal_percent=total * _STEAL,
            )
        )
    return rows
