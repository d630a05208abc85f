"""The evaluator's own figures: type, meaning and export of each in one place."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge


class Metrics:
    """Counters and gauges of one process."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.sample_sets = counter("vitalwire_alerting_sample_sets", "Sample sets evaluated.")
        self.undecodable = counter("vitalwire_alerting_undecodable", "Messages that are no sample set.")
        self.transitions = counter("vitalwire_alerting_transitions", "Transitions published.", ["status"])
        self.fenced = counter(
            "vitalwire_alerting_fenced", "Transitions that were not published, as another message stood there."
        )
        self.late = counter("vitalwire_alerting_late", "Values that were not newer than the newest of their series.")
        self.unwatched = counter(
            "vitalwire_alerting_unwatched",
            "Values that were passed over, as too many series, sources or hosts are there.",
        )
        self.dropped = counter("vitalwire_alerting_dropped", "Changes that were dropped, as too many waited.")
        self.series = gauge("vitalwire_alerting_series", "Series that are watched.")
        self.hosts = gauge("vitalwire_alerting_hosts", "Hosts that are watched.")
        self.waiting = gauge("vitalwire_alerting_waiting", "Changes that wait to be told by whoever holds the lease.")
        self.lag_seconds = gauge(
            "vitalwire_alerting_lag_seconds", "Age, since the broker had it, of the sample set evaluated last."
        )
        self.active = gauge("vitalwire_alerting_active", "1 while this process tells, 0 while it stands by.")
