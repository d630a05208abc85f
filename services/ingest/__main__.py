"""Wires ingest: settings, bus, database, the loop, upkeep, figures, signals."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import asyncpg
import uvloop
from nats.aio.client import Client

from services.ingest.alerts.consume import EVENTS_BYTES_MAX, EVENTS_MAX, AlertConsumer
from services.ingest.alerts.sink import AlertSink
from services.ingest.breaker import Breaker
from services.ingest.consume import BatchPolicy, Consumer, Intake
from services.ingest.dead.__main__ import main as dead_letters_on_command_line
from services.ingest.dead_letters import SetAside
from services.ingest.errors import ADDRESS_EXPECTED, WriteError
from services.ingest.left_behind import expect_lost_connections
from services.ingest.link import Link
from services.ingest.metrics import Metrics
from services.ingest.pull import Puller
from services.ingest.room import Disk, Room, free_percent, stream_bytes
from services.ingest.settings import IngestSettings
from services.ingest.sink import PostgresSink, Provisioned
from services.ingest.storage.selection import storage_of
from services.ingest.stream_watch import StreamWatch
from services.ingest.upkeep import Upkeep, keep_up
from services.ingest.window import RawKept
from shared.redelivery import ACK_WAIT_S
from shared.runtime.bus import BREAKING, BusAddress, close, connect
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.figures import FiguresError, serve_figures
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested, unless
from shared.subjects import ALERTS, BACKFILL, METRICS

log = logging.getLogger("services.ingest")
Work = Coroutine[object, object, None]

WRITE_S_MAX = ACK_WAIT_S / 2
CONNECT_S_MAX = 5.0
STOP_S_MAX = 10.0
CANCEL_AGAIN_S = 0.5
BATCH_BYTES_MAX = 8 * 1024**2
BACKFILL_BYTES_MAX = 4 * 1024**2
"""Two batches are decoded at once, the one that is written and the next; hostile ones take nearly thirty times this."""
DATABASE_PAUSE_S = 2.0
GARBAGE_THRESHOLD = 50_000
"""Objects that may be new before the youngest are looked at; the default is 700."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends ingest: a request to stop, or the bus connection giving up."""

    stop: asyncio.Event
    closed: asyncio.Event


class IngestError(Exception):
    """Ingest cannot go on. The text says what to do."""


async def open_database(settings: IngestSettings) -> asyncpg.Connection:
    """Return a new connection whose statements end before their messages are delivered again."""
    try:
        return await asyncpg.connect(
            settings.database_url,
            password=settings.database_password.reveal() if settings.database_password else None,
            timeout=CONNECT_S_MAX,
            server_settings={
                "application_name": "vitalwire ingest",
                "statement_timeout": f"{int(WRITE_S_MAX * 1000)}",
                # A frozen process must not hold up the others that the same sample sets are delivered to.
                "idle_in_transaction_session_timeout": f"{int(WRITE_S_MAX * 1000)}",
            },
        )
    except (ValueError, asyncpg.ClientConfigurationError):
        # Its text may quote the address, and with it a password.
        raise IngestError(f"database_url is no address: {ADDRESS_EXPECTED}") from None


async def run(settings: IngestSettings) -> None:
    """Ingest until a signal asks to stop; raise when it cannot go on."""
    ending = Ending(stop_requested(), asyncio.Event())
    expect_lost_connections()
    metrics = Metrics()
    disk = await _disk(settings, metrics)
    figures = serve_figures(metrics.registry, settings.metrics_port)
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "ingest")
    sink = PostgresSink(lambda: open_database(settings), metrics, WRITE_S_MAX)
    alert_sink = AlertSink(
        Link(lambda: open_database(settings), metrics.alerts.database_up, WRITE_S_MAX), metrics.alerts
    )
    bus: Client | None = None
    try:
        bus = await unless(ending.stop, connect(address, on_closed=ending.closed.set))
        provisioned = await unless(ending.stop, _provisioned(sink)) if bus is not None else None
        if bus is None or provisioned is None:
            return
        storage = storage_of(provisioned.mode)
        sink.marks_rollups = storage.marks_rollups
        log.info("ready", extra={"mode": storage.mode})
        consumer = _consumer(settings, bus, sink, metrics)
        raw_kept = RawKept(provisioned.raw_kept)
        upkeep = Upkeep(storage, Room(settings.bytes_max, partial(stream_bytes, bus), disk), raw_kept, metrics)
        watch = StreamWatch(bus, lambda: open_database(settings), metrics)
        # Before the first fetch: what was acknowledged until now is known, and nothing else.
        await unless(ending.stop, watch.look())
        alerts = _alert_consumer(settings, bus, alert_sink, metrics)
        consuming = [consumer.run(ending.stop, raw_kept, disk), alerts.run(ending.stop, disk)]
        keeping_up = keep_up(lambda: open_database(settings), upkeep)
        await _work(consuming, [keeping_up, disk.watch(), watch.watch()], ending)
    finally:
        sink.close()
        alert_sink.close()
        if bus is not None and not bus.is_closed:
            await _flush_and_close(bus)
        figures.close()


