"""The shipped rule of the processor over thirty days of one host, over HTTP: how long, and what others notice of it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import settle
from shared.alerts.rule_encoding import to_mapping
from shared.runtime.default_rules import default_rules
from tests.bench.measurements import sign_in
from tests.bench.storage.site import API_PORT, Site
from tests.planted import DAYS, INCIDENTS, expected, plant

BASE_URL = f"http://127.0.0.1:{API_PORT}"
HOST = "bench-001"
ALL_RAW = {"raw_retention_days": str(DAYS + 1), "rollup_1m_retention_days": str(DAYS + 1)}
"""Settings of the first provision: a database that ever kept less would not look for samples before that."""
TIMEOUT_S = 60


async def measure_backtest(made: Site, interval_s: int, rounds: int) -> dict[str, Any]:
    """Return seconds and rows, where all samples are kept, and where rollups stand for all but the last week."""
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=DAYS, minutes=2)
    await _fill(made, start, interval_s)
    api = made.service("api")
    found = {"samples": await _measured(start, rounds)}
    made.stop(api)
    made.provision()
    made.service("api")
    found["rollups_and_samples"] = await _measured(start, rounds)
    for name, figures in found.items():
        print(f"{name:<22}" + "  ".join(f"{figure} {value:.6g}" for figure, value in figures.items()), flush=True)
    return {"backtest": found, "interval_seconds": interval_s}


async def _fill(made: Site, start: datetime, interval_s: int) -> None:
    connection = await made.connect()
    try:
        await plant(connection, HOST, start, interval_s)
        mode = await connection.fetchval("SELECT mode FROM metrics.schema_state")
        await settle(connection, storage_of(mode))
        # As autovacuum would have done long before; rollups of a whole month are new here.
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def _measured(start: datetime, rounds: int) -> dict[str, float]:
    """Return how long the same back-test takes, the first and the others, and the longest that another answer took."""
    (rule,) = (rule for rule in default_rules() if rule.name == "cpu")
    end = start + timedelta(days=DAYS)
    wish = {"rule": to_mapping(rule), "start": start.isoformat(), "end": end.isoformat(), "host": [HOST]}
    headers = {"Authorization": f"Bearer {await sign_in(BASE_URL)}"}
    seconds: list[float] = []
    rows = 0
    async with httpx.AsyncClient(base_url=BASE_URL, headers=headers, timeout=TIMEOUT_S) as client:
        beside = asyncio.create_task(_longest(client))
        for _ in range(rounds):
            began = time.perf_counter()
            answer = await client.post("/api/v1/rules/backtest", json=wish)
            seconds.append(time.perf_counter() - began)
            said = answer.raise_for_status().json()
            found = [datetime.fromisoformat(incident["since"]) for incident in said["incidents"]]
            if found != [since for since, *_ in expected(start)]:
                raise SystemExit(f"expected the {len(INCIDENTS)} incidents that were planted, got those of {found}")
            rows = said["total"]["rows"]
        beside.cancel()
        longest_s = await beside
    others = sorted(seconds[1:]) or seconds
    return {
        "rows": rows, "first_s": seconds[0], "median_s": others[len(others) // 2], "greatest_s": others[-1],
        "beside_milliseconds_max": 1_000 * longest_s,
    }  # fmt: skip


async def _longest(client: httpx.AsyncClient) -> float:
    """Ask for something small again and again until cancelled."""
    longest_s = 0.0
    try:
        while True:
            began = time.perf_counter()
            (await client.get("/api/v1/families")).raise_for_status()
            longest_s = max(longest_s, time.perf_counter() - began)
    except asyncio.CancelledError:
        return longest_s
