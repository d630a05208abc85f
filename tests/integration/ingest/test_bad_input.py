"""What cannot be used is set aside with its reason, and nothing else suffers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from shared.families import FAMILIES
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import (
    HOST,
    drained,
    figure,
    publish,
    sample_set,
    stored_seqs,
    swap,
    ticks,
)
from tests.ports import free_port
from tests.servers import NatsServer

PAYLOAD_BYTES_MAX = 1024 * 1024
NOW = datetime.now(UTC).replace(microsecond=0)


def bad(families: Any = None, **changed: Any) -> bytes:
    """Return a sample set with something wrong in it."""
    host, time = changed.pop("host", HOST), changed.pop("time", NOW)
    return sample_set(host, 9_999, time, families, **changed)


def disk(mount: str, drop: str = "") -> dict[str, Any]:
    """Return a table of one disk; without the column `drop`."""
    columns = [column for column in FAMILIES["disk"].columns if column.name != drop]
    cells = {"text": "/dev/vda1", "bigint": 1, "real": 1.0}
    row = [mount if column.name == "mount" else cells[column.sql_type] for column in columns]
    return {"disk": {"interval_seconds": 10.0, "columns": [column.name for column in columns], "rows": [row]}}


ROW = [1, 0, 0, 1.5, 0.0, 0.0]
BAD: dict[str, tuple[bytes, str]] = {
    "not msgpack": (b"\xc1 this is no msgpack", "malformed"),
    "wrong types": (bad({"swap": swap([["many", 0, 0, 1.5, 0.0, 0.0]])}), "Expected `int"),
    "a newer version": (bad(v=2), "newer 2"),
    "NaN": (bad({"swap": swap([[1, 0, 0, float("nan"), 0.0, 0.0]])}), "float"),
    "NUL": (bad(disk("/a\0b")), "without NUL"),
    "a mount of 4,000 characters": (bad(disk("/" + "x" * 3_999)), "length <= 512"),
    "a missing label column": (bad(disk("/", drop="mount")), "column mount is missing"),
    "a row shorter than the columns": (bad({"swap": swap([ROW[:-1]])}), "expected 6 cells"),
    "a host other than its subject's": (bad(host="web-2"), "not those of the subject"),
    "three hours ahead": (bad(time=NOW + timedelta(hours=3)), "clock ahead by"),
    "10,001 rows": (bad({"swap": swap([ROW] * 10_001)}), "at most 10000 rows"),
    "exactly the broker's maximum": (b"\x00" * PAYLOAD_BYTES_MAX, "a body of at most"),
}


async def dead_letters(client: Client) -> list[RawStreamMsg]:
    """Return everything in the stream DEAD, oldest first."""
    jetstream = client.jetstream()
    last = (await jetstream.stream_info("DEAD")).state.last_seq
    return [await jetstream.get_msg("DEAD", seq) for seq in range(1, last + 1)]


def headers_of(letter: RawStreamMsg) -> dict[str, str]:
    assert letter.headers is not None
    return letter.headers


async def test_every_bad_message_is_set_aside_with_its_reason_and_the_rest_flows(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    port = free_port()
    process = ingest(metrics_port=str(port))
    process.start()
    good = [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(len(BAD) + 1), start=1)]
    ancient = sample_set(HOST, 9_998, datetime(1970, 1, 1, tzinfo=UTC))
    mixed = [body for pair in zip([body for body, _ in BAD.values()], good, strict=False) for body in pair]
    await publish(host_client, [*mixed, ancient, good[-1]])
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(1, len(good) + 1))
    assert await owner.fetchval("SELECT count(*) FROM metrics.disk") == 0
    letters = await dead_letters(admin_client)
    whole = [letter for letter in letters if headers_of(letter)["Vitalwire-Part"] == "1/1"]
    for letter, (name, (body, reason)) in zip(whole, BAD.items(), strict=False):
        assert letter.data == body, name
        assert reason in headers_of(letter)["Vitalwire-Reason"], name
        assert letter.subject == "dead.metrics"
    parts = letters[len(whole) :]
    assert [headers_of(part)["Vitalwire-Part"] for part in parts] == ["1/2", "2/2"]
    assert b"".join(part.data or b"" for part in parts) == BAD["exactly the broker's maximum"][0]
    assert len(whole) == len(BAD) - 1
    assert await figure(port, "vitalwire_ingest_too_old_total") == 1
    assert await figure(port, "vitalwire_ingest_refused_total") == len(BAD)
    assert process.stop() == 0


async def test_one_bad_host_is_muted(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    await publish(host_client, [b"bad %d" % number for number in range(100)])
    await publish(host_client, [sample_set(HOST, 1, NOW)])
    await drained(admin_client)
    assert 60 <= len(await dead_letters(admin_client)) <= 62
    assert await stored_seqs(owner) == [1]


async def test_an_unknown_family_or_column_is_skipped(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection, own_bus: NatsServer
) -> None:
    ingest().start()
    wider = swap([[1, 0, 0, 1.5, 0.0, 0.0, 7]])
    wider["columns"] = [*wider["columns"], "later_count"]
    await publish(host_client, [sample_set(HOST, 1, NOW, {"swap": wider, "gpu'; DROP": swap([])})])
    await drained(admin_client)
    assert await stored_seqs(owner) == [1]
