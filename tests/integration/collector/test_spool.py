"""The spool on a real bus: absences, restarts, a bus that loses what it confirmed, the pace of draining."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sqlite3
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.collector.outbox import Outgoing
from services.collector.spool import Spool
from services.collector.spool_file import NAME
from services.collector.spool_place import Place, directory_of
from shared.families import FAMILIES
from shared.subjects import BACKFILL, METRICS, SYSTEM_SOURCE
from shared.wire.decode import PreviousSession, SampleSet, decode
from shared.wire.encode import Numbering, Rows, encode
from tests.bus_proxy import BusProxy
from tests.integration.collector.bus import HOST, Collector, collector, provision, rows, stored, tick
from tests.servers import NatsServer, wait_until

SOON = "--retry-s-max=1"
ANEW = "the bus was started anew: what it may have lost is sent again"


async def by_session(server: NatsServer, *names: str) -> dict[str, dict[int, SampleSet]]:
    """Return the sample sets of the streams by session and number, sessions in the order of their first instant."""
    found: dict[str, dict[int, SampleSet]] = defaultdict(dict)
    for name in names or (METRICS, BACKFILL):
        for subject, body in await stored(server, name):
            sample = decode(body, subject)
            found[sample.session][sample.seq] = sample
    ordered = sorted(found, key=lambda session: min(sample.time for sample in found[session].values()))
    return {session: dict(sorted(found[session].items())) for session in ordered}


async def count(server: NatsServer, stream: str) -> int:
    async with provision(server) as client:
        return (await client.jetstream().stream_info(stream)).state.messages


async def wait_logged(running: Collector, event: str, times: int = 1) -> None:
    await asyncio.to_thread(wait_until, lambda: running.logged(event) >= times, event, 30)


async def wait_stored(server: NatsServer, stream: str, at_least: int) -> None:
    end = time.monotonic() + 60
    while await count(server, stream) < at_least:
        assert time.monotonic() < end, f"{await count(server, stream)} of {at_least} in {stream}"
        await asyncio.sleep(0.1)


async def test_an_absence_of_the_bus_with_restarts_of_the_collector_loses_nothing(
    own_bus: NatsServer, tmp_path: Path
) -> None:
    with collector(own_bus, tmp_path / "log-1", SOON) as first:
        first.wait_ready()
        await tick(3)
        own_bus.stop()
        await tick(3)
        first.stop(signal.SIGKILL)
    with collector(own_bus, tmp_path / "log-2", SOON) as second:
        await wait_logged(second, "bus error")
        await tick(4)
        assert second.stop() == 0
        assert "lost" not in second.log.read_text()
    own_bus.start()
    with collector(own_bus, tmp_path / "log-3", SOON, "--intervals=agent=1") as third:
        third.wait_ready()
        await tick(4)
        assert third.stop() == 0
    found = await by_session(own_bus)
    assert len(found) == 3
    for samples in found.values():
        assert list(samples) == list(range(1, len(samples) + 1))
    killed, away, last = found
    assert len(found[killed]) >= 5
    assert len(found[away]) >= 3
    assert [sample.previous for sample in found[killed].values()] == [None] * len(found[killed])
    for session, before in ((away, killed), (last, away)):
        expected = PreviousSession(before, max(found[before]))
        assert {sample.previous for sample in found[session].values()} == {expected}
    late = await by_session(own_bus, BACKFILL)
    assert set(late) == {killed, away}, "what an earlier session left is no live sample set, whatever its age"
    assert len(late[away]) == len(found[away])
    agent = rows(list(found[last].values())[-1], "agent")[0]
    assert agent["sample_sets_lost_count"] == agent["sample_sets_spooled_count"] == 0
    assert agent["spool_bytes"] > 0


async def test_what_a_bus_lost_after_confirming_it_is_sent_again(own_bus: NatsServer, tmp_path: Path) -> None:
    store, kept = own_bus.directory / "jetstream", own_bus.directory / "kept"
    with collector(own_bus, tmp_path / "log", SOON) as running:
        running.wait_ready()
        await tick(2)
        own_bus.stop()
        shutil.copytree(store, kept)
        own_bus.start()
        await wait_logged(running, "bus reconnected")
        await tick(4)
        before = await count(own_bus, METRICS)
        own_bus.stop(signal.SIGKILL)
        # As after a loss of power: what was confirmed and not yet written to the disk itself is gone.
        shutil.rmtree(store)
        shutil.copytree(kept, store)
        own_bus.start()
        await wait_logged(running, "bus reconnected", 2)
        await wait_stored(own_bus, METRICS, before)
        await tick(2)
        assert running.stop() == 0
    (samples,) = (await by_session(own_bus)).values()
    assert list(samples) == list(range(1, len(samples) + 1))
    assert running.logged(ANEW) >= 1


async def test_a_cut_line_to_the_same_bus_has_nothing_sent_again(own_bus: NatsServer, tmp_path: Path) -> None:
    proxy = BusProxy(own_bus.port)
    await proxy.start()
    try:
        with collector(own_bus, tmp_path / "log", f"--nats-urls={proxy.url}", SOON) as running:
            await asyncio.to_thread(running.wait_ready)
            await tick(3)
            proxy.clients[-1].close()
            await wait_logged(running, "bus reconnected")
            await tick(3)
            assert await asyncio.to_thread(running.stop) == 0
        assert running.logged(ANEW) == 0
    finally:
        await proxy.stop()
    (samples,) = (await by_session(own_bus)).values()
    assert list(samples) == list(range(1, len(samples) + 1))


def filled(directory: Path, sample_sets: int) -> None:
    """Leave a spool as an earlier collector would, an hour ago."""
    place, numbering = Place(directory_of(HOST, directory)), Numbering("earlier")
    spool = Spool(place, "earlier", time.time, time.monotonic)
    readings = [Rows(FAMILIES["connection"], 10.0, [["listen", 1]])]
    start_s = int(time.time()) - 3_600

    for at_s in range(start_s, start_s + sample_sets):
        for encoded in encode(HOST, SYSTEM_SOURCE, datetime.fromtimestamp(at_s, UTC), readings, numbering):
            assert spool.append([Outgoing(encoded, at_s)])
    spool.close()


async def test_a_full_spool_is_drained_at_the_rate_that_is_set_while_what_is_new_goes_first(
    own_bus: NatsServer, tmp_path: Path
) -> None:
    filled(tmp_path / "spool", 300)
    with collector(own_bus, tmp_path / "log", "--spool-rate-max=50") as running:
        await asyncio.to_thread(running.wait_ready)
        looks: list[tuple[float, int, int]] = []
        while not looks or looks[-1][1] < 300:
            looks.append((time.monotonic(), await count(own_bus, BACKFILL), await count(own_bus, METRICS)))
            assert looks[-1][0] - looks[0][0] < 60
            await asyncio.sleep(0.25)
        assert running.stop() == 0
    start_s, stored_first, live_first = looks[0]
    assert stored_first < 250, "at the first look it is far from empty"
    for at_s, stored_then, _ in looks:
        # A look takes a moment itself, and what was saved up may go at once.
        assert stored_then - stored_first <= 50 * (at_s - start_s + 0.5) + 20
    elapsed_s = looks[-1][0] - start_s
    assert looks[-1][2] - live_first >= elapsed_s - 2
    (earlier,) = (await by_session(own_bus, BACKFILL)).values()
    assert list(earlier) == list(range(1, 301))
    received = [decode(body, subject).seq for subject, body in await stored(own_bus, BACKFILL)]
    assert received == list(range(1, 301)), "the oldest first"


async def test_a_stream_that_is_missing_is_waited_for(own_bus: NatsServer, tmp_path: Path) -> None:
    filled(tmp_path / "spool", 40)
    async with provision(own_bus) as client:
        config = (await client.jetstream().stream_info(BACKFILL)).config
        await client.jetstream().delete_stream(BACKFILL)
        with collector(own_bus, tmp_path / "log", SOON) as running:
            await asyncio.to_thread(running.wait_ready)
            await wait_logged(running, "the bus does not store what the spool holds; it is tried again")
            await tick(3)
            assert running.log.read_text().count("is tried again") == 1
            await client.jetstream().add_stream(config)
            await wait_stored(own_bus, BACKFILL, 40)
            assert running.stop() == 0
    (earlier,) = (await by_session(own_bus, BACKFILL)).values()
    assert list(earlier) == list(range(1, 41))


async def test_a_second_collector_on_the_same_spool_goes_on_in_memory(own_bus: NatsServer, tmp_path: Path) -> None:
    with collector(own_bus, tmp_path / "log-1") as first, collector(own_bus, tmp_path / "log-2") as second:
        await asyncio.to_thread(first.wait_ready)
        await asyncio.to_thread(second.wait_ready)
        await tick(3)
        # Whoever comes later finds it locked, always, and not only while the first one writes.
        looking = sqlite3.connect(directory_of(HOST, tmp_path / "spool") / NAME, timeout=0)
        with contextlib.closing(looking), pytest.raises(sqlite3.OperationalError, match="database is locked"):
            looking.execute("SELECT count(*) FROM block")
        assert second.stop() == 0
        assert first.stop() == 0
    told = [running.log.read_text().count("another collector uses") for running in (first, second)]
    assert sorted(told) == [0, 1]
    for samples in (await by_session(own_bus)).values():
        assert list(samples) == list(range(1, len(samples) + 1))
