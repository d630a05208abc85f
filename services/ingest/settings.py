"""The settings of ingest and of provision, which can be read without loading what either works with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.ingest.limits import MESSAGES_MAX, PROCESSES_MAX
from services.ingest.storage.retention import Retention, kept_too_short
from shared.redelivery import ACK_WAIT_S
from shared.resolution import Level
from shared.settings import Said, Secret, setting

GIB = 1024**3
RETENTION: dict[Level, str] = {
    "raw": "raw_retention_days",
    "1m": "rollup_1m_retention_days",
    "5m": "rollup_5m_retention_days",
    "1h": "rollup_1h_retention_days",
}


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """Moves sample sets from the stream into the database; several of these may run at once.

    What was set aside: `python -m services.ingest dead --help`.
    """

    nats_urls: tuple[str, ...] = setting("URLs of the bus, such as nats://127.0.0.1:4222.")
    nats_password: Secret = setting("Password of the bus user.")
    database_url: str = setting("Address of the database, as the role vw_ingest.")
    nats_user: str = setting("Bus user that may read the durables.", default="ingest")
    database_password: Secret | None = setting("Password of the role.", default=None)
    messages_max: int = setting("Messages in one batch.", default=MESSAGES_MAX, minimum=1, maximum=50_000)
    age_s_max: float = setting("Seconds after which a batch is written, full or not.", default=0.5, minimum=0.01,
                               maximum=1)  # fmt: skip
    bytes_max: int = setting(
        "Bytes that database and streams may take together, before raw rows are kept for a shorter time; 0 is no "
        "ceiling. The same for all ingest processes.",
        default=0, minimum=0,
    )  # fmt: skip
    watched_directory: Path | None = setting(
        "Directory on the disk that must not fill up: fetching pauses while it is nearly full.", default=None
    )
    free_percent_min: float = setting("Percent of that disk that must be free.", default=5.0, minimum=0, maximum=100)
    metrics_port: int = setting("Port on loopback for Prometheus; 0 is off.", default=0, minimum=0, maximum=65535)
    log_level: str = setting("How much is logged.", default="info", choices=("debug", "info", "warning", "error"))


@dataclass(frozen=True, slots=True)
class DeadLetterSettings:
    """Reaches the stream DEAD as a bus user of its own, and reads for how long raw rows are kept."""

    nats_urls: tuple[str, ...] = setting("URLs of the bus, such as nats://127.0.0.1:4222.")
    nats_password: Secret = setting("Password of the bus user.")
    nats_user: str = setting("Bus user that may read DEAD and publish for any host.", default="dead_letters")
    database_url: str = setting(
        "Address of the database, as the role vw_read; it tells retry for how long raw rows are kept.", default=""
    )
    database_password: Secret | None = setting("Password of the role.", default=None)


@dataclass(frozen=True, slots=True)
class ProvisionSettings:
    """Prepares streams, roles and tables; run it before the services, and after every update."""

    nats_urls: tuple[str, ...] = setting("URLs of the bus, such as nats://127.0.0.1:4222.")
    nats_password: Secret = setting("Password of the bus user.")
    database_url: str = setting("Address of the database, as a user that may create roles and schemas.")
    nats_user: str = setting("Bus user that may alter streams.", default="provision")
    database_password: Secret | None = setting("Password of that database user.", default=None)
    metrics_bytes_max: int = setting("Bytes that the stream METRICS may keep.", default=2 * GIB, minimum=1024**2)
    backfill_bytes_max: int = setting("Bytes that the stream BACKFILL may keep.", default=GIB, minimum=1024**2)
    replicas: int = setting(
        "Nodes of the bus that keep each stream: 1, or 3 or 5 of a cluster.", default=1, minimum=1, maximum=5
    )
    raw_retention_days: int = setting("Days that raw rows are kept.", default=7, minimum=1, maximum=3650)
    rollup_1m_retention_days: int = setting("Days that rollups of 1 min are kept.", default=30, minimum=1, maximum=3650)
    rollup_5m_retention_days: int = setting("Days that rollups of 5 min are kept.", default=90, minimum=1, maximum=3650)
    rollup_1h_retention_days: int = setting("Days that rollups of 1 h are kept.", default=365, minimum=1, maximum=3650)
    alert_events_days: int = setting(
        "Days that transitions and acts of alerts are kept.", default=400, minimum=1, maximum=3650
    )
    convert_mode: bool = setting("Move what is stored when the database has gained TimescaleDB.", default=False)
    messages_max: int = setting("Messages in one batch of ingest.", default=MESSAGES_MAX, minimum=1, maximum=50_000)
    processes_max: int = setting("Ingest processes that may run at once.", default=PROCESSES_MAX, minimum=1, maximum=64)
    ack_wait_s: float = setting(
        "Seconds until an unanswered message comes again.", default=ACK_WAIT_S, minimum=1, maximum=3600
    )
    ingest_password: Secret | None = setting("Password to give the role vw_ingest.", default=None)
    read_password: Secret | None = setting("Password to give the role vw_read.", default=None)
    app_password: Secret | None = setting("Password to give the role vw_app.", default=None)
    log_level: str = setting("How much is logged.", default="info", choices=("debug", "info", "warning", "error"))

    @staticmethod
    def problems_together(said: Said) -> list[str]:
        """Return what no setting alone can tell, and that an even number of nodes survives no more than one less."""
        days = {level: said.values[name] for level, name in RETENTION.items() if name in said.values}
        found = [_retention_problem(said, RETENTION[level], RETENTION[finer]) for level, finer in kept_too_short(days)]
        replicas = said.values.get("replicas", 1)
        if replicas % 2 == 0:
            found.append(f"{said.spelled('replicas')}: expected 1, 3 or 5, got {replicas}")
        return found


def _retention_problem(said: Said, coarser: str, finer: str) -> str:
    """Return what is wrong with two levels, told of the one that the user has set; both are named as he writes them."""
    least, days = said.values[finer], said.values[coarser]
    if said.source_of(finer) is None:
        source = said.written(finer, beside=coarser)
        return f"{said.spelled(coarser)}: expected at least the {least} days of {source}, its source, got {days}"
    made = said.written(coarser, beside=finer)
    return (
        f"{said.spelled(finer)}: expected at most the {days} days of {made}, which is made of it, got {least}: "
        f"set {made} to at least {least} as well"
    )


def retention_of(settings: ProvisionSettings) -> Retention:
    """Return for how long each level, and events of alerts, are to be kept."""
    names = (*RETENTION.values(), "alert_events_days")
    return Retention(*(getattr(settings, name) for name in names))
