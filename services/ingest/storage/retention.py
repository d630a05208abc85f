"""How long each level is kept, how wide chunks are, and how far back rollups may still be computed; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.family import Family
from shared.resolution import Level
from shared.rollups import ROLLUP_LEVELS, RollupLevel

LEDGER_KEPT_LONGER = timedelta(days=2)
"""More than the streams' age: what was young enough on arrival may be delivered again until it leaves the stream."""

CHUNKS_KEPT_MIN = 8
"""A level is kept for at least so many chunks, so that dropping whole ones is fine enough."""
_CHUNKS: dict[Level, timedelta] = {
    "raw": timedelta(hours=6),
    "1m": timedelta(days=1),
    "5m": timedelta(days=7),
    "1h": timedelta(days=28),
}
_RAW_CHUNKS = tuple(timedelta(hours=hours) for hours in (6, 3, 1))
RAW_CHUNK_BYTES_MAX = 1024**3
"""New rows of all families in one interval of chunks: their indexes should stay in memory while they grow."""
SAMPLE_SET_BYTES = 1_500
"""What the rows of a usual sample set occupy before the columnstore, indexes included."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days that each level is kept, and events of alerts."""

    raw_days: int = 7
    rollup_1m_days: int = 30
    rollup_5m_days: int = 90
    rollup_1h_days: int = 365
    alert_events_days: int = 400

    @property
    def alert_events(self) -> timedelta:
        """How long events of alerts are kept."""
        return timedelta(days=self.alert_events_days)

    def of(self, level: Level) -> timedelta:
        """Return how long a level is kept."""
        days = {
            "raw": self.raw_days, "1m": self.rollup_1m_days, "5m": self.rollup_5m_days, "1h": self.rollup_1h_days
        }  # fmt: skip
        return timedelta(days=days[level])

    def of_family(self, family: Family) -> timedelta:
        """Return how long raw rows of a family are kept."""
        if family.retention_days is None:
            return self.of("raw")
        return min(self.of("raw"), timedelta(days=family.retention_days))


def kept_too_short(days: Mapping[Level, int]) -> list[tuple[RollupLevel, Level]]:
    """Return each level that goes before a finer one, of which it is made, with the finer one that is kept longest.

    A level whose days are not known is passed over.
    """
    found: list[tuple[RollupLevel, Level]] = []
    finer: list[Level] = ["raw"]
    for level in ROLLUP_LEVELS:
        longest = max(finer, key=lambda each: days.get(each, 0))
        if days.get(level, math.inf) < days.get(longest, 0):
            found.append((level, longest))
        finer.append(level)
    return found


def whole_hours(span: timedelta) -> timedelta:
    """Return the whole hours of a span."""
    return timedelta(hours=span // timedelta(hours=1))


def raw_chunk(kept: timedelta, sample_sets_per_second: float) -> timedelta:
    """Return the width of raw chunks that fits a rate: the widest whose new rows stay within RAW_CHUNK_BYTES_MAX."""
    fitting = [
        chunk
        for chunk in _RAW_CHUNKS
        if sample_sets_per_second * SAMPLE_SET_BYTES * chunk.total_seconds() <= RAW_CHUNK_BYTES_MAX
    ]
    return min(fitting[0] if fitting else _RAW_CHUNKS[-1], kept / CHUNKS_KEPT_MIN)


def rollup_chunk(level: RollupLevel, retention: Retention) -> timedelta:
    """Return the width of a rollup's chunks."""
    return min(_CHUNKS[level], retention.of(level) / CHUNKS_KEPT_MIN)


def reach(level: RollupLevel, retention: Retention, raw_kept: timedelta, chunk: timedelta) -> timedelta:
    """Return how far back a rollup may be computed anew.

    Never further than the level that is read is kept, less two of its chunks: a refresh over rows that were
    dropped would delete what the rollup still knows of them. `raw_kept` is how far back raw rows are complete.
    """
    found = raw_kept - 2 * chunk
    for finer in ROLLUP_LEVELS[: ROLLUP_LEVELS.index(level)]:
        found = min(found, retention.of(finer) - 2 * rollup_chunk(finer, retention))
    return max(found, timedelta(0))
