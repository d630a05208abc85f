"""The collector's own figures."""

from dataclasses import dataclass

from shared.family import define, gauge


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """What the collector costs and what it could not do, one row per host.

    Counts run from the start of the session.
    """

    one_core_percent: float = gauge("CPU time of the collector, as a share of one core.")
    resident_bytes: int = gauge("Physical memory that the collector occupies.")
    reading_seconds: float = gauge("Time that reading took at the tick before.")
    ticks_skipped_count: int = gauge("Ticks that were skipped because the one before had not ended.")
    readings_failed_count: int = gauge("Readings that failed.")
    rows_cut_count: int = gauge("Rows left out because a family reached its limit or a label could not be sent.")
    sample_sets_published_count: int = gauge("Sample sets that the bus confirmed.")
    sample_sets_lost_count: int = gauge("Sample sets that could not be published.")
    sample_sets_pending_count: int = gauge("Sample sets sent but not yet confirmed.")
    reconnects_count: int = gauge("Times that the connection to the bus was regained.")
    sample_sets_spooled_count: int | None = gauge("Sample sets on disk that wait for the bus.", optional=True)
    spool_bytes: int | None = gauge("Size of the spool on disk, its log included.", optional=True)


AGENT = define("agent", Agent, interval_seconds=10, headline=("one_core_percent",), fitted=True)
