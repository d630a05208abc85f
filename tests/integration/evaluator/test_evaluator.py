"""Evaluators on a real bus, without any database: what is told, and that each transition is told exactly once."""

from __future__ import annotations

import asyncio
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.wire.alert_state import decode_state
from tests.integration.conftest import provision_streams
from tests.integration.evaluator.conftest import StartEvaluator
from tests.integration.evaluator.stage import (
    Speaker,
    by_host,
    is_telling,
    now,
    put_rule,
    remove_rule,
    state_of,
    told,
    told_when,
    until,
    until_active,
    until_told,
)
from tests.integration.ingest.running import events
from tests.processes import Service
from tests.servers import NatsServer
from tests.unit.shared.alerts.rules import rule

HOSTS = ("web-1", "web-2", "db.example.com")
STOP_S_MAX = 5.0


async def started(*services: Service) -> None:
    for service in services:
        await asyncio.to_thread(service.start)


async def stopped(service: Service, number: int = signal.SIGTERM) -> int:
    return await asyncio.to_thread(service.stop, number)


async def the_active(*services: Service) -> Service:
    async def one_is_active() -> bool:
        return any(map(is_telling, services))

    await until(one_is_active, "an evaluator that tells")
    [active] = [service for service in services if is_telling(service)]
    return active


async def test_an_alert_fires_and_is_over(evaluator: StartEvaluator, admin: Client, speaker: Speaker) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    for percent in (10, 95, 96, 10):
        await speaker.say("web-1", percent)
    found = await until_told(admin, speaker)
    assert by_host(found) == speaker.expected
    fired, over = [each for each in found if each.rule == "quick"]
    assert (fired.value, fired.threshold, fired.unit, fired.source) == (95.0, 80.0, "percent", "system")
    assert (over.value, over.incident, over.since) == (10.0, fired.incident, fired.time)
    kept = await state_of(admin, "quick.web-1.system")
    assert kept is not None
    assert decode_state(kept).status == "ok"


@pytest.mark.alone
async def test_what_is_told_comes_within_a_second(evaluator: StartEvaluator, admin: Client, speaker: Speaker) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.say_in_turn(HOSTS, 3)
    await until_told(admin, speaker)
    late_s = [(when - each.time).total_seconds() for each, when in await told_when(admin) if each.rule == "quick"]
    assert len(late_s) > 10
    assert max(late_s) < 1.0


