"""What can be set on a collector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from services.collector.drain import RATE_MAX
from services.collector.outbox import CONFIRM_S_MAX
from services.collector.spool_place import GIB, SPOOL_BYTES_MIN, SPOOL_HOURS_MAX
from services.collector.spooled_outbox import SYNC_S
from shared.families import FAMILIES
from shared.reconnect import BACKOFF_S_MAX
from shared.settings import Said, Secret, setting
from shared.subjects import SIMULATED_HOSTS_MAX, TokenError, host_name


def enough_for_a_spool(bytes_max: int) -> None:
    """Raise ValueError for a bound within which a spool cannot work."""
    if 0 < bytes_max < SPOOL_BYTES_MIN:
        raise ValueError(f"expected 0 for no spool, or at least {SPOOL_BYTES_MIN}, got {bytes_max}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorSettings:
    """Reads the vital signs of this machine and publishes them to the bus."""

    host: str | None = setting(
        "Name of this host, lower case; the machine's own when left out.", default=None, check=host_name
    )
    nats_urls: tuple[str, ...] = setting("Addresses of the bus.", default=("nats://127.0.0.1:4222",))
    nats_user: str | None = setting("User on the bus; that of the host when left out.", default=None)
    nats_password: Secret | None = setting("Password on the bus.", default=None)
    interval_seconds: int = setting(
        "Interval of the families that are read every second by default.", default=1, minimum=1, maximum=60
    )
    intervals: dict[str, int] = setting(
        "Interval of single families in seconds, such as disk=30.", default={}, minimum=1, maximum=60, choices=FAMILIES
    )
    mounts_include: tuple[str, ...] = setting("Globs of mount points to show besides those shown anyway.", default=())
    mounts_exclude: tuple[str, ...] = setting("Globs of mount points never to show.", default=())
    disks_include: tuple[str, ...] = setting("Globs of disks to show besides those shown anyway.", default=())
    disks_exclude: tuple[str, ...] = setting("Globs of disks never to show.", default=())
    interfaces_include: tuple[str, ...] = setting("Globs of interfaces to show besides those shown anyway.", default=())
    interfaces_exclude: tuple[str, ...] = setting("Globs of interfaces never to show.", default=())
    spool_directory: Path | None = setting(
        "Directory that has a folder of each host for what the bus did not take; below /var/lib, or ~/.local/state.",
        default=None,
    )
    spool_bytes_max: int = setting(
        f"Bytes that the spool may take on disk; at least {SPOOL_BYTES_MIN}, or 0 for no spool.",
        default=GIB,
        minimum=0,
        check=enough_for_a_spool,
    )
    spool_hours_max: int = setting(
        "Hours that the spool keeps what the bus did not take; at the most a day less than raw rows are kept.",
        default=SPOOL_HOURS_MAX,
        minimum=1,
        maximum=8760,
    )
    spool_rate_max: float = setting(
        "Sample sets a second that the spool sends when the bus is back.", default=RATE_MAX, minimum=1, maximum=2_000
    )
    confirm_s_max: float = setting(
        "Seconds to wait for the bus to confirm, before a sample set is sent again.",
        default=CONFIRM_S_MAX,
        minimum=1,
        maximum=300,
    )
    retry_s_max: float = setting(
        "Seconds between two attempts to reach the bus, at the most.", default=BACKOFF_S_MAX, minimum=1, maximum=3600
    )
    bus_sync_s: float = setting(
        "Seconds that the bus may take to write to disk what it confirmed: so much is sent again after its restart.",
        default=SYNC_S,
        minimum=0,
        maximum=600,
    )
    log_level: str = setting("Least level to log.", default="info", choices=("debug", "info", "warning", "error"))
    once: bool = setting("Print all readings as a table and end; needs no server.", default=False)
    simulate: int = setting(
        "How many hosts to invent instead of reading this one, for demos and load tests.",
        default=0,
        minimum=0,
        maximum=SIMULATED_HOSTS_MAX,
    )
    simulate_seed: int = setting(
        "Seed from which invented hosts are drawn: the same one makes the same hosts and values.",
        default=1,
        minimum=0,
        maximum=2**32 - 1,
    )

    @staticmethod
    def problems_together(said: Said) -> list[str]:
        """Return what no setting alone can tell: what contradicts another one, or is needed beside it."""
        found: list[str] = []
        once, simulate, spelled = said.values.get("once", True), said.values.get("simulate", 0), said.spelled
        if once and simulate:
            found.append(
                f"{spelled('once')} and {spelled('simulate')}: one reads this machine, the other none: "
                f"leave one of them out"
            )
        if once:
            return found
        if not said.values.get("nats_urls", True):
            found.append(f"{spelled('nats_urls')}: expected at least one address, such as nats://127.0.0.1:4222")
        if said.values.get("nats_password", True) is None:
            found.append(
                "nats_password is missing: set VITALWIRE_COLLECTOR_NATS_PASSWORD, or "
                "VITALWIRE_COLLECTOR_NATS_PASSWORD_FILE to the path of a file that holds it"
            )
        return found


def host_problems(host: str) -> list[str]:
    """Return what is wrong with the name of this machine, which is the host's where none is set."""
    try:
        host_name(host)
    except TokenError as error:
        return [f"host: {error}"]
    return []
