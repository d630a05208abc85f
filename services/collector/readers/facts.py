"""Reads what the machine is: its system, processor, memory and addresses."""

from __future__ import annotations

import hashlib
import ipaddress
import platform
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from shared.version import PRODUCT_VERSION
from shared.wire.encode_inventory import HostFacts

ADDRESSES_MAX = 64
_MACHINE_IDS = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))
_CPUINFO = Path("/proc/cpuinfo")


class FactsReader:
    """Reads the facts again and again; what cannot change while the machine runs is read once."""

    def __init__(self, host: str, intervals: Mapping[str, int]) -> None:
        self._host = host
        self._intervals = dict(intervals)
        # Once: the kernel computes it from the clock, so a correction of the clock would look like a change.
        self._boot_time = datetime.fromtimestamp(round(psutil.boot_time()), UTC)
        self._cpu_model = _cpu_model()
        self._host_id = _host_id(host)

    def read(self) -> HostFacts:
        """Return the facts as they are now."""
        return HostFacts(
            host=self._host,
            host_id=self._host_id,
            os=_os_name(),
            kernel=platform.release(),
            architecture=platform.machine(),
            cpu_model=self._cpu_model,
            cores_count=psutil.cpu_count() or 1,
            memory_total_bytes=psutil.virtual_memory().total,
            addresses=tuple(parse_addresses(entry for entries in psutil.net_if_addrs().values() for entry in entries)),
            boot_time=self._boot_time,
            agent_version=PRODUCT_VERSION,
            intervals=self._intervals,
        )


def parse_addresses(entries: Iterable[Any]) -> list[str]:
    """Return the addresses by which others can reach the machine, sorted: no loopback, no link-local ones."""
    found = set()
    for entry in entries:
        if entry.family in (socket.AF_INET, socket.AF_INET6):
            address = ipaddress.ip_address(entry.address.partition("%")[0])
            if not address.is_loopback and not address.is_link_local:
                found.add((address.version, address.packed, str(address)))
    return [text for _, _, text in sorted(found)][:ADDRESSES_MAX]


def parse_os_release(text: str) -> str | None:
    """Return PRETTY_NAME of an os-release file (os-release(5)), None when it has none."""
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name == "PRETTY_NAME":
            return value.strip().strip("\"'") or None
    return None


def parse_cpu_model(text: str) -> str | None:
    """Return the model of the first processor of /proc/cpuinfo, None where it names none (as many ARMs do)."""
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() in ("model name", "Model", "cpu model") and value.strip():
            return value.strip()
    return None


def _os_name() -> str:
    text = _first_text(_OS_RELEASE)
    name = parse_os_release(text) if text is not None else None
    return name or f"{platform.system()} {platform.release()}".strip()


def _cpu_model() -> str:
    text = _first_text((_CPUINFO,))
    return (parse_cpu_model(text) if text is not None else None) or platform.processor() or platform.machine()


def _host_id(host: str) -> str:
    """Return an id that survives a new name: the machine's id, hashed as machine-id(5) asks; else one of the name."""
    text = _first_text(_MACHINE_IDS)
    seed = text.strip() if text is not None and text.strip() else f"name:{host}"
    return hashlib.sha256(f"vitalwire:{seed}".encode()).hexdigest()[:32]


def _first_text(paths: Iterable[Path]) -> str | None:
    for path in paths:
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
    return None
