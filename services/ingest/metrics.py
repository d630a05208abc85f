"""Ingest's own figures: type, meaning and export of each in one place."""

from __future__ import annotations

import threading
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

LOOPBACK = "127.0.0.1"


class Metrics:
    """Counters and gauges of one process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.sample_sets = Counter("vitalwire_ingest_sample_sets", "Sample sets committed.", registry=registry)
        self.rows = Counter("vitalwire_ingest_rows", "Rows committed.", ["family"], registry=registry)
        self.batches = Counter("vitalwire_ingest_batches", "Batches committed.", registry=registry)
        self.doubled = Counter(
            "vitalwire_ingest_doubled", "Sample sets that were stored already and came again.", registry=registry
        )
        self.refused = Counter("vitalwire_ingest_refused", "Messages set aside in the stream DEAD.", registry=registry)
        self.muted = Counter(
            "vitalwire_ingest_muted", "Messages of a muted host, ended without setting them aside.", registry=registry
        )
        self.held = Counter(
            "vitalwire_ingest_held", "Messages that could not be set aside now and will come again.", registry=registry
        )
        self.too_old = Counter(
            "vitalwire_ingest_too_old", "Sample sets older than raw rows are kept.", registry=registry
        )
        self.dropped = Counter(
            "vitalwire_ingest_dropped", "Messages let go while the database was away; they come again.",
            registry=registry,
        )  # fmt: skip
        self.unknown = Counter(
            "vitalwire_ingest_unknown", "Families and columns that this version does not know.", ["name"],
            registry=registry,
        )  # fmt: skip
        self.deleted = Counter(
            "vitalwire_ingest_deleted", "Rows deleted by retention.", ["relation"], registry=registry
        )
        self.rollup_buckets = Counter(
            "vitalwire_ingest_rollup_buckets", "Buckets of hosts whose rollups upkeep computed.", registry=registry
        )
        self.rollup_abandoned = Counter(
            "vitalwire_ingest_rollup_abandoned",
            "Buckets of hosts that changed when their raw rows were about to go, and were left as they are.",
            registry=registry,
        )
        self.pending = Gauge(
            "vitalwire_ingest_pending", "Messages that wait in the stream.", ["stream"], registry=registry
        )
        self.unread_share = Gauge(
            "vitalwire_ingest_unread_share", "Share of the stream's bytes that waits to be stored.", ["stream"],
            registry=registry,
        )  # fmt: skip
        self.discarded = Counter(
            "vitalwire_ingest_discarded", "Sample sets, at most, that the stream discarded unread.",
            ["stream"], registry=registry,
        )  # fmt: skip
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
        self.write_seconds = Histogram("vitalwire_ingest_write_seconds", "Time of one transaction.", registry=registry)


def serve(metrics: Metrics, port: int) -> tuple[WSGIServer, threading.Thread]:
    """Serve the figures to Prometheus on loopback; return the server, to be shut down at the end, and its thread."""
    return start_http_server(port, addr=LOOPBACK, registry=metrics.registry)
