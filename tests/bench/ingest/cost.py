"""What each process costs over a stretch of time, as the kernel tells it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from tests.processes import cpu_seconds, resident_bytes

Figures = dict[str, float]


class Cost:
    """CPU time of named processes since this was made; a name may stand for several, whose children count."""

    def __init__(self, pids: Mapping[str, list[int]]) -> None:
        self._pids = pids
        self._began = time.monotonic()
        self._before = {name: _cpu(pids) for name, pids in pids.items()}

    def figures(self) -> Figures:
        """Return cores and resident bytes by name; shared memory of a database counts in each of its processes."""
        wall_s = time.monotonic() - self._began
        found: Figures = {}
        for name, pids in self._pids.items():
            found[f"{name}_cores"] = (_cpu(pids) - self._before[name]) / wall_s
            found[f"{name}_resident_bytes"] = float(sum(resident_bytes(pid) for pid in pids if _runs(pid)))
        return found


def parent(pid: int) -> int:
    """Return the process that started this one."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _cpu(pids: list[int]) -> float:
    """Return the CPU time of processes and of their children, those that live and those that were waited for."""
    return sum(cpu_seconds(pid) for root in pids if _runs(root) for pid in (root, *_children(root)))


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split() if _runs(int(child))]


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()
