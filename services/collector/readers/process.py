"""Reads the processes that use most CPU or memory; never a command line."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import psutil

from services.collector.rates import share_percent
from services.collector.readers.reader import Context
from shared.families.process import PROCESS, Process

_PROC = "/proc"
_STAT_BYTES_MAX = 4096
_NAME_BYTES_MAX = 255

Identity = tuple[int, float]
"""Process id and start time: ids are used again."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one process used since it started."""

    pid: int
    name: str
    started: float
    cpu_seconds: float
    resident_bytes: int
    threads: int | None


class ProcessReader:
    """Reads the family `process`."""

    def __init__(self, context: Context) -> None:
        self._kernel_tells = os.path.exists(f"{_PROC}/self/stat")
        self._before: dict[Identity, float] | None = None
        self._at_s = 0.0

    def read(self, at_s: float) -> list[Process]:
        """Return the top by CPU and the top by memory, none at the first reading."""
        usages = _read_proc() if self._kernel_tells else _read_psutil()
        before, elapsed_s = self._before, at_s - self._at_s
        self._before = {(usage.pid, usage.started): usage.cpu_seconds for usage in usages}
        self._at_s = at_s
        if before is None or elapsed_s <= 0:
            return []
        cores = psutil.cpu_count() or 1
        return process_rows(usages, before, elapsed_s * cores, psutil.virtual_memory().total)


def process_rows(
    usages: Sequence[Usage], before: Mapping[Identity, float], cpu_seconds_all: float, memory_bytes: int
) -> list[Process]:
    """Return the top by CPU and the top by memory, each process once, those that use most CPU first.

    A process that the reading before did not have is younger than it: all its CPU time counts. Idle ones go by memory,
    so that on a quiet machine the list does not fill up with sleeping threads of the kernel.
    `cpu_seconds_all` is what all cores together could have given since.
    """
    assert PROCESS.top is not None
    spent = {usage.pid: max(0.0, usage.cpu_seconds - before.get((usage.pid, usage.started), 0.0)) for usage in usages}
    by_cpu = sorted(usages, key=lambda usage: (-spent[usage.pid], -usage.resident_bytes, usage.pid))
    by_memory = sorted(usages, key=lambda usage: (-usage.resident_bytes, usage.pid))
    chosen = {usage.pid for usage in (*by_cpu[: PROCESS.top], *by_memory[: PROCESS.top])}
    return [
        Process(
            pid=usage.pid,
            name=usage.name,
            cpu_percent=share_percent(spent[usage.pid], cpu_seconds_all),
            resident_bytes=usage.resident_bytes,
            memory_percent=share_percent(usage.resident_bytes, memory_bytes),
            threads_count=usage.threads,
        )
        for usage in by_cpu
        if usage.pid in chosen
    ]


def parse_stat(pid: int, line: bytes, ticks_per_second: int, page_bytes: int) -> Usage:
    """Return what /proc/<pid>/stat tells; raise ValueError where it is torn.

    The name stands in brackets and may hold anything, brackets and line ends too: it ends at the last one.
    Fields after it as proc_pid_stat(5) numbers them: 14 utime, 15 stime, 20 num_threads, 22 starttime, 24 rss.
    """
    opened, closed = line.index(b"("), line.rindex(b")")
    fields = line[closed + 2 :].split(None, 22)
    if len(fields) < 22:
        raise ValueError(f"/proc/{pid}/stat: expected at least 24 fields, got {len(fields) + 2}")
    return Usage(
        pid=pid,
        name=_name(line[opened + 1 : closed].decode(errors="replace")),
        started=float(fields[19]),
        cpu_seconds=(int(fields[11]) + int(fields[12])) / ticks_per_second,
        resident_bytes=int(fields[21]) * page_bytes,
        threads=int(fields[17]),
    )


def _name(text: str) -> str:
    # Strangers choose names: what a name may not hold on the wire would cost the whole row.
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable.encode(errors="replace")[:_NAME_BYTES_MAX].decode(errors="ignore") or "?"


def _read_proc() -> list[Usage]:
    # One small file a process: 80 processes take 1.5 ms, through psutil 5 ms.
    ticks_per_second, page_bytes = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    usages = []
    for entry in os.listdir(_PROC):
        if not entry.isdigit():
            continue
        try:
            descriptor = os.open(f"{_PROC}/{entry}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:  # it ended, or is hidden from this user (hidepid)
            continue
        try:
            usages.append(parse_stat(int(entry), os.read(descriptor, _STAT_BYTES_MAX), ticks_per_second, page_bytes))
        except (OSError, ValueError):  # it ended while it was read
            continue
        finally:
            os.close(descriptor)
    return usages


def _read_psutil() -> list[Usage]:
    wanted = ["pid", "name", "create_time", "cpu_times", "memory_info", "num_threads"]
    return parse_processes(process.info for process in psutil.process_iter(wanted))


def parse_processes(processes: Iterable[Mapping[str, object]]) -> list[Usage]:
    """Return what psutil's process_iter tells; a process that tells no CPU time or memory is left out."""
    usages = []
    for told in processes:
        times, memory, pid = told["cpu_times"], told["memory_info"], told["pid"]
        if times is None or memory is None or not isinstance(pid, int):
            continue
        threads, started = told["num_threads"], told["create_time"]
        usages.append(
            Usage(
                pid=pid,
                name=_name(str(told["name"] or "?")),
                started=started if isinstance(started, float) else 0.0,
                cpu_seconds=getattr(times, "user", 0.0) + getattr(times, "system", 0.0),
                resident_bytes=getattr(memory, "rss", 0),
                threads=threads if isinstance(threads, int) else None,
            )
        )
    return usages