def _consumer(settings: IngestSettings, bus: Client, sink: PostgresSink, metrics: Metrics) -> Consumer:
    breaker, policy = Breaker(), BatchPolicy(settings.messages_max, settings.age_s_max)
    intake = Intake(Puller(bus, METRICS, BATCH_BYTES_MAX), Puller(bus, BACKFILL, BACKFILL_BYTES_MAX), policy)
    set_aside = SetAside(bus.jetstream(), lambda: bus.max_payload, breaker, metrics)
    return Consumer(intake, sink, set_aside, breaker, metrics)


def _alert_consumer(settings: IngestSettings, bus: Client, sink: AlertSink, metrics: Metrics) -> AlertConsumer:
    breaker, puller = Breaker(), Puller(bus, ALERTS, EVENTS_BYTES_MAX)
    fetch = partial(puller.pull, min(EVENTS_MAX, settings.messages_max), settings.age_s_max)
    set_aside = SetAside(bus.jetstream(), lambda: bus.max_payload, breaker, metrics.alerts)
    return AlertConsumer(fetch, sink, set_aside, breaker, metrics, lambda: datetime.now(UTC))


async def _disk(settings: IngestSettings, metrics: Metrics) -> Disk:
    """Return the disk to watch, checked once, so that nothing is fetched before it is known to have room."""
    directory = settings.watched_directory
    if directory is not None and not directory.is_dir():
        raise IngestError(f"watched_directory: expected a directory, got {directory}: name one on the database's disk")
    disk = Disk(None if directory is None else partial(free_percent, directory), settings.free_percent_min, metrics)
    await disk.check()
    return disk


async def _work(consume: Sequence[Work], beside: Sequence[Work], ending: Ending) -> None:
    """Do all of it until one fails or ending says so; those that consume may finish their batches."""
    consuming = [asyncio.create_task(part) for part in consume]
    working = [*consuming, *(asyncio.create_task(part) for part in beside)]
    waiting: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait()) for event in (ending.stop, ending.closed)]
    try:
        await asyncio.wait([*working, *waiting], return_when=asyncio.FIRST_COMPLETED)
        if ending.closed.is_set():
            raise IngestError("the connection to the bus ended for good; see the bus errors before this line")
        if ending.stop.is_set():
            await asyncio.wait(consuming, timeout=STOP_S_MAX)
        for task in working:
            if task.done():
                task.result()
    finally:
        await _ended([*working, *waiting])


async def _ended(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Return once all have ended, cancelled where they would not.

    More than once: one that was cancelled amid a transaction rolls it back, and a database that is frozen, or beyond a
    dead router, lets it wait for that.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)


async def _provisioned(sink: PostgresSink) -> Provisioned:
    """Return what provision recorded, once the database answers and was provisioned."""
    while True:
        try:
            provisioned = await sink.provisioned()
        except WriteError as error:
            log.warning("waiting for the database", extra={"error": str(error)})
        else:
            if provisioned is not None:
                return provisioned
            log.warning("waiting for provision: run python -m services.ingest.provision")
        await asyncio.sleep(DATABASE_PAUSE_S)


async def _flush_and_close(bus: Client) -> None:
    """Send the last acks, unless the bus is away: then their messages come again, which costs only work."""
    if bus.is_connected:
        with contextlib.suppress(*BREAKING):
            await bus.flush(timeout=2)
    await close(bus)


def _spare_the_garbage_collector() -> None:
    """Look for cycles seldom: a batch makes tens of thousands of objects that are in none, and each look visits all.

    What was imported stays for good and need not be looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)


def main() -> int:
    """Run ingest as the settings say, or what follows the word `dead`; return the exit status."""
    if sys.argv[1:2] == ["dead"]:
        return dead_letters_on_command_line(sys.argv[2:])
    settings = read_settings_or_exit(IngestSettings, "ingest")
    configure_logs("ingest", settings.log_level)
    _spare_the_garbage_collector()
    try:
        uvloop.run(run(settings))
    except (IngestError, FiguresError) as error:
        log.error("ingest ends", extra={"reason": str(error)})
        return 1
    except Exception:
        log.exception("ingest ends: this is a bug, or the database refuses this role")
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
