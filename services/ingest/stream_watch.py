"""Watches the streams for what they discard unread, records it, and deletes old records of delivery."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.ingest.errors import translated
from services.ingest.jetstream import ask
from services.ingest.metrics import Metrics
from services.ingest.pace import Connect
from services.ingest.storage.delivery import EXCEPTIONS, STREAM_LOSS, delete_old_minutes, delete_old_sessions
from services.ingest.storage.keeping import Keeping, read_keeping
from services.ingest.storage.retention import LEDGER_KEPT_LONGER
from services.ingest.stream_loss import StreamSeen, Watched, next_look
from shared.holding import unread_bytes, unread_share
from shared.subjects import ALERTS, BACKFILL, DURABLE, METRICS

log = logging.getLogger(__name__)

STREAMS = {METRICS: "sample sets", BACKFILL: "sample sets", ALERTS: "events of alerts"}
"""Stream → what it holds; that of alerts last, since it is the least of them."""
LOOK_EVERY_S = 3.0
ASK_S_MAX = 2.0
RECORD_S_MAX = 5.0
FORGET_S_MAX = 30.0
FORGET_EVERY_LOOKS = 100
ROWS_MAX = 10_000
SESSION_KEPT_MAX = timedelta(days=400)

_WATCHED = "SELECT created, acked_sequence, last_sequence, watched_at FROM metrics.stream_watch WHERE stream = $1"
_WATCH = """INSERT INTO metrics.stream_watch AS known
    (stream, created, acked_sequence, last_sequence, watched_since, watched_at)
VALUES ($1, $2, $3, $4, now(), now())
ON CONFLICT (stream) DO UPDATE SET created = excluded.created, acked_sequence = excluded.acked_sequence,
    last_sequence = excluded.last_sequence, watched_at = excluded.watched_at"""
_LOSE = """INSERT INTO metrics.stream_loss AS known (stream, minute, since, until, sample_sets)
VALUES ($1, date_trunc('minute', now()), coalesce($2, now()), now(), $3)
ON CONFLICT (stream, minute) DO UPDATE SET since = least(known.since, excluded.since), until = excluded.until,
    sample_sets = known.sample_sets + excluded.sample_sets"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtext('vitalwire stream watch'))"


@dataclass(frozen=True, slots=True)
class StreamLook:
    """One look at a stream: where it stands, and the share of its limits that waits for ingest."""

    seen: StreamSeen
    unread_share: float


async def look_at(bus: Client, stream: str) -> StreamLook:
    """Return where a stream and its durable stand; raise NatsError, OSError or ValueError where the bus is silent."""
    consumer = await ask(bus, f"CONSUMER.INFO.{stream}.{DURABLE}", ASK_S_MAX)
    found = await ask(bus, f"STREAM.INFO.{stream}", ASK_S_MAX)
    state, config = found["state"], found["config"]
    unread = consumer["num_pending"] + consumer["num_ack_pending"]
    return StreamLook(
        StreamSeen(
            found["created"], state["first_seq"], state["last_seq"],
            consumer["ack_floor"]["stream_seq"], consumer["delivered"]["consumer_seq"],
        ),
        unread_share(unread_bytes(unread, state["messages"], state["bytes"]), config["max_bytes"]),
    )  # fmt: skip


async def record_look(connection: asyncpg.Connection, stream: str, seen: StreamSeen) -> int:
    """Record a look and what was lost since the one before; return how much that is.

    One transaction under a lock: several processes look, and what one has counted no other counts again.
    """
    async with connection.transaction():
        await connection.execute(_LOCK)
        row = await connection.fetchrow(_WATCHED, stream)
        before = None if row is None else Watched(row["created"], row["acked_sequence"], row["last_sequence"])
        watched, lost = next_look(before, seen)
        await connection.execute(_WATCH, stream, watched.created, watched.acked_sequence, watched.last_sequence)
        if lost:
            await connection.execute(_LOSE, stream, None if row is None else row["watched_at"], lost)
    return lost


async def forget(connection: asyncpg.Connection, keeping: Keeping) -> None:
    """Delete records of delivery that are older than the ledger, some thousands at a time until none is left."""
    bound: datetime = keeping.now - keeping.raw_kept - LEDGER_KEPT_LONGER
    await _repeat(connection, delete_old_sessions(), bound, ROWS_MAX, keeping.now - SESSION_KEPT_MAX)
    for relation in (EXCEPTIONS, STREAM_LOSS):
        await _repeat(connection, delete_old_minutes(relation), bound, ROWS_MAX)


async def _repeat(connection: asyncpg.Connection, statement: str, *arguments: Any) -> None:
    """Run a statement that deletes at most ROWS_MAX rows, each time in a transaction of its own."""
    while int((await connection.execute(statement, *arguments)).rpartition(" ")[2]) >= ROWS_MAX:
        pass


class StreamWatch:
    """Looks at the streams again and again, on a connection of its own."""

    def __init__(self, bus: Client, connect: Connect, metrics: Metrics, record_s_max: float = RECORD_S_MAX) -> None:
        self._bus = bus
        self._record_s_max = record_s_max
        self._connect = connect
        self._metrics = metrics
        self._connection: asyncpg.Connection | None = None
        self._looks = 0

    async def look(self) -> None:
        """Look once and record it; while the bus or the database is away, the next look makes up for it."""
        seen: dict[str, StreamSeen] = {}
        for stream in STREAMS:
            try:
                look = await look_at(self._bus, stream)
            except (NatsError, OSError, ValueError, KeyError, TypeError) as error:
                said = f"{type(error).__name__}: {error}"
                log.warning("the streams do not say where they stand", extra={"stream": stream, "error": said})
                # Mostly the bus is away: the others would be waited for as long.
                break
            self._metrics.unread_share.labels(stream).set(look.unread_share)
            seen[stream] = look.seen
        if not seen:
            return
        try:
            await self._record(seen)
        except Exception as error:
            self.close()
            if translated(error) is None:
                raise
            log.warning("the streams' state is not recorded", extra={"error": f"{type(error).__name__}: {error}"})

    async def watch(self) -> None:
        """Look for ever."""
        try:
            while True:
                await asyncio.sleep(LOOK_EVERY_S)
                await self.look()
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the connection; an open transaction is rolled back by the server."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _record(self, seen: dict[str, StreamSeen]) -> None:
        async with asyncio.timeout(self._record_s_max):
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._connect()
            for stream, each in seen.items():
                self._tell(stream, await record_look(self._connection, stream, each))
        # Counted first: what takes too long to delete is not tried again at every look.
        self._looks += 1
        if self._looks % FORGET_EVERY_LOOKS == 1:
            async with asyncio.timeout(FORGET_S_MAX):
                await forget(self._connection, await read_keeping(self._connection))

    def _tell(self, stream: str, lost: int) -> None:
        if lost:
            self._metrics.discarded.labels(stream).inc(lost)
            log.error(
                f"the stream reached its limits and let {STREAMS[stream]} go unread",
                extra={"stream": stream, "messages_max": lost},
            )
