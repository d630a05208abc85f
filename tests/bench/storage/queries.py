"""Answers over months through the real API, over HTTP: how long they take, and how many a second."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import nats

from shared.families import FAMILIES
from shared.subjects import host_user, inbox_prefix, metrics_subject
from shared.wire.encode import Numbering, Rows, cells, encode
from tests.bench.measurements import sign_in
from tests.bench.storage.asked import Kind, kinds
from tests.bench.storage.feeding import feeding
from tests.bench.storage.fill import Extent, fill, host_name
from tests.bench.storage.site import API_PORT, Site
from tests.processes import ROOT

BASE_URL = f"http://127.0.0.1:{API_PORT}"
FIRST_REQUESTS = 20
CSV_REQUESTS = 4
READY_S_MAX = 30
LIVE_INTERVAL_S = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    kind: str
    when: str
    clients: int
    requests: int
    p50_milliseconds: float
    p95_milliseconds: float
    first_milliseconds: float
    requests_per_second: float
    bytes_each: int
    failed: int

    def __str__(self) -> str:
        return (
            f"{self.kind:<32} {self.when:<14} {self.clients:>2}  {self.p50_milliseconds:>9.1f} "
            f"{self.p95_milliseconds:>9.1f} {self.first_milliseconds:>9.1f} {self.requests_per_second:>9.1f} "
            f"{self.bytes_each:>10} {self.requests:>6} {self.failed:>6}"
        )


HEADING = (
    f"{'request':<32} {'when':<14} {'clients':>2} {'p50 ms':>7} {'p95 ms':>9} {'first ms':>9} {'a second':>9} "
    f"{'bytes':>10} {'count':>6} {'failed':>6}"
)


async def measure_queries(made: Site, extent: Extent, seconds: float) -> list[Line]:
    """Fill the database unless it was kept; return lines: warm, after a restart of the server, from the cache."""
    newest = await _newest(made)
    if newest is None:
        await fill(made, extent)
    else:
        extent = replace(extent, until=newest + extent.interval)
    lines: list[Line] = []
    print(HEADING, flush=True)
    async with feeding(made, extent):
        api = made.service("api", cache_bytes_max="0")
        for kind in kinds(extent.hosts, datetime.now(UTC), extent.rollup_days):
            for clients in kind.clients:
                lines.append(await _line(made, extent, kind, "warm", (clients, seconds)))
        for kind in kinds(extent.hosts, datetime.now(UTC), extent.rollup_days)[:4]:
            if await asyncio.to_thread(made.server.restart):
                lines.append(await _line(made, extent, kind, "after restart", (1, seconds)))
        made.stop(api)
        made.service("api")
        for kind in kinds(extent.hosts, datetime.now(UTC), extent.rollup_days)[1:4]:
            again = Kind(kind.name, kind.paths[:1])
            for clients in again.clients:
                lines.append(await _line(made, extent, again, "from the cache", (clients, seconds)))
    return lines


async def _line(made: Site, extent: Extent, kind: Kind, when: str, size: tuple[int, float]) -> Line:
    clients, seconds = size
    token = await _ready()
    if not kind.stored:
        await _publish_tick(made, extent.hosts)
    restarted = when == "after restart"
    if when == "warm":
        await _load(kind, token, clients, 1.0, FIRST_REQUESTS)
    requests_max = FIRST_REQUESTS if restarted else CSV_REQUESTS * clients if "CSV" in kind.name else 1_000_000
    measured = await _load(kind, token, clients, 10 * seconds if requests_max < 100 else seconds, requests_max)
    latencies = [1000 * latency for latency in measured["latencies_s"]]
    failed = sum(count for status, count in measured["statuses"].items() if status != "200")
    line = Line(
        kind.name, when, clients, len(latencies), statistics.median(latencies),
        statistics.quantiles(latencies, n=100, method="inclusive")[94] if len(latencies) > 1 else latencies[0],
        latencies[0], len(latencies) / measured["seconds"], measured["received_bytes"] // len(latencies), failed,
    )  # fmt: skip
    print(line, flush=True)
    return line


async def _load(kind: Kind, token: str, clients: int, seconds: float, requests_max: int) -> dict[str, Any]:
    headers = {"host": "127.0.0.1", "authorization": f"Bearer {token}", "accept": kind.accept}
    wish = {
        "port": API_PORT, "headers": headers, "paths": kind.paths, "clients": clients, "seconds_max": seconds,
        "requests_max": requests_max,
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.storage.load", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps(wish).encode())
    if process.returncode:
        raise SystemExit("the load generator failed; see above")
    found: dict[str, Any] = json.loads(out)
    return found


async def _newest(made: Site) -> datetime | None:
    connection = await made.connect()
    try:
        newest: datetime | None = await connection.fetchval("SELECT max(time) FROM metrics.cpu")
        return newest
    finally:
        await connection.close()


async def _ready() -> str:
    """Return a token once the API answers from the database again."""
    for _ in range(10 * READY_S_MAX):
        try:
            token = await sign_in(BASE_URL)
            async with httpx.AsyncClient(base_url=BASE_URL, headers={"Authorization": f"Bearer {token}"}) as client:
                # A family without any row: what is measured stays out of the server's memory.
                (await client.get("/api/v1/metrics/swap")).raise_for_status()
            return token
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
    raise SystemExit(f"the API gave no answer from the database for {READY_S_MAX} s")


async def _publish_tick(made: Site, hosts: int) -> None:
    """Publish one sample set of every host; with this interval it stays current for minutes."""
    family = FAMILIES["cpu"]
    for number in range(1, hosts + 1):
        host = host_name(number)
        user = host_user(host)
        bus = await nats.connect(
            made.nats.url, user=user, password=made.nats.passwords[user].reveal(), inbox_prefix=inbox_prefix(user)
        )
        gauges = {gauge.name: number + position for position, gauge in enumerate(family.gauges)}
        row = cells(family, family.row(**gauges))
        numbering = Numbering(f"bench-{number}-{datetime.now(UTC):%H%M%S}")
        (encoded,) = encode(host, "system", datetime.now(UTC), [Rows(family, LIVE_INTERVAL_S, [row])], numbering)
        await bus.publish(metrics_subject(host, "system"), encoded.body)
        await bus.flush()
        await bus.close()
    await asyncio.sleep(1)


def figures(lines: list[Line]) -> list[dict[str, object]]:
    """Return the lines for JSON."""
    return [
        {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in asdict(line).items()}
        for line in lines
    ]


def month_until_now(hosts: int, raw_days: int, rollup_days: int) -> Extent:
    """Return the extent of hosts at 10 s that ends now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return Extent(hosts, timedelta(seconds=10), raw_days, rollup_days, now)
