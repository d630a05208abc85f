"""Faults around a running notifier: it is killed, channels are away or hang, the bus comes back or does not."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest

from shared.alerts.route import Route
from tests.integration.alerting.conftest import StartNotifier
from tests.integration.alerting.heard import CPU, CPU_OVER, TAKEN_OVER_S_MAX, TOLD_S_MAX, is_telling, says, stays, told
from tests.integration.alerting.people import EVERYTHING, People
from tests.integration.alerting.webhook import TOKEN, Made
from tests.servers import NatsServer
from tests.waiting import holds


async def test_a_notifier_that_is_killed_amid_a_message_is_followed_by_one_that_tells_it(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    hook.go_on.clear()
    await people.set_channel("ops", hook.url(more="?rto=60"))
    await people.set_routes(EVERYTHING)
    first = notifier()
    await is_telling(first)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)  # it has the message, and has not answered
    second = notifier()
    first.stop(signal.SIGKILL)
    hook.go_on.set()
    await is_telling(second)
    await told(hook, CPU, CPU)
    await stays(hook, CPU, CPU)


@pytest.mark.parametrize("arrives", [True, False], ids=["arrives", "hangs"])
async def test_one_that_is_stopped_amid_a_message_waits_a_moment_for_it(
    notifier: StartNotifier, people: People, webhook: Made, arrives: bool
) -> None:
    hook = webhook()
    hook.go_on.clear()
    await people.set_channel("ops", hook.url(more="?rto=60"))
    await people.set_routes(EVERYTHING)
    first = notifier()
    await is_telling(first)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)  # it has the message, and has not answered
    begun = time.monotonic()
    stopping = asyncio.create_task(asyncio.to_thread(first.stop))
    if arrives:
        await asyncio.sleep(0.2)
        hook.go_on.set()
    assert await stopping == 0
    assert time.monotonic() - begun < 5
    hook.go_on.set()
    await is_telling(notifier())
    await stays(hook, *([CPU] if arrives else [CPU, CPU]))


async def test_of_two_one_tells_and_the_other_takes_over(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    both = [notifier(), notifier()]
    first = await is_telling(*both)
    await people.fire("cpu", "web-1")
    await stays(hook, CPU)
    (second,) = [process for process in both if process is not first]
    begun = time.monotonic()
    assert first.stop() == 0  # gives its lease up
    await people.resolve("cpu", "web-1")
    await told(hook, CPU, CPU_OVER, seconds_max=TAKEN_OVER_S_MAX)
    assert says(second, '"event": "telling"')
    assert time.monotonic() - begun < TAKEN_OVER_S_MAX


async def test_a_channel_that_is_away_delays_no_other_and_hears_what_is_so_when_it_is_back(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook, away = webhook(), webhook(status=503)
    await people.set_channel("ops", hook.url())
    await people.set_channel("boss", away.url())
    await people.set_routes(Route(channels=("ops", "boss")))
    process = notifier()
    await is_telling(process)
    await people.fire("cpu", "web-1", "warning")
    await told(hook, "[WARNING] cpu on web-1: 99.0%")

    async def refuses() -> bool:
        return says(process, "the service answered with status 503")

    await holds(refuses, "the first attempt at the other channel", TOLD_S_MAX)
    away.stop()
    await people.fire("cpu", "web-1")
    await people.fire("cpu", "web-2")
    await told(hook, "[WARNING] cpu on web-1: 99.0%", "[CRITICAL] cpu on 2 hosts")

    async def is_missed() -> bool:
        return says(process, "no answer from the service")

    await holds(is_missed, "an attempt while it is away", TAKEN_OVER_S_MAX)
    refused = len(away.bodies)
    away.status = 200
    away.start()

    async def heard() -> bool:
        return away.titles[refused:] == ["[CRITICAL] cpu on 2 hosts"]

    await holds(heard, "the newest word", TAKEN_OVER_S_MAX, lambda: str(away.titles))
    await stays(hook, "[WARNING] cpu on web-1: 99.0%", "[CRITICAL] cpu on 2 hosts")
    assert TOKEN not in process.log.read_text()


async def test_a_channel_that_hangs_delays_no_other_and_not_the_end(
    notifier: StartNotifier, people: People, webhook: Made
) -> None:
    hook, hanging = webhook(), webhook()
    hanging.go_on.clear()
    await people.set_channel("ops", hook.url())
    await people.set_channel("boss", hanging.url(more="?rto=60"))
    await people.set_routes(Route(channels=("boss", "ops")))
    process = notifier(attempt_s_max="12")  # longer than what is told otherwise may take
    await is_telling(process)
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    await people.resolve("cpu", "web-1")
    await told(hook, CPU, CPU_OVER)

    async def is_noticed() -> bool:
        return says(process, "no end within 12 s")

    await holds(is_noticed, "the attempt to be given up", TAKEN_OVER_S_MAX)
    begun = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["restarted", "killed"])
async def test_a_bus_that_comes_back_is_read_anew(
    own_bus: NatsServer, notifier: StartNotifier, people: People, webhook: Made, number: signal.Signals
) -> None:
    hook = webhook()
    await people.set_channel("ops", hook.url())
    await people.set_routes(EVERYTHING)
    await is_telling(notifier())
    await people.fire("cpu", "web-1")
    await told(hook, CPU)
    await asyncio.to_thread(own_bus.stop, number)
    await asyncio.to_thread(own_bus.start)

    async def says_it() -> bool:
        try:
            await people.resolve("cpu", "web-1")
        except Exception:
            return False
        return True

    await holds(says_it, "the evaluator to be back", TAKEN_OVER_S_MAX)
    await told(hook, CPU, CPU_OVER, seconds_max=TAKEN_OVER_S_MAX)
    await stays(hook, CPU, CPU_OVER)


async def test_it_ends_in_time_while_the_bus_is_away(own_bus: NatsServer, notifier: StartNotifier) -> None:
    process = notifier()
    await is_telling(process)
    own_bus.stop()
    begun = time.monotonic()
    assert await asyncio.to_thread(process.stop) == 0
    assert time.monotonic() - begun < 5
    assert not says(process, '"level": "error"')
