"""Whether the memory of a process stays flat: samples over time, and a verdict on them."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

MIB = 1024**2
RATIO_MAX = 1.25
GROWTH_BYTES_MAX = 24 * MIB
"""Less than this is not told apart from what caches and allocators do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a process occupied, so many seconds after the start."""

    at_s: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Memory:
    """The medians of the second and the last fifth, and how steep the line through all samples after the first is."""

    early_bytes: int
    late_bytes: int
    bytes_per_hour: float

    @property
    def ratio(self) -> float:
        return self.late_bytes / self.early_bytes

    @property
    def is_flat(self) -> bool:
        """Whether it grew by less than a quarter, or by less than caches do."""
        return self.ratio <= RATIO_MAX or self.late_bytes - self.early_bytes <= GROWTH_BYTES_MAX


def memory_of(samples: Sequence[Sample]) -> Memory | None:
    """Return how memory went, None while there are fewer than ten samples: the first fifth is a warm-up."""
    if len(samples) < 10:
        return None
    fifth = len(samples) // 5
    warm = samples[fifth:]
    early = statistics.median(sample.bytes for sample in samples[fifth : 2 * fifth])
    late = statistics.median(sample.bytes for sample in samples[-fifth:])
    slope = statistics.linear_regression([sample.at_s for sample in warm], [float(sample.bytes) for sample in warm])
    return Memory(int(early), int(late), slope.slope * 3600)


def private_bytes(pid: int) -> int:
    """Return the memory that belongs to a process alone, from /proc/<pid>/status: without PostgreSQL's shared pages."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return 1024 * int(next((line.split()[1] for line in lines if line.startswith("RssAnon:")), "0"))
