"""CPU time of the whole machine by kind, and load averages."""

from dataclasses import dataclass

from shared.family import define, gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """CPU time of the whole machine, split by what it was spent on, one row per host.

    Shares of the time since the reading before, over all cores together.
    """

    total_percent: float = gauge("Share of time spent working: all but idle and iowait.")
    user_percent: float = gauge("Share of time in user programs of normal priority.")
    system_percent: float = gauge("Share of time in the kernel, without interrupts.")
    idle_percent: float = gauge("Share of time with nothing to do and nothing awaited.")
    nice_percent: float | None = gauge("Share of time in user programs of lowered priority.", optional=True)
    iowait_percent: float | None = gauge("Share of time idle while a disk request was pending.", optional=True)
    irq_percent: float | None = gauge("Share of time serving hardware interrupts.", optional=True)
    softirq_percent: float | None = gauge("Share of time serving software interrupts.", optional=True)
    steal_percent: float | None = gauge("Share of time that the hypervisor gave to other guests.", optional=True)
    guest_percent: float | None = gauge("Share of time running guests of this host.", optional=True)
    cores_count: int = gauge("Logical cores that are online.")
    load_1m_average: float | None = gauge("Runnable and blocked tasks, averaged over 1 minute.", optional=True)
    load_5m_average: float | None = gauge("Runnable and blocked tasks, averaged over 5 minutes.", optional=True)
    load_15m_average: float | None = gauge("Runnable and blocked tasks, averaged over 15 minutes.", optional=True)
    context_switches_per_second: float | None = gauge("Switches from one task to another.", optional=True)
    interrupts_per_second: float | None = gauge("Hardware interrupts served.", optional=True)


CPU = define(
    "cpu", Cpu, interval_seconds=1, headline=("total_percent", "user_percent", "system_percent", "iowait_percent")
)
