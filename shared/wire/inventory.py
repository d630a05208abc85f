"""Reads what a host says it is: its inventory, as the collector publishes it into the bucket of hosts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.family import TEXT_BYTES_MAX
from shared.subjects import HOST_BYTES_MAX, INVENTORY_BYTES_MAX
from shared.wire.decode import DecodeError, NewerVersionError
from shared.wire.limits import BIGINT_MAX, INTERVAL_SECONDS_MAX, VERSION

Text = Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]
Count = Annotated[int, Meta(ge=0, le=BIGINT_MAX)]


class Inventory(msgspec.Struct, frozen=True):
    """What a host is: hardware, system, addresses, and how its collector is set."""

    v: int
    host: Annotated[str, Meta(min_length=1, max_length=HOST_BYTES_MAX)]
    time: Annotated[datetime, Meta(tz=True)]
    host_id: Text | None = None
    os: Text | None = None
    kernel: Text | None = None
    architecture: Text | None = None
    cpu_model: Text | None = None
    cores_count: Count | None = None
    memory_total_bytes: Count | None = None
    addresses: Annotated[list[Text], Meta(max_length=100)] = []
    boot_time: Annotated[datetime, Meta(tz=True)] | None = None
    agent_version: Text | None = None
    tags: Annotated[dict[Text, Text], Meta(max_length=100)] = {}
    intervals: Annotated[dict[Text, Annotated[float, Meta(gt=0, le=INTERVAL_SECONDS_MAX)]], Meta(max_length=200)] = {}


class _VersionOnly(msgspec.Struct):
    v: int


_inventories = msgspec.msgpack.Decoder(Inventory)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def decode_inventory(body: bytes, host: str) -> Inventory:
    """Return the inventory in body; raise DecodeError, and nothing else, when it is none or another host's."""
    try:
        return _decode(body, host)
    except DecodeError:
        raise
    except (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError(str(error)[:300]) from error


def _decode(body: bytes, host: str) -> Inventory:
    if len(body) > INVENTORY_BYTES_MAX:
        raise DecodeError(f"expected an inventory of at most {INVENTORY_BYTES_MAX} bytes, got {len(body)}")
    version = _versions.decode(body).v
    if version > VERSION:
        raise NewerVersionError(f"expected v {VERSION}, got the newer {version}")
    inventory = _inventories.decode(body)
    if inventory.v != VERSION or inventory.host != host:
        raise DecodeError(f"expected v {VERSION} and the host of the key, {host!r}")
    return inventory
