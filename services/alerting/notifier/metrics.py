"""The notifier's own figures: type, meaning and export of each in one place."""

from __future__ import annotations

from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters and gauges of one process; a label is a name that an administrator chose, never a URL."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        counter, gauge = partial(Counter, registry=registry), partial(Gauge, registry=registry)
        self.telling = gauge("vitalwire_notifier_telling", "1 while this process tells, 0 while it stands by.")
        self.alerts = gauge("vitalwire_notifier_alerts", "Alerts that are looked after.")
        self.left_out = gauge(
            "vitalwire_notifier_left_out", "Alerts beyond what can be looked after, since it tells; nobody is told."
        )
        self.refused = counter("vitalwire_notifier_refused", "Events of alerts that could not be read.")
        self.addresses_refused = gauge(
            "vitalwire_notifier_addresses_refused", "URLs of channels that nothing can be sent to.", ["channel"]
        )
        self.messages = counter("vitalwire_notifier_messages", "Messages that have arrived.", ["channel"])
        self.failures = counter("vitalwire_notifier_failures", "Attempts that have failed.", ["channel"])
        self.given_up = counter("vitalwire_notifier_given_up", "Alerts that a channel never heard of.", ["channel"])
        self.waiting = gauge("vitalwire_notifier_waiting", "Alerts that wait to be told by a channel.", ["channel"])
        self.attempts_running = gauge(
            "vitalwire_notifier_attempts_running", "Attempts that have not ended, those that hang too."
        )
        self.unkept = counter("vitalwire_notifier_unkept", "Times that what was told could not be kept on the bus.")
        self.delay_seconds = Histogram(
            "vitalwire_notifier_delay_seconds", "Time from the sample that changed an alert to the message's arrival.",
            buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600), registry=registry,
        )  # fmt: skip