async def test_two_evaluators_tell_everything_once_although_one_is_killed(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    both = (evaluator(), evaluator())
    await started(*both)
    active = await the_active(*both)
    [standby] = [service for service in both if service is not active]
    await speaker.say_in_turn(HOSTS, 3)
    talking = asyncio.create_task(speaker.say_in_turn(HOSTS, 20))
    await asyncio.sleep(2)
    await stopped(active, signal.SIGKILL)
    await talking
    found = await until_told(admin, speaker)
    assert is_telling(standby)
    assert by_host(found) == speaker.expected
    assert len({each.id for each in found}) == len(found)
    again = evaluator()
    await started(again)
    await speaker.say_in_turn(HOSTS, 2)
    await until_told(admin, speaker)
    assert by_host(await told(admin)) == speaker.expected
    assert not is_telling(again)


async def test_one_that_ends_is_followed_at_once(evaluator: StartEvaluator, admin: Client, speaker: Speaker) -> None:
    both = (evaluator(), evaluator())
    await started(*both)
    active = await the_active(*both)
    [standby] = [service for service in both if service is not active]
    talking = asyncio.create_task(speaker.say_in_turn(HOSTS, 6))
    await asyncio.sleep(2)
    begun = time.monotonic()
    assert await stopped(active) == 0
    assert time.monotonic() - begun < STOP_S_MAX
    await until_active(standby, seconds_max=7.0)
    await talking
    assert by_host(await until_told(admin, speaker)) == speaker.expected


async def test_one_that_is_frozen_wakes_and_tells_nothing_twice(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    both = (evaluator(), evaluator())
    await started(*both)
    active = await the_active(*both)
    [standby] = [service for service in both if service is not active]
    assert active.process is not None
    talking = asyncio.create_task(speaker.say_in_turn(HOSTS, 20))
    await asyncio.sleep(1)
    active.process.send_signal(signal.SIGSTOP)
    await until_active(standby)
    active.process.send_signal(signal.SIGCONT)
    await talking
    found = await until_told(admin, speaker)
    assert by_host(found) == speaker.expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
async def test_a_bus_that_is_restarted_loses_no_transition(
    number: int, own_bus: NatsServer, evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    both = (evaluator(), evaluator())
    await started(*both)
    await the_active(*both)
    await speaker.say_in_turn(HOSTS, 2)
    await asyncio.to_thread(own_bus.stop, number)
    await asyncio.sleep(2)
    await asyncio.to_thread(own_bus.start)
    await until(lambda: _connected(speaker.client, admin), "the test's own connections")
    await speaker.say_in_turn(HOSTS, 3)
    found = await until_told(admin, speaker, seconds_max=60.0)
    assert by_host(found) == speaker.expected


async def _connected(*clients: Client) -> bool:
    return all(client.is_connected for client in clients)


async def test_a_broker_that_has_forgotten_who_reads_is_asked_again(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.say("web-1", 95)
    await until_told(admin, speaker)
    for stream in ("METRICS", "KV_hosts", "KV_alert_rules"):
        for consumer in await admin.jetstream().consumers_info(stream):
            if consumer.name.startswith("alerting-"):
                await admin.jetstream().delete_consumer(stream, consumer.name)
    await speaker.say_in_turn(HOSTS, 2)
    await speaker.say("web-1", 10)
    assert by_host(await until_told(admin, speaker)) == speaker.expected


async def test_a_stream_that_is_made_anew_is_read_from_its_beginning(
    own_bus: NatsServer, evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.say_in_turn(HOSTS, 1)
    await speaker.say("web-1", 95)
    await until_told(admin, speaker)
    assert await admin.jetstream().delete_stream("METRICS")
    await asyncio.to_thread(provision_streams, own_bus)
    await speaker.say("web-1", 10)
    assert by_host(await until_told(admin, speaker)) == speaker.expected
    assert events(process, "the stream of sample sets is another one: beginning anew")


async def test_what_happened_while_nobody_ran_is_told_later(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    first = evaluator()
    await started(first)
    await until_active(first)
    await speaker.say_in_turn(HOSTS, 2)
    await until_told(admin, speaker)
    await stopped(first, signal.SIGKILL)
    await speaker.say_in_turn(HOSTS, 3)
    second = evaluator()
    await started(second)
    found = await until_told(admin, speaker, seconds_max=60.0)
    assert by_host(found) == speaker.expected
    assert len({each.id for each in found}) == len(found)


async def test_a_hold_goes_on_over_a_restart(evaluator: StartEvaluator, admin: Client, speaker: Speaker) -> None:
    await put_rule(admin, rule(name="held", warning=80, critical=None, for_seconds=6))
    first = evaluator()
    await started(first)
    await until_active(first)
    begun = now()
    for _ in range(3):
        await speaker.say("web-1", 95)
        await asyncio.sleep(0.5)
    await until_told(admin, speaker)
    await stopped(first, signal.SIGKILL)
    second = evaluator()
    await started(second)

    async def has_fired() -> bool:
        await speaker.say("web-1", 95)
        return "web-1" in by_host(await told(admin), "held")

    await until(has_fired, "the hold", 60.0)
    [fired] = [each for each in await told(admin) if each.rule == "held"]
    assert fired.since - begun < timedelta(seconds=1), "it began with the first value over the level"
    assert fired.time - fired.since >= timedelta(seconds=6)


async def test_a_rule_that_is_removed_while_nobody_runs_ends_its_alerts(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    first = evaluator()
    await started(first)
    await until_active(first)
    await speaker.say("web-1", 95)
    await until_told(admin, speaker)
    await stopped(first)
    await remove_rule(admin, "quick")
    second = evaluator()
    await started(second)

    async def is_over() -> bool:
        return by_host(await told(admin)).get("web-1", [])[-1:][0][0] == "ok"

    await until(is_over, "the end of an alert without a rule")
    fired, over = [each for each in await told(admin) if each.rule == "quick"]
    assert (over.reason, over.incident, over.labels) == ("rule removed", fired.incident, fired.labels)
    kept = await state_of(admin, "quick.web-1.system")
    assert kept is not None
    assert decode_state(kept).status == "ok"


async def test_a_rule_counts_as_soon_as_it_is_there(evaluator: StartEvaluator, admin: Client, speaker: Speaker) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.say("web-1", 60)
    await put_rule(admin, rule(name="stricter", warning=50, critical=None))

    async def fires() -> bool:
        await speaker.say("web-1", 60)
        return "web-1" in by_host(await told(admin), "stricter")

    await until(fires, "the new rule")
    await remove_rule(admin, "stricter")

    async def is_over() -> bool:
        return by_host(await told(admin), "stricter")["web-1"][-1][0] == "ok"

    await until(is_over, "the end of the rule")
    await speaker.say("web-1", 95)
    assert by_host(await until_told(admin, speaker)) == speaker.expected


async def test_a_host_that_falls_silent_is_told_of_and_so_is_its_return(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    await put_rule(admin, rule("absence", name="gone", critical=4, intervals_min=2))
    both = (evaluator(), evaluator())
    await started(*both)
    await the_active(*both)
    for _ in range(4):
        await speaker.say("web-1", 10)
        await speaker.say("web-2", 10)
        await asyncio.sleep(0.5)
    last = now()

    async def is_told(status: str) -> bool:
        await speaker.say("web-2", 10)
        return by_host(await told(admin), "gone").get("web-1", [("", last)])[-1][0] == status

    await until(lambda: is_told("firing"), "the silence", 40.0)
    await speaker.say("web-1", 10)
    await until(lambda: is_told("ok"), "its end")
    [fired, over] = [each for each in await told(admin) if each.rule == "gone"]
    assert (fired.host, fired.level, fired.value, over.value) == ("web-1", "critical", 4.0, 0.0)
    assert timedelta(seconds=3) < fired.time - last < timedelta(seconds=4.5)


async def test_it_ends_within_seconds_although_the_bus_is_away(
    own_bus: NatsServer, evaluator: StartEvaluator, admin: Client
) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    assert admin.is_connected
    await asyncio.to_thread(own_bus.stop)
    begun = time.monotonic()
    assert await stopped(process) == 0
    assert time.monotonic() - begun < STOP_S_MAX
    assert events(process, "stopped")


async def test_it_ends_within_seconds_although_the_bus_is_frozen(
    own_bus: NatsServer, evaluator: StartEvaluator, admin: Client
) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    assert admin.is_connected
    assert own_bus.process is not None
    own_bus.process.send_signal(signal.SIGSTOP)
    try:
        begun = time.monotonic()
        assert await stopped(process) == 0
        assert time.monotonic() - begun < STOP_S_MAX
    finally:
        own_bus.process.send_signal(signal.SIGCONT)


async def test_messages_that_are_none_are_passed_over(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.client.jetstream().publish("metrics.web-1.system", b"\xc1 nothing")
    await speaker.say("web-1", 95)
    assert by_host(await until_told(admin, speaker)) == speaker.expected


async def test_a_rule_that_cannot_be_read_stops_no_other(
    evaluator: StartEvaluator, admin: Client, speaker: Speaker
) -> None:
    await admin.jetstream().publish("$KV.alert_rules.broken", b"\xc1 nothing")
    process = evaluator()
    await started(process)
    await until_active(process)
    await speaker.say("web-1", 95)
    assert by_host(await until_told(admin, speaker)) == speaker.expected
    assert events(process, "rule cannot be used")


def test_what_is_missing_in_the_settings_is_told(tmp_path: Path) -> None:
    process = Service("services.alerting", {}, tmp_path / "evaluator.log")
    process.start(ready=False)
    assert process.process is not None
    assert process.process.wait(20) == 2
    assert "nats_urls" in process.log.read_text()
