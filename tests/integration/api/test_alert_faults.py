"""Alerts while something is away: the database, the bus at the start and later, and a stream that is made anew."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from shared.wire.alert import AlertTransition, encode_alert, event_subject
from tests.integration.api.alerting import SOON_S, Evaluator, calling, listening, told
from tests.integration.api.server import ApiServer, log_in
from tests.integration.conftest import BusConnect, Database, provision_streams, run_sql
from tests.servers import NatsServer, temporary_directory
from tests.unit.api.alert_events import act, transition
from tests.waiting import holds


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that a test may stop."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture
def own_api(own_bus: NatsServer, database: Database) -> Iterator[ApiServer]:
    directory = temporary_directory("alerts")
    server = ApiServer(directory, own_bus, database)
    server.start()
    yield server
    if server.process is not None:
        assert server.stop() == 0
    assert "Traceback" not in server.log.read_text()
    shutil.rmtree(directory, ignore_errors=True)


def shut(database: Database, postgres_url: str) -> None:
    """Let nobody but the superuser into the database, and end who is in it."""
    run_sql(postgres_url, f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    run_sql(postgres_url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'")


async def test_without_the_database_alerts_are_told_and_acknowledged_and_only_their_history_is_away(
    own_bus: NatsServer, own_api: ApiServer, database: Database, postgres_url: str, bus_connect: BusConnect
) -> None:
    token = await asyncio.to_thread(log_in, own_api)
    evaluator = Evaluator(await bus_connect(own_bus, "alerting"))
    await asyncio.to_thread(shut, database, postgres_url)
    fires = transition("web-1")
    async with calling(own_api, token) as admin, listening(own_api, token) as live:
        await evaluator.say(fires)
        await told(live, "web-1")
        await admin.sees("web-1")
        answer = await admin.act(fires.incident, comment="on it")
        assert (answer.status_code, answer.json()["acknowledged"]["who"]) == (200, "admin")
        await told(live, "web-1", acknowledged=answer.json()["acknowledged"])
        history = await admin.get("/history")
        assert (history.status_code, history.json()["code"]) == (503, "database_away")
        assert int(history.headers["retry-after"]) > 0
        incident = (await admin.get(f"/{fires.incident}")).json()
        assert [event["event"] for event in incident["events"]] == ["transition", "act"]
        assert (incident["stored"], incident["alert"]["acknowledged"]["who"]) == (False, "admin")
        assert (await admin.get("/nobody-knows")).json()["code"] == "database_away"
        assert (await admin.act("nobody-knows")).json()["code"] == "database_away"
    late = [event for event in own_api.events() if event["event"] == "not in the audit yet"]
    assert [(event["actor"], event["target"]) for event in late] == [("admin", fires.incident)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_bus_that_comes_back_is_heard_again(
    own_bus: NatsServer, own_api: ApiServer, bus_connect: BusConnect, number: int
) -> None:
    token = await asyncio.to_thread(log_in, own_api)
    evaluator = Evaluator(await bus_connect(own_bus, "alerting"))
    async with calling(own_api, token) as admin, listening(own_api, token) as live:
        await evaluator.say(transition("web-1"), transition("web-2"))
        await admin.sees("web-1", "web-2")
        await asyncio.to_thread(own_bus.stop, number)
        await admin.sees("web-1", "web-2")
        refused = await admin.act(transition("web-1").incident)
        assert (refused.status_code, refused.json()["code"]) == (503, "bus_away")
        await asyncio.to_thread(own_bus.start)
        again = Evaluator(await bus_connect(own_bus, "alerting"), evaluator.newest)
        await again.say(transition("web-2", "ok", time_s=5), transition("web-3"))
        await admin.sees("web-1", "web-3")
        await told(live, "web-2", status="ok")
        assert (await admin.act(transition("web-1").incident)).status_code == 200


async def test_a_bus_that_is_away_at_the_start_is_waited_for_and_nobody_is_told_that_all_is_well(
    own_bus: NatsServer, database: Database, bus_connect: BusConnect
) -> None:
    evaluator = Evaluator(await bus_connect(own_bus, "alerting"))
    await evaluator.say(transition("web-1"))
    await asyncio.to_thread(own_bus.stop)
    directory = temporary_directory("late")
    server = ApiServer(directory, own_bus, database)
    try:
        await asyncio.to_thread(server.start)
        async with calling(server, await asyncio.to_thread(log_in, server)) as admin:
            answer = await admin.get()
            assert (answer.status_code, answer.json()["code"]) == (503, "bus_away")
            assert (await admin.act("any-incident")).status_code == 503
            await asyncio.to_thread(own_bus.start)
            await admin.sees("web-1")
        assert await asyncio.to_thread(server.stop) == 0
        assert "Traceback" not in server.log.read_text()
    finally:
        if server.process is not None:
            server.stop(signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)


async def test_a_stream_that_is_made_anew_is_read_anew(
    own_bus: NatsServer, own_api: ApiServer, bus_connect: BusConnect
) -> None:
    token = await asyncio.to_thread(log_in, own_api)
    evaluator = Evaluator(await bus_connect(own_bus, "alerting"))
    async with calling(own_api, token) as admin, listening(own_api, token) as live:
        await evaluator.say(transition("web-1"), transition("web-2"))
        await admin.sees("web-1", "web-2")
        await (await bus_connect(own_bus, "provision")).jetstream().delete_stream("ALERTS")
        await asyncio.to_thread(provision_streams, own_bus)
        again = Evaluator(evaluator.client)
        await again.say(transition("web-2"))
        await admin.sees("web-2")
        await told(live, "web-1", status="ok")
        assert (await admin.act(transition("web-2").incident)).status_code == 200


async def test_it_ends_while_the_bus_is_away_as_at_any_other_time(own_bus: NatsServer, own_api: ApiServer) -> None:
    await asyncio.to_thread(own_bus.stop)

    async def is_away() -> bool:
        return any(event["event"] == "alerts cannot be read" for event in own_api.events())

    await holds(is_away, "the API to notice", SOON_S)
    assert await asyncio.to_thread(own_api.stop) == 0


async def test_a_storm_is_told_whole(own_bus: NatsServer, own_api: ApiServer, bus_connect: BusConnect) -> None:
    token = await asyncio.to_thread(log_in, own_api)
    evaluator = Evaluator(await bus_connect(own_bus, "alerting"))
    hosts = [f"rack-{number}" for number in range(500)]
    async with calling(own_api, token) as admin:
        for start in range(0, len(hosts), 100):
            await asyncio.gather(*(evaluator.say(transition(host)) for host in hosts[start : start + 100]))
        await admin.sees(*hosts)
        pages: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(10):
            page = (await admin.get(limit=120, **cursor)).json()
            pages += [alert["host"] for alert in page["alerts"]]
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
    assert sorted(pages) == sorted(hosts)


async def test_a_start_with_thousands_of_alerts_reads_them_all_and_what_people_did(
    own_bus: NatsServer, database: Database, bus_connect: BusConnect
) -> None:
    evaluator, people = Evaluator(await bus_connect(own_bus, "alerting")), await bus_connect(own_bus, "api")
    alerts = [transition(f"web-{number:04}", since_s=number) for number in range(3_000)]
    over = {alert.host for alert in alerts[::5]}

    async def acknowledge(alert: AlertTransition) -> None:
        await people.jetstream().publish(f"{event_subject(alert)}.act", encode_alert(act(alert)), timeout=10)

    for start in range(0, len(alerts), 100):
        part = alerts[start : start + 100]
        await asyncio.gather(*map(evaluator.say, part))
        await asyncio.gather(*map(acknowledge, part))
        ends = (transition(each.host, "ok", since_s=start + at, time_s=9_000) for at, each in enumerate(part))
        await asyncio.gather(*(evaluator.say(end) for end in ends if end.host in over))
    directory = temporary_directory("many")
    server = ApiServer(directory, own_bus, database)
    try:
        await asyncio.to_thread(server.start)
        async with calling(server, await asyncio.to_thread(log_in, server)) as admin:

            async def are_read() -> bool:
                answer = await admin.get(limit=1)
                # Until all is known nobody is told a part of it.
                assert answer.status_code == 200 or answer.json()["code"] == "bus_away"
                return answer.status_code == 200

            await holds(are_read, "the alerts to be read", 60)
            listed, cursor = list[dict[str, Any]](), dict[str, str]()
            while len(listed) < len(alerts):
                page = (await admin.get(limit=1_000, **cursor)).json()
                listed += page["alerts"]
                if page["next_cursor"] is None:
                    break
                cursor = {"cursor": page["next_cursor"]}
        # Those that began last first.
        assert [alert["host"] for alert in listed] == [each.host for each in alerts[::-1] if each.host not in over]
        assert {alert["acknowledged"]["who"] for alert in listed} == {"kim"}
        assert await asyncio.to_thread(server.stop) == 0
    finally:
        if server.process is not None:
            server.stop(signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)
