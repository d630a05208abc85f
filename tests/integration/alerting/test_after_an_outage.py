"""Bus and alerting were away, and everything comes at once: nobody is called silent, nobody hears of the past."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import msgpack
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.alerts.route import Route
from shared.reconnect import RETURN_S_MAX
from shared.subjects import ALERTS, host_user, metrics_subject
from shared.wire.alert import AlertTransition, decode_alert
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX, is_telling
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Made
from tests.integration.conftest import BusConnect, provision_streams
from tests.integration.evaluator.stage import cpu, now, put_rule, until_active
from tests.processes import Service
from tests.servers import NatsServer, temporary_directory
from tests.unit.shared.alerts.rules import rule
from tests.waiting import holds

AWAY_S = 30.0
COLLECTORS = tuple(f"web-{number:02}" for number in range(20))
PAST = [f"past-{number:02}" for number in range(20)]
HOUR_S = 3_600
HIGH_EVERY_S, HIGH_S = 300, 60
"""Within the hour each of them is high twelve times, a minute each; the first is high at its end, and stays so."""
SILENCE_S_MAX = 15.0
PUBLISHED_AT_ONCE = 500
DRAINED_S_MAX = 120.0

CollectorOf = Callable[[str], Service]


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus with a user for each collector."""
    server = NatsServer(temporary_directory("outage"), hosts=COLLECTORS)
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture
def services(own_bus: NatsServer, tmp_path: Path) -> Iterator[list[Service]]:
    """A real collector for each host, with a spool of its own, and two evaluators, of which none is started yet."""
    collectors = [
        Service(
            "services.collector",
            {
                "VITALWIRE_COLLECTOR_HOST": host,
                "VITALWIRE_COLLECTOR_NATS_URLS": own_bus.url,
                "VITALWIRE_COLLECTOR_NATS_PASSWORD": own_bus.passwords[host_user(host)].reveal(),
                "VITALWIRE_COLLECTOR_SPOOL_DIRECTORY": str(tmp_path / "spool" / host),
            },
            tmp_path / f"{host}.log",
        )
        for host in COLLECTORS
    ]
    environment = {
        "VITALWIRE_ALERTING_NATS_URLS": own_bus.url,
        "VITALWIRE_ALERTING_NATS_PASSWORD": own_bus.passwords["alerting"].reveal(),
    }
    evaluators = [Service("services.alerting", environment, tmp_path / f"evaluator-{number}.log") for number in (0, 1)]
    made = [*collectors, *evaluators]
    yield made
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.stop(signal.SIGKILL)


class Past:
    """Twenty hosts of which an hour of sample sets comes at once, and which then speak on."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seq = 0

    async def catch_up(self, end: datetime) -> None:
        """Say everything of the hour before `end`, the oldest first."""
        for second in range(HOUR_S):
            await self._say(end - timedelta(seconds=HOUR_S - second), second)
            if second % PUBLISHED_AT_ONCE == 0:
                await self._client.flush()
        await self._client.flush()

    async def speak_on(self) -> None:
        """Say once a second what it was at the end of the hour, for ever."""
        while True:
            await self._say(now(), HOUR_S - 1)
            await asyncio.sleep(1)

    async def _say(self, time: datetime, second: int) -> None:
        self._seq += 1
        for host in PAST:
            body = {"v": 1, "host": host, "source": "system", "session": "p" * 24, "seq": self._seq, "time": time,
                    "families": {"cpu": cpu(95.0 if is_high(host, second) else 10.0)}}  # fmt: skip
            await self._client.publish(metrics_subject(host, "system"), msgpack.packb(body, datetime=True))


def is_high(host: str, second: int) -> bool:
    return second % HIGH_EVERY_S < HIGH_S or (host == PAST[0] and second >= HOUR_S - HIGH_S)


def expected(host: str) -> list[str]:
    """Return what must become of the host's alert, as it is seen by who looks at each second of the hour."""
    seen = ["firing" if is_high(host, second) else "ok" for second in range(HOUR_S)]
    return [status for before, status in zip(["ok", *seen], seen, strict=False) if status != before]


