"""The processes that use most CPU or memory."""

from dataclasses import dataclass

from shared.family import define, gauge, label


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """The processes that use most CPU and those that use most memory, one row per process."""

    pid: int = label("Process id.")
    name: str = label("Name of the program, never its arguments.")
    cpu_percent: float = gauge("Share of the CPU time of all cores since the reading before.")
    resident_bytes: int = gauge("Physical memory that the process occupies.")
    memory_percent: float = gauge("Share of physical memory that the process occupies.")
    threads_count: int | None = gauge("Threads of the process.", optional=True)


PROCESS = define("process", Process, interval_seconds=5, headline=("cpu_percent",), churning=True, top=15)
