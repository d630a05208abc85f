"""Starts the API: connects to the bus, opens the pools, serves until asked to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from prometheus_client import start_http_server

from services.api.admin.queries import AdminQueries
from services.api.alerts.allowance import Allowance
from services.api.alerts.desk import AlertDesk
from services.api.alerts.follow import AlertFollow
from services.api.alerts.queries import AlertQueries
from services.api.alerts.stored import AlertStream
from services.api.alerts.stream import follow_on
from services.api.app import Parts, make_app
from services.api.auth.access import Access
from services.api.auth.guards import Gate
from services.api.auth.passwords import Passwords
from services.api.auth.queries import AccessQueries
from services.api.auth.sessions import EndedSessions, follow_ended
from services.api.auth.tokens import SigningKey, SigningKeyError, signing_key
from services.api.backtest.queries import Backtests
from services.api.bus import Bus
from services.api.configured import configured_on
from services.api.database import Database, Limits, open_database
from services.api.delivery.queries import DeliveryQueries
from services.api.edge import App as AsgiApp
from services.api.edge import Edge, names_of
from services.api.health.checks import HealthBoard, HealthChecks
from services.api.health.queries import HealthQueries
from services.api.hosts.inventories import Inventories
from services.api.live.feed import Feed
from services.api.live.latest import Latest
from services.api.live.relay import Relay
from services.api.live.socket import LiveSockets
from services.api.metrics.export import ExportLimits, Exports
from services.api.metrics.queries import MetricQueries
from services.api.observations import Observations
from services.api.page import read_page
from services.api.schema import describe
from services.api.settings import ApiSettings
from services.api.trail import Trail
from services.api.upkeep import Upkeep
from shared.runtime.bus import BusAddress, connect
from shared.runtime.command_line import read_settings_or_exit
from shared.runtime.logs import configure_logs
from shared.runtime.signals import stop_requested

log = logging.getLogger("services.api")

EXPORT_STATEMENT_S_MAX = 60
CLOSE_S_MAX = 3
FILL_S_MAX = 5.0


class StartError(Exception):
    """The API cannot start. The text says why and what to do."""


class Ending:
    """Why the process ends: a signal, or a part that failed."""

    def __init__(self) -> None:
        self.requested = stop_requested()
        self.failed = False

    def fail(self) -> None:
        """End with an error."""
        self.failed = True
        self.requested.set()

    def watch(self, task: asyncio.Task[None]) -> None:
        """End with an error when a task that runs for ever does not."""
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StartError):
            log.error("not started", extra={"reason": str(error)})
        else:
            log.error("a part of the API ended", exc_info=error)
        self.fail()


async def serve(settings: ApiSettings, key: SigningKey) -> bool:
    """Serve until a signal; return whether everything held. Raises StartError when it cannot start."""
    ending, observations = Ending(), Observations()
    async with AsyncExitStack() as stack:
        read, export_database, app_database = await _open_databases(settings, stack)
        passwords = Passwords()
        stack.callback(passwords.close)
        relay, inventories, board = Relay(Latest(), observations), Inventories(_now), HealthBoard()
        sessions, queries = EndedSessions(relay.end), AccessQueries(app_database)
        admin, gate = AdminQueries(app_database), Gate(key, sessions, _now)
        feed: Feed = Feed(lambda: _connect(settings, ending, feed.reconnected), relay, inventories)
        trail = Trail(admin.enter_deed, _now)
        alert_desk = _alert_desk(feed, relay, AlertQueries(read), trail, observations)
        parts = Parts(
            access=Access(queries, admin, passwords, sessions, key, _now), gate=gate, admin=admin,
            metric_queries=MetricQueries(read, observations, settings.cache_bytes_max),
            delivery=DeliveryQueries(read), alert_desk=alert_desk,
            exports=Exports(export_database, observations, _export_limits(settings)),
            backtests=Backtests(read),
            latest=relay.latest, inventories=inventories, board=board,
            sockets=LiveSockets(relay, gate, observations, settings.clients_max), page=read_page(settings.page),
            configured=configured_on(Bus(lambda: feed.bus), trail, _now),
            description=msgspec.json.encode(describe()), secure=settings.public_url.startswith("https:"), clock=_now,
        )  # fmt: skip
        upkeep = Upkeep(queries, passwords, settings.admin_password)
        checks = HealthChecks(board, lambda: feed.bus, HealthQueries(read), _now)
        stack.push_async_callback(feed.close)
        for work in (feed.run(), alert_desk.follow.run()):
            stack.push_async_callback(_cancel, _start(work, ending))
        await _until_filled(feed.filled, alert_desk.follow.filled)
        await upkeep.make_admin()
        await checks.look()
        observations.hosts.set_function(lambda: len(relay.latest))
        observations.ended_sessions.set_function(lambda: len(sessions))
        for work in (relay.run(), follow_ended(sessions, queries), upkeep.run(), checks.run(), trail.run()):
            stack.push_async_callback(_cancel, _start(work, ending))
        names = names_of(settings.public_url, settings.bind, settings.origins)
        # What is there by now stays: the collector of garbage need not look at it again.
        gc.collect()
        gc.freeze()
        app = Edge(cast(AsgiApp, make_app(parts, settings.origins)), names, observations, https=parts.secure)
        await _listen(settings, app, observations, ending)
    return not ending.failed


def _alert_desk(feed: Feed, relay: Relay, queries: AlertQueries, trail: Trail, observations: Observations) -> AlertDesk:
    async def connected(hear: Callable[[Msg], Awaitable[None]]) -> AlertStream:
        return await follow_on(await feed.connected(), hear)

    active = relay.alerts
    observations.alerts.set_function(lambda: len(active))
    observations.alerts_left_out.set_function(lambda: active.left_out_count)
    follow = AlertFollow(connected, active, observations)
    return AlertDesk(active, follow, queries, trail, _now, Allowance(time.monotonic))


async def _until_filled(*filled: asyncio.Event) -> None:
    """Return once the live views and the alerts are there; without the bus they are not, and all else works."""
    try:
        async with asyncio.timeout(FILL_S_MAX):
            for each in filled:
                await each.wait()
    except TimeoutError:
        log.warning("started without the bus; hosts, alerts and live views are missing until it is there")


async def _connect(settings: ApiSettings, ending: Ending, reconnected: Callable[[], None]) -> Client:
    address = BusAddress(settings.nats_urls, settings.nats_user, settings.nats_password, "api")

    def closed() -> None:
        # nats-py calls this also when we close the connection ourselves.
        if not ending.requested.is_set():
            log.error("the bus ended the connection for good")
            ending.fail()

    try:
        return await connect(address, on_closed=closed, on_reconnected=reconnected, backoff_s_max=5.0)
    except (NatsError, OSError) as error:
        raise StartError(
            f"the bus at {', '.join(settings.nats_urls)} cannot be reached: {type(error).__name__}: {error}; "
            "check nats_urls, nats_user and nats_password, and that nats-server runs"
        ) from error


async def _open_databases(settings: ApiSettings, stack: AsyncExitStack) -> tuple[Database, Database, Database]:
    """Return those that read, export, and keep users."""
    reading = (settings.read_database_url, settings.read_database_password)
    keeping = (settings.app_database_url, settings.app_database_password)
    # Between two parts of an export its transaction waits for the caller.
    exporting = Limits(settings.exports_max, EXPORT_STATEMENT_S_MAX, idle_s_max=2 * settings.export_stalled_s_max)
    read = await open_database(
        *reading, Limits(settings.read_connections_max, settings.statement_s_max), read_only=True
    )
    stack.push_async_callback(read.close)
    export = await open_database(*reading, exporting, read_only=True)
    stack.push_async_callback(export.close)
    app = await open_database(*keeping, Limits(settings.app_connections_max, settings.statement_s_max), read_only=False)
    stack.push_async_callback(app.close)
    return read, export, app


def _export_limits(settings: ApiSettings) -> ExportLimits:
    return ExportLimits(settings.exports_max, settings.export_s_max, settings.export_stalled_s_max)


async def _listen(settings: ApiSettings, app: Edge, observations: Observations, ending: Ending) -> None:
    server = Server(
        app, address=settings.bind, port=settings.port, interface=Interfaces.ASGINL, websockets=True,
        log_enabled=False, log_access=False, backlog=1024,
    )  # fmt: skip
    # The server stops waiting for requests that are still open after this.
    server.workers_kill_timeout = CLOSE_S_MAX
    own_metrics = None
    if settings.metrics_port:
        own_metrics, _ = start_http_server(settings.metrics_port, "127.0.0.1", observations.registry)
    serving = asyncio.create_task(server.serve())
    serving.add_done_callback(lambda _: ending.requested.set())
    try:
        await _until_answers(settings)
        log.info("ready", extra={"address": settings.bind, "port": settings.port})
        await ending.requested.wait()
    finally:
        log.info("ending")
        server.stop()  # type: ignore[no-untyped-call]
        await serving
        if own_metrics is not None:
            own_metrics.shutdown()


async def _until_answers(settings: ApiSettings) -> None:
    """Return once a connection gets an answer: only then 'ready' is true."""
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.bind, settings.bind)  # noqa: S104 - compared
    for _ in range(100):
        try:
            reader, writer = await asyncio.open_connection(address, settings.port)
            writer.write(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answered = await asyncio.wait_for(reader.read(12), 5)
            writer.close()
            if answered.startswith(b"HTTP/1.1 200"):
                return
        except OSError:
            pass
        await asyncio.sleep(0.05)
    raise StartError(f"the API does not answer on {settings.bind} port {settings.port}; the log above may say why")


def _require_free(address: str, port: int, setting: str) -> None:
    """Raise StartError when a port is taken: the server itself would share it silently (SO_REUSEPORT)."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise StartError(
                f"cannot listen on {address} port {port} ({error.strerror}); "
                f"end what uses it, or set {setting} to another"
            ) from error


def _start(work: Coroutine[Any, Any, None], ending: Ending) -> asyncio.Task[None]:
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(ending.watch)
    return task


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _read_key(settings: ApiSettings) -> SigningKey:
    try:
        return signing_key(settings.signing_key_file.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, SigningKeyError) as error:
        raise StartError(
            f"signing_key_file: {settings.signing_key_file}: {error}; "
            "'openssl rand -hex 32' makes one, readable by its owner only"
        ) from error


def main() -> int:
    """Run the API; return the exit status."""
    settings = read_settings_or_exit(ApiSettings, "api")
    configure_logs("api", settings.log_level)
    try:
        key = _read_key(settings)
        _require_free(settings.bind, settings.port, "port")
        if settings.metrics_port:
            _require_free("127.0.0.1", settings.metrics_port, "metrics_port")
        return 0 if uvloop.run(serve(settings, key)) else 1
    except StartError as error:
        log.error("not started", extra={"reason": str(error)})
        return 1


if __name__ == "__main__":
    sys.exit(main())
