"""Wires the collector: settings, readers, ticks, the bus."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import socket
import sys
import time

from services.collector.bus_link import BusLink, BusLostError
from services.collector.collection import Collection
from services.collector.counters import Counters
from services.collector.inventory import InventoryPost
from services.collector.once import read_once
from services.collector.publish import Publisher
from services.collector.readers import READERS, Context
from services.collector.readers.choice import Choice
from services.collector.readers.facts import FactsReader
from services.collector.schedule import choose_intervals, offset_s
from services.collector.settings import CollectorSettings, problems_of
from services.collector.ticking import Ticking, run_ticks
from shared.families import FAMILIES
from shared.runtime.bus import BusAddress
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested
from shared.settings import SettingsError
from shared.subjects import host_user
from shared.wire.encode import Numbering

log = logging.getLogger("services.collector")

SESSION_BYTES = 12


def main() -> int:
    """Run until asked to stop; return the exit status."""
    settings = read_settings_or_exit(CollectorSettings, "collector")
    host = settings.host or socket.gethostname().lower()
    problems = problems_of(settings, host)
    if problems:
        print(SettingsError(problems), file=sys.stderr)
        return 2
    context = context_of(settings)
    if settings.once:
        print(read_once({name: make(context) for name, make in READERS.items()}))
        return 0
    configure_logs("collector", settings.log_level)
    return asyncio.run(_serve(settings, host, context))


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
    intervals = choose_intervals(FAMILIES, settings.interval_seconds, settings.intervals)
    readers = {name: make(context) for name, make in READERS.items()}
    publisher = Publisher(host, context.counters, time.time, time.monotonic)
    ticking = Ticking(
        host=host,
        intervals=intervals,
        numbering=Numbering(secrets.token_hex(SESSION_BYTES)),
        collection=Collection(readers, intervals, context.counters, time.monotonic),
        counters=context.counters,
        offset_s=offset_s(host),
    )
    inventory = InventoryPost(FactsReader(host, intervals).read, publisher.publish_inventory)
    link = BusLink(_address(settings, host), publisher, inventory)
    tasks = [
        asyncio.create_task(run_ticks(ticking, publisher.publish, stop), name="ticks"),
        asyncio.create_task(link.run(), name="bus"),
        asyncio.create_task(inventory.run(), name="inventory"),
    ]
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


def _address(settings: CollectorSettings, host: str) -> BusAddress:
    assert settings.nats_password is not None
    user = settings.nats_user or host_user(host)
    return BusAddress(settings.nats_urls, user, settings.nats_password, f"collector {host}")


if __name__ == "__main__":
    raise SystemExit(main())
