"""Writes what a host is as msgpack; needs nothing beyond msgpack, so that a collector stays small."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgpack

from shared.wire.limits import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """What a host is; changes seldom. Instants are aware datetimes."""

    host: str
    host_id: str
    os: str
    kernel: str
    architecture: str
    cpu_model: str
    cores_count: int
    memory_total_bytes: int
    addresses: tuple[str, ...]
    boot_time: datetime
    agent_version: str
    tags: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, int] = field(default_factory=dict)


def encode_inventory(facts: HostFacts, time: datetime) -> bytes:
    """Return the inventory as the bucket holds it."""
    values = {each.name: getattr(facts, each.name) for each in dataclasses.fields(facts)}
    body: bytes = msgpack.packb({"v": VERSION, **values, "time": time}, datetime=True)
    return body
