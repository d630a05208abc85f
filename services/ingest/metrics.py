"""Ingest's own figures: type, meaning and export of each in one place."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class AlertMetrics:
    """Counters and gauges of what becomes of events of alerts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.stored = counter("vitalwire_ingest_alert_events", "Events of alerts committed.")
        self.doubled = counter(
            "vitalwire_ingest_alert_events_doubled", "Events of alerts that were stored already and came again."
        )
        self.refused = counter("vitalwire_ingest_alert_events_refused", "Events of alerts set aside in DEAD.")
        self.muted = counter(
            "vitalwire_ingest_alert_events_muted", "Events of alerts on a muted host, ended without setting them aside."
        )
        self.held = counter(
            "vitalwire_ingest_alert_events_held",
            "Events of alerts that could neither be stored nor set aside now, and come again.",
        )
        self.dropped = counter(
            "vitalwire_ingest_alert_events_dropped", "Events let go while the database was away; they come again."
        )
        self.lag_seconds = gauge(
            "vitalwire_ingest_alert_events_lag_seconds", "Age, since the broker had it, of the event committed last "
            "that waited longest.",
        )  # fmt: skip
        self.breaker_open = gauge(
            "vitalwire_ingest_alert_events_breaker_open", "1 while so many events are refused that none is set aside."
        )
        self.database_up = gauge(
            "vitalwire_ingest_alert_events_database_up", "0 when the database took none at the last try."
        )
        # Alerts are rare: until the first is stored nothing speaks against it.
        self.database_up.set(1)


class Metrics:
    """Counters and gauges of one process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter = partial(Counter, registry=registry)
        self.sample_sets = counter("vitalwire_ingest_sample_sets", "Sample sets committed.")
        self.rows = counter("vitalwire_ingest_rows", "Rows committed.", ["family"])
        self.batches = counter("vitalwire_ingest_batches", "Batches committed.")
        self.doubled = counter("vitalwire_ingest_doubled", "Sample sets that were stored already and came again.")
        self.sessions_unrecorded = counter(
            "vitalwire_ingest_sessions_unrecorded", "Sessions left out: their host had begun too many."
        )
        self.refused = counter("vitalwire_ingest_refused", "Messages set aside in the stream DEAD.")
        self.muted = counter("vitalwire_ingest_muted", "Messages of a muted host, ended without setting them aside.")
        self.held = counter("vitalwire_ingest_held", "Messages that could not be set aside now and will come again.")
        self.too_old = counter("vitalwire_ingest_too_old", "Sample sets older than raw rows are kept.")
        self.dropped = counter(
            "vitalwire_ingest_dropped", "Messages let go while the database was away; they come again."
        )
        self.unknown = counter(
            "vitalwire_ingest_unknown", "Families and columns that this version does not know.", ["name"]
        )
        self.deleted = counter("vitalwire_ingest_deleted", "Rows deleted by retention.", ["relation"])
        self.rollup_buckets = counter(
            "vitalwire_ingest_rollup_buckets", "Buckets of hosts whose rollups upkeep computed."
        )
        self.rollup_abandoned = counter(
            "vitalwire_ingest_rollup_abandoned",
            "Buckets of hosts that changed when their raw rows were about to go, and were left as they are.",
        )
        self.pending = Gauge(
            "vitalwire_ingest_pending", "Messages that wait in the stream.", ["stream"], registry=registry
        )
        self.unread_share = Gauge(
            "vitalwire_ingest_unread_share", "Share of the stream's bytes that waits to be stored.", ["stream"],
            registry=registry,
        )  # fmt: skip
        self.discarded = counter(
            "vitalwire_ingest_discarded", "Messages, at most, that the stream discarded unread.", ["stream"]
        )
        self.lag_seconds = Gauge(
            "vitalwire_ingest_lag_seconds", "Age, since the broker had it, of the message committed last that waited "
            "longest.", registry=registry,
        )  # fmt: skip
        self.breaker_open = Gauge(
            "vitalwire_ingest_breaker_open", "1 while so many hosts are refused that nothing is set aside.",
            registry=registry,
        )  # fmt: skip
        self.paused = Gauge(
            "vitalwire_ingest_paused", "1 while nothing is fetched, because the disk is nearly full.",
            registry=registry,
        )  # fmt: skip
        self.stored_bytes = Gauge(
            "vitalwire_ingest_stored_bytes", "Bytes of the database and of the streams of sample sets.",
            registry=registry,
        )  # fmt: skip
        self.raw_retention_seconds = Gauge(
            "vitalwire_ingest_raw_retention_seconds", "How long raw rows are kept now.", registry=registry
        )
        self.database_up = Gauge("vitalwire_ingest_database_up", "1 while the database writes.", registry=registry)
        self.alerts = AlertMetrics(registry)
        self.write_seconds = Histogram("vitalwire_ingest_write_seconds", "Time of one transaction.", registry=registry)
