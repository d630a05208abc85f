"""The API's own metrics, for Prometheus on a loopback port."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Observations:
    """Counters and gauges of this process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "vitalwire_api_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "vitalwire_api_request_seconds", "Time until the answer was sent.", ("route",), registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip
        self.cache = Counter(
            "vitalwire_api_cache", "Stepped ranges answered from memory (hit) or read (miss).", ("result",),
            registry=self.registry,
        )  # fmt: skip
        self.cache_bytes = Gauge("vitalwire_api_cache_bytes", "Bytes of ranges in memory.", registry=self.registry)
        self.exports = Gauge("vitalwire_api_exports", "CSV exports that run now.", registry=self.registry)
        self.clients = Gauge("vitalwire_api_websocket_clients", "WebSocket clients now.", registry=self.registry)
        self.gaps = Counter("vitalwire_api_websocket_gaps", "Gap notices sent.", registry=self.registry)
        self.dropped = Counter(
            "vitalwire_api_websocket_dropped", "Readings that slow clients did not get.", registry=self.registry
        )
        self.missed = Counter(
            "vitalwire_api_sample_sets_missed", "Sample sets that never came, seen as holes.", registry=self.registry
        )
        self.stuck = Counter(
            "vitalwire_api_websocket_stuck", "Clients closed because they did not read.", registry=self.registry
        )
        self.refused = Counter(
            "vitalwire_api_messages_refused", "Messages of the bus that are no sample sets.", registry=self.registry
        )
        self.lag = Gauge(
            "vitalwire_api_relay_lag_seconds", "Age of the newest sample set when it arrived.", registry=self.registry
        )
        self.hosts = Gauge("vitalwire_api_hosts", "Hosts of which something is current.", registry=self.registry)
        self.alerts = Gauge("vitalwire_api_alerts", "Alerts that fire.", registry=self.registry)
        self.alerts_left_out = Gauge(
            "vitalwire_api_alerts_left_out", "Alerts for which there was no room.", registry=self.registry
        )
        self.alert_events_refused = Counter(
            "vitalwire_api_alert_events_refused", "Events of the stream that are none of alerts.",
            registry=self.registry,
        )  # fmt: skip
        self.ended_sessions = Gauge(
            "vitalwire_api_ended_sessions", "Ended sessions kept in memory.", registry=self.registry
        )
