"""Wires the notifier: settings, bus, the lease of the one that tells, figures, signals."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import uvloop
from nats.aio.client import Client

from services.alerting.amounts import Language
from services.alerting.channels import sender_of
from services.alerting.lease import RENEW_S, Lease, lease_on
from services.alerting.notifier.addresses import Addresses
from services.alerting.notifier.metrics import Metrics
from services.alerting.notifier.sending import Attempts
from services.alerting.notifier.settings import NotifierSettings
from services.alerting.notifier.term import Term, Tools, Voice
from services.alerting.notifier.waiting import Patience
from shared.runtime.bus import BusAddress, close, connect
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.figures import FiguresError, serve_figures
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested, unless
from shared.subjects import NOTIFIER_KEY

log = logging.getLogger("services.alerting.notifier")

BACKOFF_S_MAX = 5.0
OUR_LOGGERS = ("services", "shared", "nats", "asyncio", "__main__")
"""Whose lines are written: libraries that send messages log addresses, and these hold tokens."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends the notifier: a request to stop, or the bus connection giving up."""

    stop: asyncio.Event
    closed: asyncio.Event


class NotifierError(Exception):
    """The notifier cannot go on. The text says what to do."""


async def run(settings: NotifierSettings) -> None:
    """Tell, or stand by, until a signal asks to stop; raise when it cannot go on."""
    ending = Ending(stop_requested(), asyncio.Event())
    tools = tools_of(settings)
    figures = serve_figures(tools.metrics.registry, settings.metrics_port)
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "notifier")
    bus: Client | None = None
    try:
        bus = await unless(ending.stop, connect(address, on_closed=ending.closed.set, backoff_s_max=BACKOFF_S_MAX))
        if bus is None:
            return
        log.info("ready")
        await _work(bus, tools, ending)
    finally:
        if bus is not None and not bus.is_closed:
            await close(bus)
        figures.close()


def tools_of(settings: NotifierSettings) -> Tools:
    """Return what all terms of this process share."""
    return Tools(
        addresses=Addresses(sender_of),
        attempts=Attempts(settings.attempt_s_max),
        patience=Patience(tried_for=timedelta(seconds=settings.tried_s_max)),
        voice=Voice(cast(Language, settings.language), ZoneInfo(settings.zone), settings.page_url),
        metrics=Metrics(),
        clock=lambda: datetime.now(UTC),
        chance=random.random,
    )


async def _work(bus: Client, tools: Tools, ending: Ending) -> None:
    """Tell whenever the lease allows it, until ending says so."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"
    lease = lease_on(bus, NOTIFIER_KEY, holder, time.monotonic)
    working = asyncio.create_task(_take_turns(lease, lambda: Term(bus, tools, lambda: lease.is_held).run()))
    waiting = [asyncio.create_task(event.wait()) for event in (ending.stop, ending.closed)]
    try:
        await asyncio.wait([working, *waiting], return_when=asyncio.FIRST_COMPLETED)
        if ending.closed.is_set():
            raise NotifierError("the connection to the bus ended for good; see the bus errors before this line")
        if working.done():
            working.result()
    finally:
        # In this order: whoever takes the lease must not tell beside us.
        await _ended(working, *waiting)
        await lease.give_up()


async def _take_turns(lease: Lease, tell: Callable[[], Coroutine[object, object, None]]) -> None:
    """Renew the lease for ever, and tell for as long as it is held; raise what telling raises."""
    telling: asyncio.Task[None] | None = None
    try:
        while True:
            is_held = await lease.turn()
            if is_held and telling is None:
                telling = asyncio.create_task(tell())
            elif not is_held and telling is not None:
                await _ended(telling)
                telling = None
                log.warning("another may tell now; standing by")
            await _asleep(RENEW_S, telling)
    finally:
        if telling is not None:
            await _ended(telling)


async def _asleep(seconds: float, telling: asyncio.Task[None] | None) -> None:
    """Return after so many seconds; raise what telling raises, as it never ends by itself."""
    if telling is None:
        await asyncio.sleep(seconds)
        return
    await asyncio.wait([telling], timeout=seconds)
    if telling.done():
        telling.result()


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def is_ours(record: logging.LogRecord) -> bool:
    """Return whether a line may be written: it is none of a library that sends messages."""
    return record.name.split(".")[0] in OUR_LOGGERS


def main() -> int:
    """Run the notifier as the settings say; return the exit status."""
    settings = read_settings_or_exit(NotifierSettings, "notifier")
    configure_logs("notifier", settings.log_level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_ours)
    try:
        uvloop.run(run(settings))
    except (NotifierError, FiguresError) as error:
        log.error("notifier ends", extra={"reason": str(error)})
        return 1
    except Exception:
        log.exception("notifier ends: this is a bug")
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
