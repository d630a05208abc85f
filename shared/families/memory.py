"""Physical memory."""

from dataclasses import dataclass

from shared.family import define, gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Physical memory of the machine, one row per host."""

    total_bytes: int = gauge("Physical memory that the kernel manages.")
    used_bytes: int = gauge("Memory that programs could not get: total less available.")
    available_bytes: int = gauge("Memory that programs could get without swapping.")
    used_percent: float = gauge("Share of total that is not available.")
    free_bytes: int = gauge("Memory that nothing uses at all.")
    buffers_bytes: int | None = gauge("Memory that caches metadata of file systems.", optional=True)
    cached_bytes: int | None = gauge("Memory that caches contents of files.", optional=True)
    shared_bytes: int | None = gauge("Memory in tmpfs and shared segments.", optional=True)


MEMORY = define("memory", Memory, interval_seconds=1, headline=("used_percent",))
