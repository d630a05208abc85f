"""Wires the evaluator: settings, bus, figures, signals."""

from __future__ import annotations

import asyncio
import gc
import logging
import secrets
import sys
import time
from datetime import UTC, datetime

import uvloop
from nats.aio.client import Client

from services.alerting.evaluation import Evaluation
from services.alerting.intake import BegunAnewError
from services.alerting.lease import lease_on
from services.alerting.metrics import Metrics
from services.alerting.settings import AlertingSettings
from shared.runtime.bus import BusAddress, close, connect
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.figures import FiguresError, serve_figures
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested, unless
from shared.subjects import EVALUATOR_KEY

log = logging.getLogger("services.alerting")

BACKOFF_S_MAX = 5.0
"""Of the connection: while it is away nobody is told of anything."""

AGAIN_S = 1.0
GARBAGE_THRESHOLD = 50_000
"""Objects that may be new before the youngest are looked at; the default is 700."""


class AlertingError(Exception):
    """Alerting cannot go on. The text says what to do."""


async def run(settings: AlertingSettings) -> None:
    """Evaluate until a signal asks to stop; raise when it cannot go on."""
    stop, closed, metrics = stop_requested(), asyncio.Event(), Metrics()
    figures = serve_figures(metrics.registry, settings.metrics_port)
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "alerting")
    connecting = connect(address, on_closed=closed.set, backoff_s_max=BACKOFF_S_MAX)
    bus: Client | None = None
    try:
        bus = await unless(stop, connecting)
        if bus is not None:
            await unless(stop, unless(closed, _lives(bus, metrics)))
            if closed.is_set():
                raise AlertingError("the connection to the bus ended for good; see the bus errors before this line")
    finally:
        if bus is not None and not bus.is_closed:
            await close(bus)
        figures.close()


async def _lives(bus: Client, metrics: Metrics) -> None:
    """Evaluate for ever, anew whenever the stream of sample sets begins anew."""
    while True:
        lease = lease_on(bus, EVALUATOR_KEY, f"evaluator-{secrets.token_hex(8)}", time.monotonic)
        try:
            await Evaluation(bus, lease, metrics, _now).run(lambda: log.info("ready"))
        except BegunAnewError:
            log.warning("the stream of sample sets is another one: beginning anew")
        await asyncio.sleep(AGAIN_S)


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> int:
    """Run the evaluator as the settings say; return the exit status."""
    settings = read_settings_or_exit(AlertingSettings, "alerting")
    configure_logs("alerting", settings.log_level)
    # What was imported stays for good; sample sets make many objects that are in no cycle.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)
    try:
        uvloop.run(run(settings))
    except (AlertingError, FiguresError) as error:
        log.error("alerting ends", extra={"reason": str(error)})
        return 1
    except Exception:
        log.exception("alerting ends: this is a bug")
        return 1
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
