"""Wires the collector: settings, readers, ticks, the bus."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import socket
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from services.collector.bus_link import BusLink, BusLostError
from services.collector.collection import Collection
from services.collector.counters import Counters
from services.collector.delivery import Delivery
from services.collector.drain import Drain, Pace
from services.collector.inventory import InventoryPost
from services.collector.once import read_once
from services.collector.outbox import Outbox, Room
from services.collector.publish import Publisher
from services.collector.readers import READERS, Context
from services.collector.readers.choice import Choice
from services.collector.readers.facts import FactsReader
from services.collector.schedule import choose_intervals, offset_s
from services.collector.settings import CollectorSettings, host_problems
from services.collector.spool import Spool
from services.collector.spool_place import HOUR_S, PRODUCT, ROOT_STATE, Place, directory_of
from services.collector.spooled_outbox import Recent, SpooledOutbox
from services.collector.ticking import Ticking, run_ticks
from shared.families import FAMILIES
from shared.runtime.bus import BusAddress
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested
from shared.settings import SettingsError
from shared.subjects import SIMULATOR, host_user
from shared.wire.encode import Numbering

log = logging.getLogger("services.collector")

SESSION_BYTES = 12


def main() -> int:
    """Run until asked to stop; return the exit status."""
    settings = read_settings_or_exit(CollectorSettings, "collector")
    host = settings.host or socket.gethostname().lower()
    problems = host_problems(host)
    if problems:
        print(SettingsError(problems), file=sys.stderr)
        return 2
    context = context_of(settings)
    if settings.once:
        print(read_once({name: make(context) for name, make in READERS.items()}))
        return 0
    configure_logs("simulator" if settings.simulate else "collector", settings.log_level)
    return asyncio.run(_simulate(settings) if settings.simulate else _serve(settings, host, context))


def context_of(settings: CollectorSettings) -> Context:
    """Return what the readers are given."""
    return Context(
        mounts=Choice(settings.mounts_include, settings.mounts_exclude),
        disks=Choice(settings.disks_include, settings.disks_exclude),
        interfaces=Choice(settings.interfaces_include, settings.interfaces_exclude),
        counters=Counters(),
    )


async def _serve(settings: CollectorSettings, host: str, context: Context) -> int:
    stop = stop_requested()
    intervals = _intervals(settings)
    readers = {name: make(context) for name, make in READERS.items()}
    session = _new_session()
    spool = open_spool(settings, host, session)
    room = Room(confirm_s_max=settings.confirm_s_max)
    ticking = Ticking(
        host=host,
        intervals=intervals,
        numbering=Numbering(session),
        collection=Collection(readers, intervals, context.counters, time.monotonic),
        counters=context.counters,
        offset_s=offset_s(host),
        previous=lambda: spool.previous if spool else None,
    )
    outbox = SpooledOutbox(room, spool, Recent(settings.bus_sync_s), time.monotonic) if spool else None
    publisher = Publisher(host, context.counters, time.time, time.monotonic, outbox or Outbox(room))
    inventory = InventoryPost(FactsReader(host, intervals).read, publisher.publish_inventory)
    address = _address(settings, host_user(host), f"collector {host}")
    ticks = run_ticks(ticking, publisher.keep, publisher.pump, stop)
    if spool is None or outbox is None:
        link = BusLink(address, publisher, inventory.again, settings.retry_s_max)
        return await _run(link, stop, ticks, inventory.run())
    pace = Pace(settings.spool_rate_max, settings.confirm_s_max, settings.retry_s_max)
    drain = Drain(host, spool, pace, (time.time, time.monotonic), lambda: publisher.is_behind)
    link = BusLink(address, Delivery(publisher, outbox, drain, spool), inventory.again, settings.retry_s_max)
    return await _run(link, stop, ticks, inventory.run(), drain.run())


def open_spool(settings: CollectorSettings, host: str, session: str) -> Spool | None:
    """Return the spool, None where none is wanted; one that cannot be opened now says so and is tried again."""
    if not settings.spool_bytes_max:
        return None
    directory = directory_of(host, settings.spool_directory or _state() / PRODUCT)
    place = Place(directory.absolute(), settings.spool_bytes_max, settings.spool_hours_max * HOUR_S)
    spool = Spool(place, session, time.time, time.monotonic, settings.bus_sync_s)
    if spool.open():
        log.info("spool open", extra={"directory": str(place.directory), "waiting_count": spool.waiting})
    return spool


def _state() -> Path:
    """Return where this user's programs keep what must survive; root's where the system's services do."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ROOT_STATE
    named = os.environ.get("XDG_STATE_HOME", "")
    # The standard has relative paths ignored.
    return Path(named) if os.path.isabs(named) else Path(os.path.expanduser("~")) / ".local" / "state"


async def _simulate(settings: CollectorSettings) -> int:
    # Here, so that a real collector does not carry in memory what it never uses.
    from services.collector.simulation.fleet import Fleet
    from services.collector.simulation.profile import invent

    stop = stop_requested()
    profiles = invent(settings.simulate_seed, settings.simulate)
    fleet = Fleet(profiles, _intervals(settings), time.time, time.monotonic, _new_session)
    address = _address(settings, SIMULATOR, f"simulator of {settings.simulate} hosts")
    return await _run(BusLink(address, fleet.switchboard, fleet.introduce), stop, fleet.run(stop))


async def _run(link: BusLink, stop: asyncio.Event, *works: Coroutine[Any, Any, None]) -> int:
    """Run until asked to stop, or until one of them fails; return the exit status."""
    tasks = [asyncio.create_task(work) for work in (link.run(), *works)]
    stopping = asyncio.create_task(stop.wait())
    # What was imported stays: the collector of garbage need not look at it again.
    gc.collect()
    gc.freeze()
    done, _ = await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
    failed = [task for task in done if task is not stopping and task.exception() is not None]
    for task in failed:
        error = task.exception()
        expected = isinstance(error, BusLostError)
        log.error(str(error) if expected else "collector failed", exc_info=None if expected else error)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await link.end()
    return 1 if failed else 0


def _intervals(settings: CollectorSettings) -> dict[str, int]:
    return choose_intervals(FAMILIES, settings.interval_seconds, settings.intervals)


def _new_session() -> str:
    return secrets.token_hex(SESSION_BYTES)


def _address(settings: CollectorSettings, user: str, name: str) -> BusAddress:
    assert settings.nats_password is not None
    return BusAddress(settings.nats_urls, settings.nats_user or user, settings.nats_password, name)


if __name__ == "__main__":
    raise SystemExit(main())
