"""Evaluators and a notifier that are killed at any moment: history and messages are what the samples say, each once."""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client

from shared.alerts.route import Route
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.heard import TAKEN_OVER_S_MAX, is_telling
from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Made, Webhook
from tests.integration.conftest import BusConnect
from tests.integration.evaluator import stage
from tests.integration.evaluator.stage import Speaker, by_host, put_rule
from tests.processes import Service
from tests.servers import NatsServer
from tests.unit.shared.alerts.rules import rule
from tests.waiting import holds

SEED = int(os.environ.get("VITALWIRE_TEST_SEED", "1"))
KILLS = 20
RULES = 5
"""Of forty hosts each, so that one message names whatever happened while nobody decided."""
HOSTS = [f"group{number}-{host:02}" for number in range(RULES) for host in range(40)]
ROUND_S = 2.0
HELD_S = 60.0
"""For so long a series is high, and then low: longer than the window and the longest time without an evaluator."""
WINDOW_S = 10.0
ALIVE_S_MAX = 4.0

_LINE = re.compile(r"^(group\d-\d\d): (.*)$", re.MULTILINE)
_SINCE = re.compile(r"since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC$")

Told = tuple[str, str, str]
"""A host, what became of it, and since when, to the second; of an end that is not said."""


@dataclass
class Crowd:
    """200 series that cross and return, each in its own time, until they are asked to calm down."""

    speaker: Speaker
    chance: random.Random
    is_calm: bool = False

    async def speak(self) -> None:
        """Speak for every host once a round; once they are to be calm, until all have returned and none crosses."""
        clock = asyncio.get_running_loop().time
        phases = {host: self.chance.uniform(0, 2 * HELD_S) for host in HOSTS}
        high: set[str] = set()
        rested: set[str] = set()
        while high or not self.is_calm:
            begun = clock()
            for number, host in enumerate(HOSTS):
                is_its_turn = (clock() + phases[host]) % (2 * HELD_S) < HELD_S
                # Nobody begins amid a turn, nor is calmed amid one: each time is a whole one.
                if is_its_turn and (host in high or (host in rested and not self.is_calm)):
                    high.add(host)
                else:
                    high.discard(host)
                if not is_its_turn:
                    rested.add(host)
                await self.speaker.say(host, 95.0 if host in high else 10.0)
                await asyncio.sleep(max(0.0, begun + (number + 1) * ROUND_S / len(HOSTS) - clock()))


@pytest.fixture
def evaluators(own_bus: NatsServer, tmp_path: Path) -> Iterator[list[Service]]:
    """Two evaluators; `again` replaces one that was killed."""
    environment = {
        "VITALWIRE_ALERTING_NATS_URLS": own_bus.url,
        "VITALWIRE_ALERTING_NATS_PASSWORD": own_bus.passwords["alerting"].reveal(),
    }
    made = [
        Service("services.alerting", environment, tmp_path / f"evaluator-{number:02}.log")
        for number in range(KILLS + 2)
    ]
    yield made
    for each in made:
        if each.process is not None and each.process.poll() is None:
            each.stop(signal.SIGKILL)


@pytest_asyncio.fixture
async def admin(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """A connection that may read the history, with a rule for each group of hosts."""
    client = await bus_connect(own_bus, "provision")
    for number in range(RULES):
        await put_rule(client, rule(name=f"quick{number}", hosts=(f"group{number}-*",), warning=80, critical=None))
    yield client


async def test_killed_twenty_times_everything_is_told_once(
    own_bus: NatsServer, evaluators: list[Service], notifier: StartNotifier, people: People, webhook: Made,
    admin: Client, bus_connect: BusConnect,
) -> None:  # fmt: skip
    chance = random.Random(SEED)
    hook = webhook()
    await people.set_channel("ops", hook.url(more="?rto=60"))
    await people.set_routes(Route(channels=("ops",), rules=("quick*",)), window_seconds=WINDOW_S)
    crowd = Crowd(Speaker(await bus_connect(own_bus, "simulator")), chance)
    telling = await is_telling(notifier())
    waiting = list(evaluators)
    living = [await started(waiting.pop()), await started(waiting.pop())]
    await the_active(living)
    talking = asyncio.create_task(crowd.speak())
    in_hand: list[Told] = []
    for kill in range(KILLS):
        active = await the_active(living)
        if kill == KILLS // 2:
            in_hand = await kill_amid_a_message(telling, hook)
            telling = await is_telling(notifier())
        await asyncio.sleep(chance.uniform(0, ALIVE_S_MAX))
        await asyncio.to_thread(active.stop, signal.SIGKILL)
        living = [each for each in living if each is not active] + [await started(waiting.pop())]
    crowd.is_calm = True
    await talking
    await all_is_told(admin, crowd.speaker, hook, len(in_hand))

    seed = f"with VITALWIRE_TEST_SEED={SEED}"
    history = [each for number in range(RULES) for each in by_host(await stage.told(admin), f"quick{number}").items()]
    assert dict(history) == {host: told for host, told in crowd.speaker.expected.items() if told}, seed
    expected = [told_of(host, *each) for host, each_told in history for each in each_told]
    assert len(expected) >= 2 * len(HOSTS), "every series must have crossed and returned"
    assert Counter(told(hook)) - Counter(expected) == Counter(in_hand), f"told twice, {seed}"
    assert Counter(expected) - Counter(told(hook)) == Counter(), f"never told, {seed}"


async def kill_amid_a_message(telling: Service, hook: Webhook) -> list[Told]:
    """Kill the notifier between what it sent and what it notes of it; return what that was, which comes again."""
    hook.go_on.clear()
    before = len(hook.bodies)

    async def has_come() -> bool:
        return len(hook.bodies) > before

    await holds(has_come, "a message that waits for its answer", TAKEN_OVER_S_MAX)
    await asyncio.to_thread(telling.stop, signal.SIGKILL)
    in_hand = told(hook, before)
    hook.go_on.set()
    return in_hand


async def all_is_told(admin: Client, speaker: Speaker, hook: Webhook, doubled: int) -> None:
    """Return once as much was told as must be."""
    expected = doubled + sum(map(len, speaker.expected.values()))

    async def it_is() -> bool:
        return len(told(hook)) >= expected

    await holds(it_is, f"{expected} alerts in messages", 2 * TAKEN_OVER_S_MAX, lambda: str(len(told(hook))))
    await asyncio.sleep(2 * WINDOW_S)  # whatever is told once more comes within the window


def told(hook: Webhook, since: int = 0) -> list[Told]:
    """Return every alert that a message named, in the order in which they came."""
    return [each for message in hook.messages[since:] for each in named(message)]


def named(message: dict[str, Any]) -> Iterator[Told]:
    """Yield what a message says of each alert."""
    status = "ok" if message["title"].startswith("[RESOLVED]") else "firing"
    for host, fact in _LINE.findall(message["message"]):
        since = _SINCE.search(fact)
        yield host, status, since.group(1) if status == "firing" and since is not None else ""


def told_of(host: str, status: str, time: datetime) -> Told:
    """Return what a message says of a transition."""
    return host, status, f"{time:%Y-%m-%d %H:%M:%S}" if status == "firing" else ""


async def started(service: Service) -> Service:
    await asyncio.to_thread(service.start)
    return service


async def the_active(living: list[Service]) -> Service:
    """Return the one that tells."""
    found: list[Service] = []

    async def one_does() -> bool:
        found[:] = [each for each in living if stage.is_telling(each)]
        return len(found) == 1

    await holds(one_does, "one evaluator that tells", TAKEN_OVER_S_MAX)
    return found[0]
