"""The settings of the embedded stack: `VITALWIRE_<NAME>` in the environment, or section `local` of the YAML file."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from shared.page_address import check_page_address
from shared.settings import Secret, setting
from shared.subjects import SIMULATED_HOSTS_MAX

LOOPBACK = "127.0.0.1"
NATS_PORT = 4222
API_PORT = 8080
GIB = 1024**3
INGEST_PROCESSES_MAX = 16


def enough_for_a_ceiling(bytes_max: int) -> None:
    """Raise ValueError for a ceiling that cannot be kept."""
    if 0 < bytes_max < GIB:
        raise ValueError(
            f"expected 0 for no ceiling, or at least {GIB} (1 GiB, in bytes without a unit), got {bytes_max}"
        )


@dataclass(frozen=True, slots=True)
class HomeSettings:
    """All that a command needs to find a stack: a running one can be looked at and ended whatever else is set."""

    home: Path | None = setting(
        "Directory that keeps all state; .vitalwire in the checkout, for root /var/lib/vitalwire, when left out.",
        default=None,
    )


@dataclass(frozen=True, slots=True)
class LocalSettings(HomeSettings):
    """Settings of the embedded stack."""

    nats_port: int | None = setting(
        f"Port of NATS; {NATS_PORT} or the next free one when left out, and then kept.",
        default=None,
        minimum=1,
        maximum=65535,
    )
    api_port: int | None = setting(
        f"Port of the page and the API; {API_PORT} or the next free one when left out, and then kept.",
        default=None,
        minimum=1,
        maximum=65535,
    )
    bind: str = setting("Address on which NATS and the API listen.", default=LOOPBACK)
    public_url: str | None = setting(
        "URL under which browsers reach the page; made of bind and api_port when left out.",
        default=None,
        check=check_page_address,
    )
    bytes_max: int = setting(
        f"Bytes that database and streams may take together, before raw rows are kept for a shorter time; "
        f"at least {GIB}, or 0 for no ceiling.",
        default=10 * GIB,
        minimum=0,
        check=enough_for_a_ceiling,
    )
    ingest_processes: int = setting(
        "How many ingest processes share the work; about one for every two cores.",
        default=1,
        minimum=1,
        maximum=INGEST_PROCESSES_MAX,
    )
    simulate: int = setting(
        "How many hosts to invent, for a look at a fleet; none when left out.",
        default=0,
        minimum=0,
        maximum=SIMULATED_HOSTS_MAX,
    )
    admin_password: Secret | None = setting("Password of the user admin, used at the first start.", default=None)


def is_loopback(bind: str) -> bool:
    """Return whether only this machine can reach what listens on bind."""
    if bind == "localhost":
        return True
    try:
        return ipaddress.ip_address(bind).is_loopback
    except ValueError:
        return False


def is_wildcard(bind: str) -> bool:
    """Return whether bind stands for every address of this machine."""
    return bind in ("0.0.0.0", "::")  # noqa: S104 - recognised here, never chosen by us


def local_address(bind: str) -> str:
    """Return the address under which this machine's own processes reach what listens on bind."""
    if is_wildcard(bind):
        return LOOPBACK if bind != "::" else "::1"
    return bind


def outside_address(bind: str, machine: str, public_url: str | None = None) -> str:
    """Return the address under which other machines reach what listens on bind.

    A wildcard stands for the name in the public URL, or for `machine`, the name of this machine, when none is set.
    """
    if not is_wildcard(bind):
        return bind
    return (urlsplit(public_url).hostname if public_url else None) or machine


def authority(address: str, port: int) -> str:
    """Return address:port as it stands in a URL."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
