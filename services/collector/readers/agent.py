"""Reads what the collector itself costs and could not do."""

from __future__ import annotations

import os
import time
from pathlib import Path

import psutil

from services.collector.counters import Counters
from services.collector.rates import Change, Meter
from services.collector.readers.reader import Context
from shared.families.agent import Agent

_STATM = Path("/proc/self/statm")


class AgentReader:
    """Reads the family `agent`."""

    def __init__(self, context: Context) -> None:
        self._counters = context.counters
        self._meter: Meter[str] = Meter()

    def read(self, at_s: float) -> list[Agent]:
        """Return one row, none at the first reading."""
        change = self._meter.step(at_s, {"all": (time.process_time(),)}).get("all")
        return agent_rows(change, _resident_bytes(), self._counters)


def agent_rows(change: Change | None, resident_bytes: int, counters: Counters) -> list[Agent]:
    """Return the row of the counters as they stand; none without a change of CPU time."""
    if change is None:
        return []
    return [
        Agent(
            # Not capped at 100: threads of the collector can take more than one core.
            one_core_percent=100.0 * change.per_second(0),
            resident_bytes=resident_bytes,
            reading_seconds=counters.reading_seconds,
            ticks_skipped_count=counters.ticks_skipped_count,
            readings_failed_count=counters.readings_failed_count,
            rows_cut_count=counters.rows_cut_count,
            sample_sets_published_count=counters.sample_sets_published_count,
            sample_sets_lost_count=counters.sample_sets_lost_count,
            sample_sets_pending_count=counters.sample_sets_pending_count,
            reconnects_count=counters.reconnects_count,
            sample_sets_spooled_count=counters.sample_sets_spooled_count,
            spool_bytes=counters.spool_bytes,
        )
    ]


def _resident_bytes() -> int:
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return int(psutil.Process().memory_info().rss)
