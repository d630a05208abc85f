"""A thousand hosts and twenty rules at 1 s: what the evaluator costs, how far it lags, and whether its memory grows."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
from nats.aio.client import Client

from shared.runtime.default_rules import default_rules
from shared.subjects import SIMULATOR
from tests.bench.alerting.figures import memory, spread
from tests.bench.alerting.rules import CROSSING, DISK, beside_the_shipped
from tests.bench.alerting.stack import password, telling
from tests.bench.alerting.told import Told, last_sequence, transitions
from tests.bench.ingest.bus import connected
from tests.bench.ingest.cost import Cost
from tests.bench.ingest.drain import pids_of
from tests.bench.storage.site import Site
from tests.integration.evaluator.stage import put_rule
from tests.ports import free_port
from tests.processes import ROOT, resident_bytes
from tests.waiting import holds

RESIDENT_EVERY_S = 10
SETTLED_S = 120.0
"""Memory is judged from here on."""
DECIDED_S_MAX = 30.0
_FIGURES = {
    "vitalwire_alerting_lag_seconds": "lag", "vitalwire_alerting_series": "series",
    "vitalwire_alerting_unwatched_total": "unwatched", "vitalwire_alerting_late_total": "late",
}  # fmt: skip


@dataclass
class Watched:
    """What was seen of the evaluator while hosts spoke; times are seconds since the begin."""

    lags_s: list[float] = field(default_factory=list)
    series: list[float] = field(default_factory=list)
    resident: list[tuple[float, float]] = field(default_factory=list)
    last: dict[str, float] = field(default_factory=dict)


async def measure_load(made: Site, hosts: int, seconds: int) -> dict[str, Any]:
    """Return CPU, lag and memory of one evaluator; every crossing of the published samples must be told."""
    port = free_port()
    ingest = made.service("ingest")
    async with connected(made.nats.url, "provision", password(made, "provision")) as admin:
        rules = beside_the_shipped()
        for rule in rules:
            await put_rule(admin, rule)
        evaluator = await asyncio.to_thread(telling, made, "alerting", port)
        before, connection = await last_sequence(admin), await made.connect()
        publisher = await _publisher(made, hosts, seconds)
        try:
            pids = {**await pids_of(made, [ingest], connection), "evaluator": [evaluator.pid]}
            cost = Cost(pids)
            watched = await _watch(evaluator.pid, port, publisher, seconds)
            figures = cost.figures()
            published = await _published(publisher)
        finally:
            await _end(publisher, connection)
        told = await _told(admin, before, int(published["crossings"]))
    return {
        "hosts": hosts, "rules": len(rules) + sum(rule.enabled for rule in default_rules()), "seconds": seconds,
        "sample_sets": published["sample_sets"], "mounts_a_minute": hosts, "series_end": watched.series[-1],
        "series_max": max(watched.series), "unwatched": watched.last["unwatched"], "late": watched.last["late"],
        "lag_seconds": spread(watched.lags_s), "sample_to_transition_seconds": spread([each.delay_s for each in told]),
        "transitions": len(told), "publisher_cores": published["cores"], **figures,
        **memory(watched.resident, SETTLED_S),
        "resident": [(round(second), size) for second, size in watched.resident],
    }  # fmt: skip


async def _watch(pid: int, port: int, publisher: Process, seconds: int) -> Watched:
    """Look at the evaluator each second for as long as the publisher publishes."""
    watched, began = Watched(), time.monotonic()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        ended = asyncio.create_task(publisher.wait())
        for second in range(seconds):
            if second % RESIDENT_EVERY_S == 0:
                watched.resident.append((time.monotonic() - began, float(resident_bytes(pid))))
            figures = _figures((await client.get("/metrics")).raise_for_status().text)
            watched.lags_s.append(figures["lag"])
            watched.series.append(figures["series"])
            watched.last = figures
            if second % 60 == 59:
                print(f"{second + 1:>6} s: lag {figures['lag']:.2f} s, {figures['series']:,.0f} series, "
                      f"{resident_bytes(pid) / 1e6:.1f} MB", flush=True)  # fmt: skip
            done, _ = await asyncio.wait([ended], timeout=max(0.0, began + second + 1 - time.monotonic()))
            if done and second < seconds - 2:
                raise SystemExit(f"the publisher ended with {publisher.returncode} after {second} of {seconds} s")
        await ended
    return watched


def _figures(text: str) -> dict[str, float]:
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {_FIGURES[fields[0]]: float(fields[1]) for fields in lines if fields[0] in _FIGURES}


async def _publisher(made: Site, hosts: int, seconds: int) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.alerting.publisher", f"--url={made.nats.url}", f"--hosts={hosts}",
        f"--seconds={seconds}", stdout=PIPE, cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "BENCH_NATS_PASSWORD": password(made, SIMULATOR)},
    )  # fmt: skip


async def _published(publisher: Process) -> dict[str, float]:
    """Return what the publisher says of itself; it must have kept the rate to the end."""
    assert publisher.stdout is not None
    output = await publisher.stdout.read()
    if publisher.returncode:
        raise SystemExit(f"the publisher ended with {publisher.returncode}")
    said: dict[str, float] = json.loads(output.splitlines()[-1])
    if said["seconds_skipped"]:
        raise SystemExit(f"the publisher left {said['seconds_skipped']} s out: this machine does not keep the rate")
    return said


async def _end(publisher: Process, connection: asyncpg.Connection) -> None:
    if publisher.returncode is None:
        publisher.kill()
        await publisher.wait()
    await connection.close()


async def _told(admin: Client, before: int, crossings: int) -> list[Told]:
    """Return all transitions, once each crossing has one."""
    found: list[Told] = []

    async def is_all_told() -> bool:
        found[:] = await transitions(admin, (CROSSING, DISK), before)
        return sum(each.transition.rule == CROSSING for each in found) >= crossings

    await holds(is_all_told, f"{crossings} transitions of {CROSSING}", DECIDED_S_MAX, lambda: str(len(found)))
    count = sum(each.transition.rule == CROSSING for each in found)
    if count != crossings:
        raise SystemExit(f"expected {crossings} transitions of {CROSSING}, got {count}")
    return found
