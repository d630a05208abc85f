"""From a sample of a real collector to a webhook through Apprise: with the database there, and with it stopped."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nats.aio.client import Client

from shared.alerts.route import Route
from tests.bench.alerting.figures import spread
from tests.bench.alerting.rules import LISTENING, listening
from tests.bench.alerting.stack import password, telling
from tests.bench.alerting.told import last_sequence, transitions
from tests.bench.ingest.bus import connected
from tests.bench.storage.site import OwnServer, Site
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Webhook
from tests.integration.evaluator.stage import put_rule
from tests.waiting import holds

HOSTS = tuple(f"bench-{number}" for number in range(1, 11))
"""One for each run in turn: a host sends what it read within half a second, at a moment that its name decides."""
SOCKETS = 400
"""So many are opened to cross the level and closed to come back; the level lies halfway."""
ARRIVES_S_MAX = 20.0
"""A collector tells within a second; nothing of this may take so long."""
DATABASE = ("running", "stopped")


@dataclass(frozen=True, slots=True)
class Stage:
    """The site, what the bench hears of it, and how often the level is crossed in each run."""

    made: Site
    admin: Client
    hook: Webhook
    runs: int
    crossings: int


async def measure_webhook(made: Site, runs: int, crossings: int) -> dict[str, Any]:
    """Return seconds from a sample's time to the webhook by state of the database; more runs, each of new processes."""
    if not isinstance(made.server, OwnServer):
        raise SystemExit("expected a database server of the bench's own, which it can stop: unset BENCH_DATABASE_URL")
    made.service("ingest")
    found: dict[str, Any] = {"runs": runs, "crossings_a_run": crossings}
    async with _stage(made, runs, crossings) as stage:
        for state in DATABASE:
            if state == "stopped":
                made.server.stop()
            found[f"postgres_{state}"] = await _measured(stage, state)
    return found


@asynccontextmanager
async def _stage(made: Site, runs: int, crossings: int) -> AsyncIterator[Stage]:
    """Set a channel, a route and a rule, as people would; yield what to measure with."""
    hook = Webhook()
    hook.start()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(hook.stop)
        admin, alerting, api = [
            await stack.enter_async_context(connected(made.nats.url, user, password(made, user)))
            for user in ("provision", "alerting", "api")
        ]
        people = People(alerting, api)
        await people.set_channel("ops", hook.url())
        # What fires again is told at once, as it is the delay of each that is asked for.
        await people.set_routes(Route(channels=("ops",), rules=(LISTENING,)), window_seconds=0.0)
        await put_rule(admin, listening(_listening_now() + SOCKETS // 2))
        yield Stage(made, admin, hook, runs, crossings)


async def _measured(stage: Stage, state: str) -> dict[str, Any]:
    """Return what all runs come to in one state of the database; each transition has one message, in its order."""
    before, first = await last_sequence(stage.admin), len(stage.hook.times)
    for run in range(stage.runs):
        await _run(stage, HOSTS[run % len(HOSTS)])
        print(f"postgres {state}: run {run + 1} of {stage.runs}", flush=True)
    told = await transitions(stage.admin, (LISTENING,), before)
    arrivals, titles = stage.hook.times[first:], stage.hook.titles[first:]
    expected = ["firing", "ok"] * (stage.runs * stage.crossings)
    if [each.transition.status for each in told] != expected or len(arrivals) != len(expected):
        raise SystemExit(f"expected {len(expected)} transitions in turn, got {len(told)}, and messages {titles}")
    delays = [come - each.transition.time.timestamp() for come, each in zip(arrivals, told, strict=True)]
    return {
        "fired_seconds": spread(delays[::2]), "resolved_seconds": spread(delays[1::2]), "all_seconds": spread(delays),
        "decided_seconds": spread([each.delay_s for each in told]),
    }  # fmt: skip


async def _run(stage: Stage, host: str) -> None:
    """Start a collector, an evaluator and a notifier, let the level be crossed and left in turn, and end them."""
    made = stage.made
    services = [await asyncio.to_thread(telling, made, name) for name in ("alerting", "notifier")]
    services.append(
        await asyncio.to_thread(made.service, "collector", host, interval_seconds="1", intervals="connection=1")
    )
    for _ in range(stage.crossings):
        with _sockets():
            await _arrives(stage, "[WARNING] ")
        await _arrives(stage, "[RESOLVED] ")
    for service in reversed(services):
        await asyncio.to_thread(made.stop, service)


async def _arrives(stage: Stage, begins: str) -> None:
    """Return once one more message came, which must begin so."""
    hook = stage.hook
    count = len(hook.bodies) + 1

    async def came() -> bool:
        return len(hook.bodies) >= count

    await holds(came, f"a message {begins}", ARRIVES_S_MAX)
    if not hook.titles[-1].startswith(begins):
        raise SystemExit(f"expected a message that begins with {begins}, got {hook.titles[-1]}")


@contextmanager
def _sockets() -> Iterator[None]:
    """Let so many sockets listen: what a collector then counts, and a moment later counts no more."""
    with contextlib.ExitStack() as stack:
        for _ in range(SOCKETS):
            made = stack.enter_context(socket.socket())
            made.bind(("127.0.0.1", 0))
            made.listen(1)
        yield


def _listening_now() -> int:
    """Return how many sockets of this machine listen (0A), by the kernel."""
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    return sum(1 for fields in lines if len(fields) > 3 and fields[3] == "0A")
