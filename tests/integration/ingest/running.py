"""Sample sets to feed ingest with, and what became of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import msgpack
from nats.aio.client import Client

from shared.families import FAMILIES
from shared.subjects import BACKFILL, METRICS, metrics_subject
from tests.processes import Service
from tests.servers import wait_until

HOST = "web-1.example.com"
SWAP_COLUMNS = list(FAMILIES["swap"].column_names)


def events(service: Service, event: str) -> list[dict[str, Any]]:
    """Return the log lines of one event."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line["event"] == event]


async def logged(service: Service, event: str, times: int = 1) -> None:
    """Return once the service has logged the event so many times."""
    await asyncio.to_thread(wait_until, lambda: len(events(service, event)) >= times, f"{event!r} in {service.log}")


def sample_set(host: str, seq: int, time: datetime, families: dict[str, Any] | None = None, **changed: Any) -> bytes:
    """Return the body of a sample set of one swap row whose total tells its seq; written without product code."""
    if families is None:
        families = {"swap": swap([[seq, 0, 0, 1.5, 0.0, 0.0]])}
    body = {"v": 1, "host": host, "source": "system", "session": "a" * 24, "seq": seq, "time": time,
            "families": families}  # fmt: skip
    return bytes(msgpack.packb(body | changed, datetime=True))


def swap(rows: list[list[Any]]) -> dict[str, Any]:
    """Return a table of the family swap."""
    return {"interval_seconds": 1.0, "columns": SWAP_COLUMNS, "rows": rows}


def ticks(count: int) -> list[datetime]:
    """Return so many whole seconds that end now, oldest first."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [now - timedelta(seconds=count - number) for number in range(1, count + 1)]


async def publish(client: Client, bodies: Iterable[bytes], host: str = HOST) -> int:
    """Store bodies in METRICS, in order; return how many."""
    jetstream = client.jetstream()
    count = 0
    for body in bodies:
        pending = await jetstream.publish_async(metrics_subject(host, "system"), body)
        count += 1
    if count:
        await pending
        await jetstream.publish_async_completed()
    return count


async def drained(client: Client, seconds_max: float = 30, streams: Iterable[str] = (METRICS, BACKFILL)) -> None:
    """Return when ingest's durables of streams have nothing waiting and nothing unanswered; `client` may ask."""
    async with asyncio.timeout(seconds_max):
        while not all([await _is_drained(client, stream) for stream in streams]):  # noqa: ASYNC110 - the event is in the broker
            await asyncio.sleep(0.05)


async def _is_drained(client: Client, stream: str) -> bool:
    jetstream = client.jetstream()
    last = (await jetstream.stream_info(stream)).state.last_seq
    durable = await jetstream.consumer_info(stream, "ingest")
    # The broker says that a message is stored before its durable has heard of it, and nothing is waiting there yet.
    was_read = durable.delivered is not None and durable.delivered.stream_seq >= last
    return was_read and durable.num_pending == 0 and durable.num_ack_pending == 0


async def until(connection: asyncpg.Connection, condition: str) -> None:
    """Return once the SQL condition holds."""
    async with asyncio.timeout(20):
        while not await connection.fetchval(f"SELECT {condition}"):  # noqa: ASYNC110 - the event is in the database
            await asyncio.sleep(0.02)


async def stored_seqs(connection: asyncpg.Connection, host: str = HOST) -> list[int]:
    """Return the seqs that the rows of swap tell, in order: a doubled row shows twice."""
    rows = await connection.fetch("SELECT total_bytes FROM metrics.swap WHERE host = $1 ORDER BY 1", host)
    return [row[0] for row in rows]


async def figure(port: int, name: str) -> float:
    """Return one of ingest's own figures, once the process answers."""
    answers: list[str] = []

    def asked() -> bool:
        with contextlib.suppress(urllib.error.URLError):
            answers.append(urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode())
        return bool(answers)

    await asyncio.to_thread(wait_until, asked, f"figures on port {port}")
    text = answers[-1]
    return float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name + " ")))