async def test_an_hour_of_backlog_after_an_outage_wakes_nobody(
    own_bus: NatsServer, services: list[Service], notifier: StartNotifier, people: People, webhook: Made,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    *collectors, first, second = services
    hook, admin = webhook(), await bus_connect(own_bus, "provision")
    await put_rule(admin, rule(name="past", hosts=("past-*",), warning=80, critical=None))
    await people.set_channel("ops", hook.url())
    await people.set_routes(Route(channels=("ops",), rules=("past", "host_silent", "bus_silent")))
    telling = await is_telling(notifier())
    await asyncio.to_thread(first.start)
    await until_active(first)
    await asyncio.gather(*(asyncio.to_thread(each.start) for each in collectors))
    await holds(lambda: all_speak(admin), "every collector to speak", TAKEN_OVER_S_MAX)

    await asyncio.to_thread(own_bus.stop)
    first.stop(signal.SIGKILL)
    telling.stop(signal.SIGKILL)
    await asyncio.sleep(AWAY_S)
    for each in collectors:  # what they have spooled is of an earlier life then, and never comes live
        each.stop(signal.SIGKILL)
    for each in collectors:
        each.start(ready=False)  # they are ready once the bus is
    await asyncio.to_thread(own_bus.start)
    back = now()
    past = Past(await bus_connect(own_bus, "simulator"))
    await past.catch_up(now())
    speaking = asyncio.create_task(past.speak_on())
    await is_telling(notifier())
    await asyncio.to_thread(second.start)
    await until_active(second, TAKEN_OVER_S_MAX)
    for host in COLLECTORS:
        await holds(partial(is_whole, admin, host), f"all that {host} said, without holes", DRAINED_S_MAX)
    await holds(partial(is_history_whole, admin), "the history of the hour", DRAINED_S_MAX)
    judged_after = back + timedelta(seconds=RETURN_S_MAX + 2 * SILENCE_S_MAX)
    await asyncio.sleep(max(0.0, (judged_after - now()).total_seconds()))

    transitions = await all_transitions(admin)
    assert [each for each in transitions if each.rule in ("host_silent", "bus_silent")] == []
    by_host = {host: [each.status for each in transitions if (each.rule, each.host) == ("past", host)] for host in PAST}
    assert by_host == {host: expected(host) for host in PAST}
    assert len(hook.titles) == 1, hook.titles
    assert hook.titles[0].startswith(f"[WARNING] past on {PAST[0]}: ")
    speaking.cancel()


async def all_speak(client: Client) -> bool:
    """Return whether the stream has a message of every collector."""
    info = await client.jetstream().stream_info("METRICS", subjects_filter="metrics.>")
    spoken = {subject.split(".")[1] for subject in info.state.subjects or {}}
    return spoken >= set(COLLECTORS)


async def is_history_whole(client: Client) -> bool:
    """Return whether as much was told of the hour as must be."""
    told = [each for each in await all_transitions(client) if each.rule == "past"]
    return len(told) >= sum(len(expected(host)) for host in PAST)


async def is_whole(client: Client, host: str) -> bool:
    """Return whether the streams hold every sample set of a collector's two lives, from the first to the newest."""
    live = await all_messages(client, "METRICS", f"metrics.{host}.>")
    late = await all_messages(client, "BACKFILL", f"backfill.{host}.>")
    said = [msgpack.unpackb(body, timestamp=3) for body, _ in [*live, *late]]
    seqs: dict[str, set[int]] = {}
    for each in said:
        seqs.setdefault(each["session"], set()).add(each["seq"])
    are_whole = all(found == set(range(1, max(found) + 1)) for found in seqs.values())
    return len(late) >= AWAY_S / 2 and len(seqs) == 2 and are_whole


async def all_transitions(client: Client) -> list[AlertTransition]:
    """Return every transition on ALERTS, the oldest first."""
    found = []
    for body, subject in await all_messages(client, ALERTS, "alerts.>"):
        event = decode_alert(body, subject)
        assert isinstance(event, AlertTransition)
        found.append(event)
    return found


async def all_messages(client: Client, stream: str, subject: str) -> list[tuple[bytes, str]]:
    """Return every message that a stream holds now."""
    jetstream = client.jetstream()
    made = ConsumerConfig(
        ack_policy=AckPolicy.NONE, deliver_policy=DeliverPolicy.ALL, filter_subject=subject, inactive_threshold=30
    )
    info = await jetstream.add_consumer(stream, made)
    subscription = await jetstream.pull_subscribe_bind(consumer=info.name, stream=stream)
    found: list[tuple[bytes, str]] = []
    while len(found) < (info.num_pending or 0):
        found += [(message.data, message.subject) for message in await subscription.fetch(1_000, timeout=10)]
    await subscription.unsubscribe()
    return found
