"""The measurements themselves; each returns figures by name, with units in the names."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import nats
import websockets
from nats.aio.client import Client

from shared.families import FAMILIES
from shared.subjects import backfill_subject, host_user, inbox_prefix, metrics_subject
from shared.wire.encode import Encoded, Numbering, Rows, cells, encode
from tests.bench.installation import ADMIN_PASSWORD, HOST, Installation
from tests.bench.samples import SHAPE, Sampler
from tests.processes import cpu_seconds, resident_bytes

API_PORT = 18_080
Figures = dict[str, float]


async def drain(made: Installation, sample_sets: int) -> Figures:
    """Store a backlog first, then measure from the start of ingest's first write to its last commit."""
    numbers = await _publish_backlog(made, sample_sets)
    connection = await asyncpg.connect(made.postgres.url("vitalwire"))
    try:
        ingest = made.service("ingest", age_s_max="0.5")
        began, cpu_before = None, 0.0
        stored_before = stored = 0
        while stored < sample_sets:
            stored = await connection.fetchval("SELECT count(*) FROM metrics.sample_sets")
            if began is None and stored:
                began, cpu_before, stored_before = time.monotonic(), cpu_seconds(ingest.pid), stored
            await asyncio.sleep(0.02)
        assert began is not None
        wall_s = time.monotonic() - began
        cpu_s = cpu_seconds(ingest.pid) - cpu_before
        found = await _count_numbers(connection)
    finally:
        await connection.close()
    if found != numbers:
        raise SystemExit(f"published {numbers} numbers, found {found} in the database")
    drained = numbers * (1 - stored_before / sample_sets)
    return {
        "ingest_numbers_per_second": drained / wall_s,
        "ingest_sample_sets_per_second": (sample_sets - stored_before) / wall_s,
        "ingest_cores": cpu_s / wall_s,
        "ingest_resident_bytes": resident_bytes(ingest.pid),
    }


async def collector(made: Installation, seconds: int) -> Figures:
    """Let a collector read this machine at 1 s and ask the kernel what it cost after its start."""
    service = made.service("collector")
    await asyncio.sleep(5)
    cpu_before, began = cpu_seconds(service.pid), time.monotonic()
    await asyncio.sleep(seconds)
    cores = (cpu_seconds(service.pid) - cpu_before) / (time.monotonic() - began)
    figures = {"collector_one_core_percent": 100 * cores, "collector_resident_bytes": resident_bytes(service.pid)}
    made.stop(service)
    return figures


async def queries(base_url: str, token: str, requests: int) -> Figures:
    """Ask for stored ranges of one host, one request after the other."""
    headers = {"Authorization": f"Bearer {token}"}
    figures: Figures = {}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, timeout=30) as client:
        for name, start in {"15m": "-15m", "24h": "-24h"}.items():
            parameters = {"host": HOST, "start": start, "columns": "total_percent"}
            durations = []
            for _ in range(requests):
                began = time.perf_counter()
                (await client.get("/api/v1/metrics/cpu", params=parameters)).raise_for_status()
                durations.append(1000 * (time.perf_counter() - began))
            figures[f"query_{name}_p50_milliseconds"] = statistics.median(durations)
            figures[f"query_{name}_p95_milliseconds"] = _percentile(durations, 95)
    return figures


async def live(made: Installation, token: str, seconds: int) -> Figures:
    """Publish ten sample sets a second and measure until each arrives at a WebSocket client."""
    bus = await _connect(made)
    arrivals: dict[str, float] = {}
    async with websockets.connect(
        f"ws://127.0.0.1:{API_PORT}/ws", additional_headers={"Authorization": f"Bearer {token}"}, max_size=None
    ) as socket:

        async def receive() -> None:
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "cpu" and message["host"] == HOST:
                    arrivals.setdefault(message["time"], time.monotonic())

        receiving = asyncio.create_task(receive())
        await asyncio.sleep(1)
        departures = await _publish_live(bus, seconds)
        await asyncio.sleep(2)
        receiving.cancel()
    await bus.close()
    at = {_instant(text): moment for text, moment in arrivals.items()}
    delays = [1000 * (at[moment] - departed) for moment, departed in departures.items() if moment in at]
    if len(delays) < len(departures):
        raise SystemExit(f"of {len(departures)} sample sets only {len(delays)} reached the client")
    return {
        "live_p50_milliseconds": statistics.median(delays),
        "live_p95_milliseconds": _percentile(delays, 95),
    }


async def sign_in(base_url: str) -> str:
    """Return an access token of the administrator."""
    async with httpx.AsyncClient(base_url=base_url) as client:
        credentials = {"username": "admin", "password": ADMIN_PASSWORD}
        answer = await client.post("/api/v1/auth/login", json=credentials)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token


async def _publish_live(bus: Client, seconds: int) -> dict[datetime, float]:
    numbering = Numbering("bench-live")
    family = FAMILIES["cpu"]
    gauges = {gauge.name: 1 if gauge.type is int else 1.5 for gauge in family.gauges}
    row = cells(family, family.row(**gauges))
    departures: dict[datetime, float] = {}
    for _ in range(10 * seconds):
        now = datetime.now(UTC)
        (encoded,) = encode(HOST, "system", now, [Rows(family, 1.0, [row])], numbering)
        departures[now] = time.monotonic()
        await bus.publish(metrics_subject(HOST, "system"), encoded.body)
        await bus.flush()
        await asyncio.sleep(0.1)
    return departures


async def _publish_backlog(made: Installation, sample_sets: int) -> int:
    """Publish a day's last sample sets, one a second, into the backlog; return how many numbers they hold."""
    bus = await _connect(made)
    stream = bus.jetstream(publish_async_max_pending=2_000)
    sampler = Sampler(HOST, seed=1)
    newest = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    numbers = 0
    for index in range(sample_sets):
        encoded, held = sampler.next(newest - timedelta(seconds=sample_sets - index))
        numbers += held
        await stream.publish_async(backfill_subject(HOST, "system"), encoded.body, headers=_headers(encoded))
    await stream.publish_async_completed()
    await bus.close()
    return numbers


async def _connect(made: Installation) -> Client:
    user = host_user(HOST)
    return await nats.connect(
        made.nats.url, user=user, password=made.nats.passwords[user].reveal(), inbox_prefix=inbox_prefix(user)
    )


async def _count_numbers(connection: asyncpg.Connection) -> int:
    total = 0
    for name in SHAPE:
        counts = " + ".join(f"count({gauge.name})" for gauge in FAMILIES[name].gauges)
        total += await connection.fetchval(f"SELECT {counts} FROM metrics.{name}")
    return total


def _headers(encoded: Encoded) -> dict[str, str]:
    return {"Nats-Msg-Id": encoded.message_id}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100)[percent - 1]
