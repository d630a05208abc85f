"""Answers of the routes for hosts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec


class HostSummary(msgspec.Struct, frozen=True):
    """What a list of hosts shows of each; null where it was not read."""

    cpu_percent: float | None
    memory_percent: float | None
    disk_percent: float | None
    disk_mount: str | None
    receive_bytes_per_second: float | None
    transmit_bytes_per_second: float | None


class Host(msgspec.Struct, frozen=True):
    """How one host is doing."""

    host: str
    state: Literal["live", "silent"]
    last_sample_time: datetime | None
    age_seconds: float | None
    sources: list[str]
    summary: HostSummary
    duplicate: bool
    """Whether two machines said within half an hour that they are this host."""


class HostInventory(msgspec.Struct, frozen=True):
    """What one host says it is."""

    host_id: str | None
    os: str | None
    kernel: str | None
    architecture: str | None
    cpu_model: str | None
    cores_count: int | None
    memory_total_bytes: int | None
    addresses: list[str]
    boot_time: datetime | None
    agent_version: str | None
    tags: dict[str, str]
    intervals: dict[str, float]
    time: datetime


class HostDetail(msgspec.Struct, frozen=True):
    """How one host is doing, and what it is."""

    host: str
    state: Literal["live", "silent"]
    last_sample_time: datetime | None
    age_seconds: float | None
    sources: list[str]
    summary: HostSummary
    duplicate: bool
    inventory: HostInventory | None


class Hosts(msgspec.Struct, frozen=True):
    """One page of hosts by name; `next_cursor` asks for the next."""

    hosts: list[Host]
    next_cursor: str | None
