"""From a sample on the bus to a message at a real webhook, through evaluator and notifier as processes."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.alerts.route import Route
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX, is_telling, told
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Made
from tests.integration.conftest import BusConnect
from tests.integration.evaluator.stage import QUICK, Speaker, put_rule, until_active
from tests.processes import Service
from tests.servers import NatsServer
from tests.unit.shared.alerts.rules import rule
from tests.waiting import holds

HOSTS = [f"web-{number:02}" for number in range(40)]
ROUNDS = 12
DELAY_S_MAX = 1.0
SPOKEN_EVERY_S = 0.5


@pytest.fixture
def evaluator(own_bus: NatsServer, tmp_path: Path) -> Iterator[Service]:
    """An evaluator of this test's bus."""
    settings = {
        "VITALWIRE_ALERTING_NATS_URLS": own_bus.url,
        "VITALWIRE_ALERTING_NATS_PASSWORD": own_bus.passwords["alerting"].reveal(),
    }
    process = Service("services.alerting", settings, tmp_path / "evaluator.log")
    yield process
    if process.process is not None and process.process.poll() is None:
        process.stop(signal.SIGKILL)


@pytest.mark.alone
async def test_a_sample_becomes_a_message_within_a_second(
    own_bus: NatsServer, evaluator: Service, notifier: StartNotifier, people: People, webhook: Made,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    hook = webhook()
    await put_rule(await bus_connect(own_bus, "provision"), QUICK)
    await people.set_channel("ops", hook.url())
    await people.set_routes(Route(channels=("ops",)), window_seconds=0.0)
    speaker = Speaker(await bus_connect(own_bus, "simulator"))
    await is_telling(notifier())
    evaluator.start(ready=False)
    await until_active(evaluator)
    said_at: list[float] = []
    for number in range(ROUNDS):
        await speaker.say("web-01", 95.0 if number % 2 == 0 else 10.0)
        said_at.append(speaker.newest.timestamp())

        async def has_come(count: int = number + 1) -> bool:
            return len(hook.bodies) == count

        await holds(has_come, f"message {number + 1}", 10 * DELAY_S_MAX)
    delays_s = [come - said for come, said in zip(hook.times, said_at, strict=True)]
    assert max(delays_s) < DELAY_S_MAX, delays_s
    assert [title.split("]")[0] for title in hook.titles] == ["[WARNING", "[RESOLVED"] * (ROUNDS // 2)


async def test_forty_hosts_that_rise_together_are_one_message_and_one_when_they_fall(
    own_bus: NatsServer, evaluator: Service, notifier: StartNotifier, people: People, webhook: Made,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    hook = webhook()
    await put_rule(await bus_connect(own_bus, "provision"), QUICK)
    await people.set_channel("ops", hook.url())
    await people.set_routes(Route(channels=("ops",)))
    speaker = Speaker(await bus_connect(own_bus, "simulator"))
    await is_telling(notifier())
    evaluator.start(ready=False)
    await until_active(evaluator)
    for host in HOSTS:
        await speaker.say(host, 95.0)
    await told(hook, "[WARNING] quick on 40 hosts", seconds_max=TAKEN_OVER_S_MAX)
    for host in HOSTS:
        await speaker.say(host, 10.0)
    await told(hook, "[WARNING] quick on 40 hosts", "[RESOLVED] quick on 40 hosts", seconds_max=TAKEN_OVER_S_MAX)


async def test_a_rack_of_forty_hosts_that_dies_is_one_message_that_names_them(
    own_bus: NatsServer, evaluator: Service, notifier: StartNotifier, people: People, webhook: Made,
    bus_connect: BusConnect,
) -> None:  # fmt: skip
    hook = webhook()
    await put_rule(await bus_connect(own_bus, "provision"), rule("absence", name="gone", critical=4, intervals_min=2))
    await people.set_channel("ops", hook.url())
    await people.set_routes(Route(channels=("ops",)))
    speaker = Speaker(await bus_connect(own_bus, "simulator"))
    await is_telling(notifier())
    evaluator.start(ready=False)
    await until_active(evaluator)
    # Each speaks once a second, at a moment of its own, so the last word of each comes at another one.
    for host in HOSTS * 6:
        await speaker.say(host, 10.0)
        await asyncio.sleep(1 / len(HOSTS))

    async def is_told() -> bool:
        await speaker.say("elsewhere", 10.0)
        return bool(hook.titles)

    await holds(is_told, "the message", TAKEN_OVER_S_MAX)
    for _ in range(int(10 / SPOKEN_EVERY_S)):
        await speaker.say("elsewhere", 10.0)
        await asyncio.sleep(SPOKEN_EVERY_S)
    assert hook.titles == ["[CRITICAL] gone on 40 hosts"]
    assert [host for host in HOSTS if host not in hook.messages[0]["message"]] == []
