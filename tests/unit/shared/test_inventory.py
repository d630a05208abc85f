"""The inventory survives the wire; anything else is refused with the decoder's one error."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgpack
import pytest

from shared.subjects import INVENTORY_BYTES_MAX
from shared.wire.decode import DecodeError, NewerVersionError
from shared.wire.encode_inventory import HostFacts, encode_inventory
from shared.wire.inventory import Inventory, decode_inventory
from tests.unit.shared.messages import HOST, TIME, packed

FACTS = HostFacts(
    host=HOST, host_id="4c1f", os="Debian 12", kernel="6.1", architecture="x86_64", cpu_model="A CPU", cores_count=4,
    memory_total_bytes=8_000_000_000, addresses=("192.0.2.1", "2001:db8::1"), boot_time=TIME, agent_version="0.1.0",
    tags={"rack": "7"}, intervals={"cpu": 1, "disk": 10},
)  # fmt: skip


def changed(**changes: Any) -> bytes:
    plain: dict[str, Any] = msgpack.unpackb(encode_inventory(FACTS, TIME), timestamp=3)
    return packed({key: value for key, value in {**plain, **changes}.items() if value is not ...})


def test_the_inventory_comes_back_whole() -> None:
    read = decode_inventory(encode_inventory(FACTS, TIME), HOST)
    for field in dataclasses.fields(FACTS):
        sent = getattr(FACTS, field.name)
        assert getattr(read, field.name) == (list(sent) if isinstance(sent, tuple) else sent)
    assert (read.v, read.time) == (1, TIME)


def test_only_the_host_and_the_time_are_needed() -> None:
    assert decode_inventory(packed({"v": 1, "host": HOST, "time": TIME}), HOST) == Inventory(v=1, host=HOST, time=TIME)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(b"\xc1", "", id="no msgpack"),
        pytest.param(b"\x91" * 5_000, "", id="deep nesting"),
        pytest.param(changed(host="web-2"), "the host of the key", id="another host"),
        pytest.param(changed(v=0), "expected v 1", id="v 0"),
        pytest.param(changed(time=...), "time", id="no time"),
        pytest.param(changed(cores_count=-1), ">= 0", id="negative cores"),
        pytest.param(changed(os="x" * 513), "length <= 512", id="long text"),
        pytest.param(changed(addresses=["x"] * 101), "length <= 100", id="101 addresses"),
        pytest.param(changed(tags={"x": "y" * INVENTORY_BYTES_MAX}), "at most 65536 bytes", id="too large"),
    ],
)
def test_refuses(body: bytes, reason: str) -> None:
    with pytest.raises(DecodeError) as refused:
        decode_inventory(body, HOST)
    assert reason in str(refused.value)


def test_a_newer_version_is_told_apart() -> None:
    with pytest.raises(NewerVersionError):
        decode_inventory(packed({"v": 2, "other": "shape"}), HOST)
