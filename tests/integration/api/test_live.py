"""The WebSocket of live readings, through a client that shares no code with the product."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgpack
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.api.live.socket import CLIENTS_OF_USER_MAX, STRANGERS_OF_ADDRESS_MAX
from tests.integration.api.server import ApiServer, bearer, log_in, tick
from tests.integration.api.speaker import Speaker, cpu_table, memory_table
from tests.integration.conftest import BusConnect, Database, provision_streams
from tests.servers import NatsServer, temporary_directory, wait_until

WEB_1, WEB_2 = "web-1.example.com", "web-2"


def ws_url(api: ApiServer) -> str:
    return api.url.replace("http", "ws") + "/ws"


@asynccontextmanager
async def signed_in(api: ApiServer, **options: Any) -> AsyncIterator[ClientConnection]:
    headers = bearer(await asyncio.to_thread(log_in, api))
    async with connect(ws_url(api), additional_headers=headers, **options) as client:
        yield client


async def next_of(client: ClientConnection, host: str, newer_than: str = "") -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            message = json.loads(await client.recv())
            if message.get("host") == host and message["time"] > newer_than:
                return dict(message)


async def speaker(bus: NatsServer, bus_connect: BusConnect, host: str) -> Speaker:
    return Speaker(await bus_connect(bus, f"host-{host.replace('.', '=2E')}"), host)


async def read_on(client: ClientConnection) -> None:
    while True:
        await client.recv()


async def closed_with(client: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(8):
        with pytest.raises(ConnectionClosed) as closed:
            await read_on(client)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, closed.value.rcvd.reason


async def test_a_program_gets_what_is_current_and_then_every_reading(
    api: ApiServer, bus: NatsServer, bus_connect: BusConnect
) -> None:
    web = await speaker(bus, bus_connect, WEB_1)
    first = tick()
    await web.say(first, {"cpu": cpu_table(12.3457), "memory": memory_table()})
    await asyncio.sleep(0.3)
    async with signed_in(api) as client:
        snapshot = await next_of(client, WEB_1)
        assert snapshot == {
            "type": "cpu",
            "host": WEB_1,
            "source": "system",
            "time": first.isoformat().replace("+00:00", "Z"),
            "data": snapshot["data"],
        }
        row = dict(zip(snapshot["data"]["columns"], snapshot["data"]["rows"][0], strict=True))
        assert (row["total_percent"], row["cores_count"], row["steal_percent"]) == (12.3457, 2, None)
        await web.say(first + timedelta(seconds=1), {"cpu": cpu_table(50.0)})
        live = await next_of(client, WEB_1, snapshot["time"])
        assert live["data"]["rows"][0][0] == 50.0


async def test_a_browser_says_who_it_is_in_its_first_frame(api: ApiServer) -> None:
    token = await asyncio.to_thread(log_in, api)
    async with connect(ws_url(api), origin=api.url) as client:  # type: ignore[arg-type]
        await client.send(json.dumps({"type": "auth", "token": token}))
        await client.send(json.dumps({"type": "subscribe", "types": ["cpu"]}))
        await client.send(json.dumps({"type": "auth", "token": token}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await closed_with(client)


async def test_a_subscription_replaces_what_comes(api: ApiServer, bus: NatsServer, bus_connect: BusConnect) -> None:
    one, two = await speaker(bus, bus_connect, WEB_1), await speaker(bus, bus_connect, WEB_2)
    async with signed_in(api) as client:
        wish = {"type": "subscribe", "hosts": ["web-2*"], "types": ["memory"], "batch": True, "format": "msgpack"}
        await client.send(json.dumps(wish))
        await asyncio.sleep(0.3)
        now = tick() + timedelta(seconds=2)
        for who in (one, two):
            await who.say(now, {"cpu": cpu_table(1.0), "memory": memory_table(77.0)})
        async with asyncio.timeout(5):
            while True:
                frame = await client.recv()
                if isinstance(frame, bytes):
                    messages = msgpack.unpackb(frame)
                    assert {(message["host"], message["type"]) for message in messages} == {(WEB_2, "memory")}
                    if messages[-1]["time"] == now.isoformat().replace("+00:00", "Z"):
                        break


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(["not json"], 4400, id="not json"),
        pytest.param([b"\xc1"], 4400, id="not msgpack"),
        pytest.param(['{"type":"subscribe"}'], 4400, id="not signed in"),
        pytest.param(['{"type":"auth","token":"x.y.z"}'], 4401, id="no token of ours"),
        pytest.param(["x" * 70_000], 4400, id="too large"),
        pytest.param([], 4408, id="too late"),
    ],
)
async def test_what_a_client_does_wrong_closes_it(api: ApiServer, frames: list[str | bytes], code: int) -> None:
    async with connect(ws_url(api)) as client:
        for frame in frames:
            await client.send(frame)
        closed, reason = await closed_with(client)
    assert closed == code
    assert reason


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "subscribe", "types": ["nothing"]},
        {"type": "subscribe", "hosts": []},
        {"type": "subscribe", "format": "xml"},
        {"type": "subscribe", "unknown": 1},
        {"type": "shout"},
    ],
)
async def test_a_wish_that_is_none_says_what_was_expected(api: ApiServer, frame: dict[str, Any]) -> None:
    async with signed_in(api) as client:
        await client.send(json.dumps(frame))
        code, reason = await closed_with(client)
    assert code == 4400
    assert reason


async def test_a_token_in_the_url_is_refused_with_a_text(api: ApiServer) -> None:
    token = await asyncio.to_thread(log_in, api)
    async with connect(f"{ws_url(api)}?token={token}") as client:
        code, reason = await closed_with(client)
    assert code == 4400
    assert "URL" in reason
    assert token not in api.log.read_text()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Authorization": "Bearer x.y.z"}, 401, id="bad token"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="foreign origin"),
    ],
)
async def test_a_handshake_that_must_not_be_is_an_http_error(
    api: ApiServer, headers: dict[str, str], status: int
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(ws_url(api), additional_headers=headers):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body or b"{}")["status"] == status


async def test_strangers_cannot_take_the_places_of_those_who_sign_in(api: ApiServer) -> None:
    strangers = [await connect(ws_url(api)) for _ in range(STRANGERS_OF_ADDRESS_MAX)]
    with pytest.raises(InvalidStatus) as refused:
        await connect(ws_url(api))
    assert refused.value.response.status_code == 503
    async with signed_in(api):
        token = await asyncio.to_thread(log_in, api)
    await strangers[0].send(json.dumps({"type": "auth", "token": token}))
    async with asyncio.timeout(5):
        while True:
            try:
                strangers.append(await connect(ws_url(api)))
                break
            except InvalidStatus:
                await asyncio.sleep(0.1)
    for stranger in strangers:
        await stranger.close()


async def heard(client: ClientConnection, until: str) -> tuple[list[str], int]:
    """Return the instants of the readings that came, until one, and how many were told missing."""
    times: list[str] = []
    dropped = 0
    async with asyncio.timeout(20):
        while until not in times:
            message = json.loads(await client.recv())
            dropped += message.get("dropped", 0)
            if message.get("type") == "cpu":
                times.append(message["time"])
    return times, dropped


def reconnected(server: ApiServer) -> bool:
    return any(event["event"] == "bus reconnected" for event in server.events())


async def test_a_bus_that_restarts_leaves_every_sample_set_or_a_gap(
    database: Database, bus_connect: BusConnect
) -> None:
    directory = temporary_directory("restart")
    own = NatsServer(directory / "nats")
    own.start()
    provision_streams(own)
    server = ApiServer(directory / "api", own, database)
    try:
        await asyncio.to_thread(server.start)
        start = tick() - timedelta(seconds=200)
        instants = [start + timedelta(seconds=step) for step in range(8)]
        texts = [instant.isoformat().replace("+00:00", "Z") for instant in instants]
        web = await speaker(own, bus_connect, WEB_2)
        async with signed_in(server) as client:
            await web.say(instants[0])
            await heard(client, texts[0])
            assert server.process is not None
            server.process.send_signal(signal.SIGSTOP)
            await asyncio.to_thread(own.stop)
            await asyncio.to_thread(own.start)
            # The host is back before the API is: what it says now is only in the stream.
            again = Speaker(await bus_connect(own, f"host-{WEB_2}"), WEB_2, web.session, web.seq)
            for instant in instants[1:4]:
                await again.say(instant)
            server.process.send_signal(signal.SIGCONT)
            again.seq += 1  # One is lost for good.
            await asyncio.to_thread(wait_until, lambda: reconnected(server), "the API on the bus", 20)
            for instant in instants[5:]:
                await again.say(instant)
            times, dropped = await heard(client, texts[-1])
        assert times == [*texts[1:4], *texts[5:]]
        assert dropped == 1
    finally:
        await asyncio.to_thread(server.stop)
        own.stop()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.mark.alone
async def test_logout_closes_open_websockets(api: ApiServer) -> None:
    token = await asyncio.to_thread(log_in, api)
    async with connect(ws_url(api), additional_headers=bearer(token)) as client:
        await asyncio.sleep(0.2)
        started = time.monotonic()
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(
                f"{api.url}/api/v1/auth/logout", headers={**bearer(token), "X-Vitalwire-Client": "test"}
            )
        assert answer.status_code == 204
        code, _ = await closed_with(client)
        assert code == 4401
        assert time.monotonic() - started < 2


MANY_MOUNTS = {
    "columns": ["mount", "device", "total_bytes", "used_bytes", "available_bytes", "used_percent"],
    "rows": [[f"/{'m' * 400}/{number}", "/dev/vda1", 1, 1, 1, 1.0] for number in range(1_500)],
    "interval_seconds": 10.0,
}
"""About 700 KB: a few of them fill every buffer between the API and a client that does not read."""


WATCHED_S, TICK_S = 30, 0.25
"""What 50 clients are promised, they are promised for so long."""


@pytest.mark.alone
async def test_fifty_clients_get_everything_or_a_gap_and_one_that_never_reads_delays_nobody(
    api: ApiServer, bus: NatsServer, bus_connect: BusConnect
) -> None:
    hosts = [await speaker(bus, bus_connect, host) for host in (WEB_1, WEB_2)]
    headers = bearer(await asyncio.to_thread(log_in, api))
    start = tick() + timedelta(seconds=10)
    ticks = [start + timedelta(seconds=step) for step in range(int(WATCHED_S / TICK_S))]
    said = {(host.host, time.isoformat().replace("+00:00", "Z")) for host in hosts for time in ticks}
    delays: list[float] = []
    sent_at: dict[tuple[str, str], float] = {}

    async def listen(client: ClientConnection) -> tuple[set[tuple[str, str]], int]:
        got: set[tuple[str, str]] = set()
        dropped = 0
        while len(got) + dropped < len(said):
            message = json.loads(await client.recv())
            if message["type"] == "gap":
                dropped += message["dropped"]
            elif (key := (message.get("host"), message.get("time"))) in said:
                got.add(key)
                delays.append(time.monotonic() - sent_at[key])
        return got, dropped

    async with asyncio.timeout(2 * WATCHED_S):
        stuck = await connect(ws_url(api), additional_headers=headers, max_queue=1)
        stuck.transport.pause_reading()
        clients = [await connect(ws_url(api), additional_headers=headers, max_queue=None) for _ in range(50)]
        for client in clients:
            await client.send(json.dumps({"type": "subscribe", "hosts": ["web-*"], "types": ["cpu"]}))
        await asyncio.sleep(1)
        listeners = [asyncio.create_task(listen(client)) for client in clients]
        begun = time.monotonic()
        for number, moment in enumerate(ticks):
            for host in hosts:
                sent_at[host.host, moment.isoformat().replace("+00:00", "Z")] = time.monotonic()
                # Only the client that never reads wants disks: they fill every buffer before it.
                disks = {"disk": MANY_MOUNTS} if host is hosts[1] and number < 20 else {}
                await host.say(moment, {"cpu": cpu_table(number % 100), **disks})
            await asyncio.sleep(begun + (number + 1) * TICK_S - time.monotonic())
        results = await asyncio.gather(*listeners)
        for client in clients:
            await client.close()
    assert time.monotonic() - begun >= WATCHED_S
    assert all(got == said for got, _ in results)
    assert all(dropped == 0 for _, dropped in results)
    assert sorted(delays)[int(len(delays) * 0.95)] < 1.0
    await given_up(api, stuck)


async def test_one_user_cannot_take_all_places(api: ApiServer) -> None:
    token = await asyncio.to_thread(log_in, api)
    async with httpx.AsyncClient(verify=False, headers=bearer(token)) as http:
        body = {"username": "crowd", "password": "correct horse battery", "role": "viewer"}
        assert (await http.post(f"{api.url}/api/v1/users", json=body)).status_code == 201
    headers = bearer(await asyncio.to_thread(log_in, api, "crowd", "correct horse battery"))
    crowd: list[ClientConnection] = []
    for _ in range(CLIENTS_OF_USER_MAX // 50):
        opened = (connect(ws_url(api), additional_headers=headers) for _ in range(50))
        crowd += await asyncio.gather(*opened)
    async with connect(ws_url(api), additional_headers=headers) as one_more:
        assert (await closed_with(one_more))[0] == 1013
    async with signed_in(api) as another:
        await (await another.ping())
    await crowd.pop().close()
    async with connect(ws_url(api), additional_headers=headers) as instead:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await closed_with(instead)
    await asyncio.gather(*(client.close() for client in crowd))


async def test_a_slow_client_gets_a_gap_and_the_newest(
    api: ApiServer, bus: NatsServer, bus_connect: BusConnect
) -> None:
    web = await speaker(bus, bus_connect, WEB_2)
    headers = bearer(await asyncio.to_thread(log_in, api))
    wish = json.dumps({"type": "subscribe", "hosts": [WEB_2], "types": ["disk"]})
    async with connect(ws_url(api), additional_headers=headers, max_size=None, max_queue=1) as slow:
        await slow.send(wish)
        slow.transport.pause_reading()
        first = datetime.now(UTC) + timedelta(seconds=200)
        for step in range(30):
            await web.say(first + timedelta(seconds=step), {"disk": MANY_MOUNTS})
            await asyncio.sleep(0.12)
        slow.transport.resume_reading()
        newest = (first + timedelta(seconds=29)).isoformat().replace("+00:00", "Z")
        received, dropped = 0, 0
        async with asyncio.timeout(8):
            while True:
                message = json.loads(await slow.recv())
                dropped += message.get("dropped", 0)
                received += message.get("time", "") >= first.isoformat()[:19]
                if message.get("time") == newest:
                    break
    assert dropped > 0
    assert received + dropped == 30


async def given_up(api: ApiServer, stuck: ClientConnection) -> None:
    """Return once the API let go of a client: of the bytes that waited for it nothing more comes."""
    async with asyncio.timeout(20):
        metrics = f"http://127.0.0.1:{api.extra['metrics_port']}/metrics"
        async with httpx.AsyncClient(verify=False) as http:
            while "vitalwire_api_websocket_stuck_total 1.0" not in (await http.get(metrics)).text:  # noqa: ASYNC110
                await asyncio.sleep(0.2)
    stuck.transport.abort()
