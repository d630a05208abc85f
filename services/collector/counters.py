"""What the collector counts about itself; the family `agent` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Counts from the start of the session; the names are those of the family `agent`.

    Without a spool those of the spool stay None.
    """

    reading_seconds: float = 0.0
    ticks_skipped_count: int = 0
    readings_failed_count: int = 0
    rows_cut_count: int = 0
    sample_sets_published_count: int = 0
    sample_sets_lost_count: int = 0
    sample_sets_pending_count: int = 0
    reconnects_count: int = 0
    sample_sets_spooled_count: int | None = None
    spool_bytes: int | None = None
