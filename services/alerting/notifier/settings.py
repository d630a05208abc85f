"""The settings of the notifier, which can be read without loading what it works with."""

from __future__ import annotations

from dataclasses import dataclass

from shared.alerts.silence import zone_of
from shared.page_address import check_page_address
from shared.settings import Secret, setting

LANGUAGES = ("en", "ko")


def _check_zone(name: str) -> None:
    if zone_of(name) is None:
        raise ValueError(f"expected a name such as Asia/Seoul or UTC, got {name!r}")


@dataclass(frozen=True, slots=True)
class NotifierSettings:
    """Tells people of alerts by their channels; of several notifiers one tells, and another takes over from it."""

    nats_urls: tuple[str, ...] = setting("URLs of the bus, such as nats://127.0.0.1:4222.")
    nats_password: Secret = setting("Password of the bus user.")
    nats_user: str = setting("Bus user that may read alerts and channels.", default="notifier")
    language: str = setting("Language of messages.", default="en", choices=LANGUAGES)
    zone: str = setting("Time zone of the times in messages.", default="UTC", check=_check_zone)
    page_url: str = setting("Address of the dashboard, which messages link to; none is no link.", default="",
                            check=check_page_address)  # fmt: skip
    attempt_s_max: float = setting("Seconds that a service may take for a message.", default=30, minimum=1, maximum=300)
    tried_s_max: float = setting(
        "Seconds for which a message is tried again, before it is set aside in the stream DEAD.",
        default=3_600, minimum=1, maximum=86_400,
    )  # fmt: skip
    metrics_port: int = setting("Port on loopback for Prometheus; 0 is off.", default=0, minimum=0, maximum=65535)
    log_level: str = setting("How much is logged.", default="info", choices=("debug", "info", "warning", "error"))
