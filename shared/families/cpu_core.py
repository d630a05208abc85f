"""CPU time of each logical core."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuCore:
    """CPU time of each logical core, one row per core."""

    core: int = label("Number of the logical core, from 0.")
    total_percent: float = gauge("Share of the core's time spent working: all but idle and iowait.")
    user_percent: float = gauge("Share of the core's time in user programs of normal priority.")
    system_percent: float = gauge("Share of the core's time in the kernel, without interrupts.")
    idle_percent: float = gauge("Share of the core's time with nothing to do and nothing awaited.")
    iowait_percent: float | None = gauge(
        "Share of the core's time idle while a disk request was pending.", optional=True
    )
    steal_percent: float | None = gauge("Share of the core's time that the hypervisor gave to others.", optional=True)


CPU_CORE = define("cpu_core", CpuCore, interval_seconds=1, headline=("total_percent",))
