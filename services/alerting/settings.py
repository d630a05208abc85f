"""The settings of the evaluator, which can be read without loading it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.settings import Secret, setting


@dataclass(frozen=True, slots=True)
class AlertingSettings:
    """Decides by rules which alerts fire, and publishes that; of several of these one publishes, the others stand by.

    It needs the bus and no database.
    """

    nats_urls: tuple[str, ...] = setting("URLs of the bus, such as nats://127.0.0.1:4222.")
    nats_password: Secret = setting("Password of the bus user.")
    nats_user: str = setting("Bus user that may read sample sets and publish alerts.", default="alerting")
    metrics_port: int = setting("Port on loopback for Prometheus; 0 is off.", default=0, minimum=0, maximum=65535)
    log_level: str = setting("How much is logged.", default="info", choices=("debug", "info", "warning", "error"))
