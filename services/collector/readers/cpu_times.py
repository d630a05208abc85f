"""CPU times as every system tells them, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.collector.rates import share_percent

_KINDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")


@dataclass(frozen=True, slots=True)
class CpuTimes:
    """Seconds since boot by kind; None where the system does not tell the kind.

    The kinds but `guest` add up to the whole: on Linux time in guests is inside user and nice already
    (proc_stat(5), account_guest_time() in kernel/sched/cputime.c), so it is not added again.
    """

    user: float
    nice: float | None
    system: float
    idle: float
    iowait: float | None
    irq: float | None
    softirq: float | None
    steal: float | None
    guest: float | None


@dataclass(frozen=True, slots=True)
class CpuShares:
    """Shares of the time between two readings, in percent; None where the system does not tell the kind."""

    total: float
    user: float
    nice: float | None
    system: float
    idle: float
    iowait: float | None
    irq: float | None
    softirq: float | None
    steal: float | None
    guest: float | None


def parse_cpu_times(times: Any) -> CpuTimes:
    """Return the times of psutil's cpu_times() on any system.

    Windows counts interrupts and deferred procedure calls inside kernel time
    (SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION: KernelTime includes them), so they are taken out of `system` here.
    """
    interrupt, deferred = getattr(times, "interrupt", None), getattr(times, "dpc", None)
    guests = [
        value for value in (getattr(times, "guest", None), getattr(times, "guest_nice", None)) if value is not None
    ]
    return CpuTimes(
        user=times.user,
        nice=getattr(times, "nice", None),
        system=max(0.0, times.system - (interrupt or 0.0) - (deferred or 0.0)),
        idle=times.idle,
        iowait=getattr(times, "iowait", None),
        irq=getattr(times, "irq", interrupt),
        softirq=getattr(times, "softirq", deferred),
        steal=getattr(times, "steal", None),
        guest=sum(guests) if guests else None,
    )


def shares(before: CpuTimes | None, after: CpuTimes) -> CpuShares | None:
    """Return what the time between two readings was spent on; None after a first reading, a reset or no time at all.

    A kind that went backwards counts as nothing: the kernel says of iowait and idle that they may decrease
    (Documentation/filesystems/proc.rst, "1.8 Miscellaneous kernel statistics in /proc/stat").
    """
    if before is None or after.user < before.user or after.system < before.system:
        return None
    spent = {kind: max(0.0, (getattr(after, kind) or 0.0) - (getattr(before, kind) or 0.0)) for kind in _KINDS}
    whole = sum(spent.values())
    if whole <= 0:
        return None

    def share(kind: str) -> float | None:
        return None if getattr(after, kind) is None else share_percent(spent[kind], whole)

    guest = None if after.guest is None else share_percent(after.guest - (before.guest or 0.0), whole)
    return CpuShares(
        total=share_percent(whole - spent["idle"] - spent["iowait"], whole),
        user=share_percent(spent["user"], whole),
        nice=share("nice"),
        system=share_percent(spent["system"], whole),
        idle=share_percent(spent["idle"], whole),
        iowait=share("iowait"),
        irq=share("irq"),
        softirq=share("softirq"),
        steal=share("steal"),
        guest=guest,
    )
