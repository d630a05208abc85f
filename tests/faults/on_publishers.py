"""Faults of those who publish: what cannot be used amid what can."""

from __future__ import annotations

import asyncio
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from nats.aio.client import Client

from shared.subjects import metrics_subject
from tests.faults.fleet import Fleet
from tests.faults.length import Length
from tests.integration.ingest.running import sample_set
from tests.waiting import holds

POISONER = "poison-"
POISON_MAX = 40
"""Of one host, so that it is not muted: each must be found again in DEAD."""
BAD_HOST = "mad-"
EARLIER = (f"metrics.{POISONER}", f"metrics.{BAD_HOST}")
LAG_S_MAX = 10.0
LIVE_LAG_S_MAX = 3.0
BACKLOG_S_MAX = 300.0
STORED_S_MAX = 30.0
SPEED_PER_S = 1_000
STEP_S = 0.05
DEAD_MAX = 70
"""Of one host that is muted after 60."""
LOG_BYTES_MAX = 400_000


async def poison(fleet: Fleet, length: Length) -> None:
    """Two hosts send garbage, a foreign name, a newer version and huge bodies, a good one after each."""
    hosts = [f"{POISONER}{secrets.token_hex(3)}" for _ in range(2)]
    bad: list[Callable[[str, int], bytes]] = [
        lambda host, seq: b"\xc1 no msgpack %d" % seq,
        lambda host, seq: sample_set(f"not-{host}", 10_000 + seq, _now()),
        lambda host, seq: sample_set(host, 10_000 + seq, _now(), v=2),
        lambda host, seq: b"\0" * 800_000,
    ]
    client = await fleet.bus("simulator")
    admin = await fleet.bus("provision")
    before = (await admin.jetstream().stream_info("DEAD")).state.last_seq
    for seq in range(1, POISON_MAX + 1):
        for host in hosts:
            await client.publish(metrics_subject(host, "system"), bad[seq % len(bad)](host, seq))
            await client.publish(metrics_subject(host, "system"), sample_set(host, seq, _now()))
        await asyncio.sleep(length.seconds / POISON_MAX)
    for host in hosts:
        # What the broker has received waits to be stored: only an answer tells that all before it is.
        body = sample_set(host, POISON_MAX + 1, _now())
        await client.jetstream().publish(metrics_subject(host, "system"), body, timeout=STORED_S_MAX)
    await fleet.answered()
    expected = {metrics_subject(host, "system"): POISON_MAX for host in hosts}
    told = await _set_aside_since(before, admin)
    # The broker may deliver a letter of an earlier fault once more at any time.
    counted = {each: told[each] for each in told if each in expected or not each.startswith(EARLIER)}
    assert counted == expected, f"set aside: {counted}, and of earlier faults: {told - Counter(counted)}"
    await client.close()
    await admin.close()


async def one_bad_host(fleet: Fleet, length: Length) -> None:
    """One host sends a thousand messages a second that cannot be used: it is muted, and nobody waits for it."""
    # In a soak a fault before may have left a backlog, whose lag is not this one's.
    await holds(partial(_is_live, fleet), "ingest to have read up", BACKLOG_S_MAX)
    client, admin = await fleet.bus("simulator"), await fleet.bus("provision")
    jetstream = admin.jetstream()
    before = (await jetstream.stream_info("DEAD")).state.last_seq
    logged_bytes = fleet.ingests[0].log.stat().st_size
    subject = metrics_subject(f"{BAD_HOST}{secrets.token_hex(3)}", "system")
    end = time.monotonic() + length.seconds
    slowest_s = 0.0
    while time.monotonic() < end:
        for number in range(int(SPEED_PER_S * STEP_S)):
            await client.publish(subject, b"bad %d" % number)
        await client.flush()
        await asyncio.sleep(STEP_S)
        slowest_s = max(slowest_s, await _lag_s(fleet))
    assert slowest_s < LAG_S_MAX, f"others were {slowest_s:.1f} s behind"
    await fleet.answered()
    told = await _set_aside_since(before, admin)
    assert 60 <= told[subject] <= DEAD_MAX + length.seconds, f"set aside: {told}"
    assert fleet.ingests[0].log.stat().st_size - logged_bytes < LOG_BYTES_MAX
    await client.close()
    await admin.close()


async def _is_live(fleet: Fleet) -> bool:
    return await _lag_s(fleet) < LIVE_LAG_S_MAX


async def _lag_s(fleet: Fleet) -> float:
    """Return how long ago the broker received what was stored last of any invented host; infinite from a minute on."""
    connection = await fleet.database()
    try:
        newest = await connection.fetchval(
            "SELECT max(received_at) FROM metrics.sample_sets WHERE time > now() - interval '1 min'"
        )
    finally:
        await connection.close()
    return (datetime.now(UTC) - newest).total_seconds() if newest else math.inf


async def _set_aside_since(seq: int, admin: Client) -> Counter[str]:
    """Return how many messages of each subject were set aside after this number of DEAD."""
    jetstream = admin.jetstream()
    last = (await jetstream.stream_info("DEAD")).state.last_seq
    letters = [await jetstream.get_msg("DEAD", number) for number in range(seq + 1, last + 1)]
    return Counter((letter.headers or {})["Vitalwire-Subject"] for letter in letters)


def _now() -> datetime:
    return datetime.now(UTC)
