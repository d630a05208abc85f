"""Reads physical memory."""

from __future__ import annotations

from typing import Any

import psutil

from services.collector.rates import share_percent
from services.collector.readers.reader import Context
from shared.families.memory import Memory


class MemoryReader:
    """Reads the family `memory`."""

    def __init__(self, context: Context) -> None:
        pass

    def read(self, at_s: float) -> list[Memory]:
        """Return one row."""
        return memory_rows(psutil.virtual_memory())


def memory_rows(memory: Any) -> list[Memory]:
    """Return the row of psutil's virtual_memory() on any system.

    Used is total less available, not psutil's `used`: what caches hold is there for the taking
    (MemAvailable, Documentation/filesystems/proc.rst).
    """
    return [
        Memory(
            total_bytes=memory.total,
            used_bytes=memory.total - memory.available,
            available_bytes=memory.available,
            used_percent=share_percent(memory.total - memory.available, memory.total),
            free_bytes=memory.free,
            buffers_bytes=getattr(memory, "buffers", None),
            cached_bytes=getattr(memory, "cached", None),
            shared_bytes=getattr(memory, "shared", None),
        )
    ]
