"""The HTTP contract through the wire: what comes back, in which form, and what bad requests get."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from services.alerting.lease import lease_on
from services.api.database import Database, Limits, open_database
from services.api.errors import UnavailableError
from services.api.health.checks import storage_component
from services.api.health.queries import HealthQueries
from shared.subjects import EVALUATOR_KEY, NOTIFIER_KEY, host_user
from tests.integration.api.server import ApiServer, bearer, log_in, send, tick
from tests.integration.api.speaker import Speaker, cpu_table, memory_table
from tests.integration.conftest import BusConnect, database_url
from tests.ports import free_port
from tests.servers import NatsServer, wait_until
from tests.unit.shared.alerts.rules import content


@pytest.fixture(scope="module")
def http(api: ApiServer) -> Iterator[httpx.Client]:
    with httpx.Client(verify=False, base_url=f"{api.url}/api/v1", headers=bearer(log_in(api)), timeout=20) as client:
        yield client


def test_unknown_family_and_host_and_route_are_404(http: httpx.Client) -> None:
    for path in ("/metrics/nothing", "/hosts/nobody", "/nothing", "/hosts/a%2Fb"):
        answer = http.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["request_id"]


async def test_hosts_show_state_summary_and_inventory(
    http: httpx.Client, bus: NatsServer, bus_connect: BusConnect
) -> None:
    web = Speaker(await bus_connect(bus, "host-web-2"), "web-2")
    now = tick()
    interface = {
        "interval_seconds": 1.0,
        "columns": [
            "interface", "receive_bytes_per_second", "transmit_bytes_per_second", "receive_packets_per_second",
            "transmit_packets_per_second", "receive_errors_per_second", "transmit_errors_per_second",
            "receive_drops_per_second", "transmit_drops_per_second",
        ],
        "rows": [["lo", 9.0, 9.0, *[0.0] * 6], ["eth0", 1.5, 2.5, *[0.0] * 6], ["eth1", 1.5, 0.5, *[0.0] * 6]],
    }  # fmt: skip
    await web.say(now, {"cpu": cpu_table(33.0), "memory": memory_table(44.0), "network": interface})
    await web.introduce(time=now, os="Debian", cores_count=2, addresses=["192.0.2.1"], intervals={"cpu": 1})
    await asyncio.to_thread(wait_until, lambda: inventory_of(http, "web-2") is not None, "the inventory", 5)
    await asyncio.to_thread(check_host, http)


def inventory_of(http: httpx.Client, host: str) -> object:
    return http.get(f"/hosts/{host}").json().get("inventory")


def check_host(http: httpx.Client) -> None:
    (host,) = http.get("/hosts", params={"host": "web-2"}).json()["hosts"]
    assert (host["host"], host["state"], host["sources"]) == ("web-2", "live", ["system"])
    assert host["summary"] == {
        "cpu_percent": 33.0, "memory_percent": 44.0, "disk_percent": None, "disk_mount": None,
        "receive_bytes_per_second": 3.0, "transmit_bytes_per_second": 3.0,
    }  # fmt: skip
    detail = http.get("/hosts/web-2").json()
    assert detail["inventory"]["os"] == "Debian"
    assert detail["summary"] == host["summary"]
    current = http.get("/metrics/current", params={"host": "web-2", "limit": "2"}).json()
    assert [table["family"] for table in current["current"]] == ["cpu", "memory"]
    rest = http.get("/metrics/current", params={"host": "web-2", "cursor": current["next_cursor"]}).json()
    assert [table["family"] for table in rest["current"]] == ["network"]


async def test_processes_come_in_order(http: httpx.Client, bus: NatsServer, bus_connect: BusConnect) -> None:
    web = Speaker(await bus_connect(bus, "host-web-2"), "web-2")
    table = {
        "interval_seconds": 5.0,
        "columns": ["pid", "name", "cpu_percent", "resident_bytes", "memory_percent"],
        "rows": [[1, "init", 1.0, 300, 3.0], [2, "<script>", 9.0, 100, 1.0], [3, "x", 5.0, 200, 2.0]],
    }
    await web.say(tick() + timedelta(seconds=1), {"process": table})
    processes = "/metrics/processes?host=web-2"
    await asyncio.to_thread(wait_until, lambda: bool(http.get(processes).json()["processes"]), "the processes", 5)
    await asyncio.to_thread(check_processes, http)


def check_processes(http: httpx.Client) -> None:
    by_cpu = http.get("/metrics/processes", params={"host": "web-2", "limit": "2"}).json()
    assert [row["pid"] for row in by_cpu["processes"]] == [2, 3]
    last = http.get("/metrics/processes", params={"host": "web-2", "cursor": by_cpu["next_cursor"]}).json()
    assert [row["pid"] for row in last["processes"]] == [1]
    by_memory = http.get("/metrics/processes", params={"host": "web-2", "sort": "resident_bytes"}).json()
    assert [row["pid"] for row in by_memory["processes"]] == [1, 3, 2]


async def test_the_top_of_now_needs_no_database(http: httpx.Client, bus: NatsServer, bus_connect: BusConnect) -> None:
    for host, percent in (("web-2", 71.5), ("web-1.example.com", 90.25)):
        speaker = Speaker(await bus_connect(bus, host_user(host)), host)
        await speaker.say(tick() + timedelta(seconds=2), {"cpu": cpu_table(percent)})
    asked = {"column": "total_percent", "host": "web-*"}
    await asyncio.to_thread(
        wait_until, lambda: top_of(http, asked) == [("web-1.example.com", 90.25), ("web-2", 71.5)], "the top", 5
    )
    assert top_of(http, {**asked, "order": "asc", "limit": "1"}) == [("web-2", 71.5)]


def top_of(http: httpx.Client, asked: dict[str, str]) -> list[tuple[str, float]]:
    return [(row["host"], row["value"]) for row in http.get("/metrics/cpu/top", params=asked).json()["top"]]


PARTS = ("api", "bus", "database", "ingest", "streams", "storage", "evaluator", "notifier")


async def at_work(bus: NatsServer, bus_connect: BusConnect, role: str, key: str, *, is_alone: bool = False) -> None:
    """Take a lease as one of two processes would, or as one alone; it goes by itself."""
    client = await bus_connect(bus, role)
    leases = [lease_on(client, key, name, time.monotonic) for name in ("a", "b")[: 1 if is_alone else 2]]
    assert [await lease.turn() for lease in leases] == [True, False][: len(leases)]


async def test_health_tells_strangers_the_status_only(
    api: ApiServer, http: httpx.Client, bus: NatsServer, bus_connect: BusConnect
) -> None:
    nobody = {"evaluator": "nobody", "notifier": "nobody"}
    await asyncio.to_thread(wait_until, lambda: duties_of(http) == nobody, "those of other tests to be forgotten", 60)
    assert send("GET", f"{api.url}/api/v1/health").json() == {"status": "degraded"}
    await at_work(bus, bus_connect, "alerting", EVALUATOR_KEY)
    await at_work(bus, bus_connect, "notifier", NOTIFIER_KEY, is_alone=True)
    both = {"evaluator": "ok", "notifier": "standby_missing"}
    await asyncio.to_thread(wait_until, lambda: duties_of(http) == both, "both at work", 9)
    assert send("GET", f"{api.url}/api/v1/health").json() == {"status": "ok"}
    full = health_of(http)
    assert tuple(part["name"] for part in full["components"]) == PARTS
    assert all(0 <= duty["heard_seconds"] < 10 for duty in full["alerting"])
    assert full["mode"] == full["storage"]["mode"]
    assert full["mode"] in ("plain", "timescaledb_apache", "timescaledb_community")
    assert full["storage"]["raw_retention_seconds"] == 86_400 * full["storage"]["raw_retention_days"]
    assert full["stream"]["bytes_max"] > 0
    assert [each["stream"] for each in full["unread"]] == ["METRICS", "BACKFILL"]
    assert all(0 <= each["unread_percent"] < 70 for each in full["unread"])


def duties_of(http: httpx.Client) -> dict[str, str]:
    return {duty["name"]: duty["state"] for duty in health_of(http)["alerting"]}


def health_of(http: httpx.Client) -> dict[str, Any]:
    health: dict[str, Any] = http.get("/health").json()
    return health


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "localhost:1"}, 200),
        ({"Host": "127.0.0.1.evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Origin": "x" * 5_000}, 403),
        ({"Content-Length": "70000"}, 413),
    ],
)
def test_host_and_origin_and_size_are_checked(api: ApiServer, headers: dict[str, str], status: int) -> None:
    method = "POST" if "Content-Length" in headers else "GET"
    path = "/api/v1/auth/login" if method == "POST" else "/api/v1/health"
    content = b"x" * 70_000 if method == "POST" else None
    answer = send(method, api.url + path, headers=headers, content=content)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["status"] == status
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_a_body_that_grows_without_saying_so_is_refused(api: ApiServer) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 8_192

    answer = send(
        "POST", f"{api.url}/api/v1/auth/login", content=pieces(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413


def test_a_body_nested_without_end_is_a_bad_request(api: ApiServer) -> None:
    answer = send("POST", f"{api.url}/api/v1/auth/login", content=b"[" * 60_000)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    ("change", "degraded"),
    [
        ("raw_retention_seconds = 3600, reason = 'The disk is small.', size_bytes_max = 5, free_percent = 12.5", True),
        ("paused = true, reason = 'The disk is small.'", True),
        ("raw_retention_seconds = 864000, reason = NULL, paused = false", False),
        (None, False),
    ],
)
async def test_health_says_how_history_is_stored(api: ApiServer, change: str | None, degraded: bool) -> None:
    connection = await asyncpg.connect(api.database.owner_url)
    statement = f"UPDATE metrics.storage_state SET {change}" if change else "DELETE FROM metrics.storage_state"
    await connection.execute(statement)
    await connection.close()
    read = await open_database(api.database.read_url, None, Limits(1, 10), read_only=True)
    storage = await HealthQueries(read).storage()
    await read.close()
    found = storage_component(storage)
    assert (found.status, found.detail == "The disk is small.") == (("degraded", True) if degraded else ("ok", False))
    if storage is not None and storage.size_bytes_max is not None:
        assert (storage.size_bytes_max, storage.free_percent) == (5, 12.5)


def test_made_up_methods_do_not_grow_the_metrics(api: ApiServer) -> None:
    for method in ("MADEUP1", "MADEUP2", "HEAD"):
        assert send(method, f"{api.url}/api/v1/health").status_code == 405
    metrics = send("GET", f"http://127.0.0.1:{api.extra['metrics_port']}/metrics").text
    assert "MADEUP" not in metrics
    assert 'method="other"' in metrics


async def test_a_pool_in_use_is_told_from_a_database_that_is_away(api: ApiServer) -> None:
    pool = await asyncpg.create_pool(api.database.read_url, min_size=0, max_size=1)
    database = Database(pool, Limits(1, 10), acquire_s_max=0.1)
    async with database.connection():
        with pytest.raises(UnavailableError, match="busy"):
            async with database.connection():
                pass
    await database.close()


def test_without_bus_and_tables_it_starts_and_says_what_is_missing(
    api: ApiServer, postgres_url: str, nats_bus: NatsServer
) -> None:
    away = NatsServer(api.directory / "away", port=free_port(), passwords=nats_bus.passwords)
    empty = dataclasses.replace(
        api.database,
        read_url=database_url(postgres_url, "postgres", "vw_read"),
        app_url=database_url(postgres_url, "postgres", "vw_app"),
    )
    lost = ApiServer(api.directory / "lost", away, empty)
    lost.start()
    try:
        token = (api.directory / "signing.key").read_text()
        assert token not in lost.log.read_text()
        assert send("GET", f"{lost.url}/api/v1/health").json() == {"status": "degraded"}
        login = send("POST", f"{lost.url}/api/v1/auth/login", json={"username": "admin", "password": "x"})
        assert login.status_code == 503
        assert "provision" in login.json()["detail"]
    finally:
        assert lost.stop() == 0
    assert "Traceback" not in lost.log.read_text()
    assert any(str(event["event"]).startswith("started without the bus") for event in lost.events())


def test_every_answer_has_the_security_headers_and_no_api_answer_is_cached(api: ApiServer) -> None:
    for path in ("/", "/api/v1/health", "/api/v1/nothing", "/api/v1/hosts"):
        headers = send("GET", api.url + path).headers
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers.get_list("server") == ["vitalwire"]
        assert headers["content-type"].count("charset") <= 1
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] in ("no-store", "no-cache")
        assert "access-control-allow-origin" not in headers


def test_queries_and_tokens_stay_out_of_the_log(api: ApiServer, http: httpx.Client) -> None:
    http.get("/hosts", params={"host": "a-very-particular-name"})
    assert "a-very-particular-name" not in api.log.read_text()


def test_without_the_database_hosts_and_tokens_go_on_and_ranges_say_so(
    api: ApiServer, http: httpx.Client, postgres_url: str
) -> None:
    async def run(statement: str) -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(statement)
        await connection.close()

    name = api.database.name
    asyncio.run(run(f"ALTER DATABASE {name} CONNECTION LIMIT 0"))
    try:
        asyncio.run(run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        assert http.get("/hosts").status_code == 200
        assert http.get("/auth/me").status_code == 200
        away = http.get("/metrics/cpu")
        assert (away.status_code, away.json()["code"]) == (503, "database_away")
        assert int(away.headers["retry-after"]) > 0
        assert http.get("/hosts/web-2/delivery").json()["code"] == "database_away"
        tried = http.post("/rules/backtest", json={"rule": content()})
        assert (tried.status_code, tried.json()["code"]) == (503, "database_away")
        assert send("POST",
            f"{api.url}/api/v1/auth/login", json={"username": "admin", "password": "x"}
        ).status_code == 503  # fmt: skip
    finally:
        asyncio.run(run(f"ALTER DATABASE {name} CONNECTION LIMIT -1"))
    end = time.monotonic() + 10
    while http.get("/metrics/cpu").status_code != 200:
        assert time.monotonic() < end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_cleanly_also_with_open_connections(api: ApiServer, number: signal.Signals) -> None:
    """The last test here: the API of this file restarts each time."""
    with httpx.Client(verify=False, base_url=api.url) as open_connection:
        open_connection.get("/api/v1/health")
        assert api.stop(number) == 0
    assert "Traceback" not in api.log.read_text()
    api.start()


def test_a_port_in_use_is_one_sentence(api: ApiServer) -> None:
    other = ApiServer(api.directory / "other", api.bus, api.database, port=api.port)
    with pytest.raises(AssertionError, match="the API ended"):
        other.start()
    assert other.process is not None
    assert other.process.wait(5) == 1
    (line,) = other.events()
    assert "set port to another" in str(line["reason"])
