"""Faults of one host or one stream, each with hosts of its own: what is lost is what had to be, and nothing else."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from shared.subjects import backfill_subject, metrics_subject
from tests.faults.collecting import HOST, start, step, stepped_collector
from tests.faults.fleet import Durability, Fleet, installation
from tests.faults.shown import DeliveryPage, delivery_page
from tests.faults.watch import CALM_S_MAX, Watch, more_arrives, watching
from tests.integration.ingest.running import sample_set, swap, ticks
from tests.waiting import holds

SEED = 20_261_126
HOUR_S = 3_600
READINGS_MIN = 3
MIB = 1024**2
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fleet() -> AsyncIterator[Fleet]:
    """One installation for these."""
    async with installation(Durability(), SEED) as made:
        yield made
        await made.end(made.ingests[0])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(fleet: Fleet) -> AsyncIterator[DeliveryPage]:
    """What shows the figures of delivery."""
    made = await delivery_page(fleet)
    yield made
    await made.client.aclose()


async def last_seq(fleet: Fleet, stream: str) -> int:
    client = await fleet.bus("provision")
    try:
        return (await client.jetstream().stream_info(stream)).state.last_seq
    finally:
        await client.close()


async def has_come_to(fleet: Fleet, stream: str, seq: int) -> bool:
    return await last_seq(fleet, stream) >= seq


async def all_heard(watch: Watch, count: int) -> bool:
    return watch.witness.sent.count == count


async def test_a_clock_that_steps_an_hour_back_and_forth(
    fleet: Fleet, page: DeliveryPage | None, tmp_path: Path
) -> None:
    offset = tmp_path / "offset"
    step(offset, 0)
    async with watching(fleet, HOST, since=timedelta(seconds=2 * HOUR_S)) as watch:
        dead_before = await last_seq(fleet, "DEAD")
        service = stepped_collector(fleet, HOST, offset)
        await start(fleet, service)
        for seconds in (0, -HOUR_S, 0, HOUR_S, 0):
            step(offset, seconds)
            await more_arrives(watch)
        await fleet.end(service)
        verdict = await watch.settled()
        # An hour ahead is refused, and set aside with that reason; what was true or behind is stored, once.
        refused = watch.witness.sent.unusable
        assert await last_seq(fleet, "DEAD") - dead_before == refused >= READINGS_MIN
        assert (verdict.missing, verdict.foreign, verdict.doubled, verdict.families) == ((), (), 0, {})
        assert len(verdict.holes) == refused
        assert verdict.stored >= 4 * READINGS_MIN
        if page is not None:
            assert await page.disagreements(verdict, watch) == []
            shown = await page.of(HOST, watch.scope.start)
            assert (shown.received, shown.missing, shown.clock_ahead) == (verdict.stored, refused, refused)
            assert shown.late == watch.witness.sent.late[HOST] >= READINGS_MIN


async def test_a_stream_at_its_limits_loses_the_oldest_and_nothing_else(
    fleet: Fleet, page: DeliveryPage | None
) -> None:
    host, sent_count = f"full-{secrets.token_hex(3)}", 3_000
    padding = {"interval_seconds": 1.0, "columns": ["text"], "rows": [["x" * 1_000]]}
    async with watching(fleet, host, since=timedelta(seconds=HOUR_S)) as watch:
        ingest = fleet.ingests[0]
        await asyncio.to_thread(ingest.stop)
        await asyncio.to_thread(fleet.provision, metrics_bytes_max=str(MIB))
        fleet.limits_reached = True
        before = await last_seq(fleet, "METRICS")
        client = await fleet.bus("simulator")
        for seq, time in enumerate(ticks(sent_count), start=1):
            families = {"swap": swap([[seq, 0, 0, 1.5, 0.0, 0.0]]), "padding": padding}
            await client.publish(metrics_subject(host, "system"), sample_set(host, seq, time, families))
        await client.flush()
        await client.close()
        # What is heard may still be on its way into the stream, and ingest is to find it full.
        await holds(lambda: all_heard(watch, sent_count), "the witness to hear all", CALM_S_MAX)
        await holds(lambda: has_come_to(fleet, "METRICS", before + sent_count), "the stream to have all", CALM_S_MAX)
        await asyncio.to_thread(ingest.start)
        verdict = await watch.settled()
        await asyncio.to_thread(fleet.provision)
        lost = sorted(seq for *_, seq in verdict.missing)
        assert verdict.sent == sent_count
        assert 0 < len(lost) < sent_count
        assert lost == list(range(1, len(lost) + 1))
        assert (verdict.stored, verdict.doubled, verdict.foreign) == (sent_count - len(lost), 0, ())
        if page is not None:
            shown = await page.of(host, watch.scope.start)
            assert shown.missing == len(lost) <= shown.stream_loss_max
            assert await page.disagreements(verdict, watch) == []


async def test_what_comes_twice_too_late_or_ahead_is_shown_as_that(fleet: Fleet, page: DeliveryPage) -> None:
    host, now = f"odd-{secrets.token_hex(3)}", datetime.now(UTC)
    live, later = metrics_subject(host, "system"), backfill_subject(host, "system")
    good = [sample_set(host, seq, time) for seq, time in enumerate(ticks(300), start=1)]
    async with watching(fleet, host, since=timedelta(seconds=HOUR_S)) as watch:
        client = await fleet.bus("simulator")
        for body in good:
            await client.publish(live, body)
        await client.flush()
        await fleet.answered()
        # Once in a batch of its own after the first was stored, once both in one batch, once in the other stream.
        for subject, bodies in ((live, good[:7]), (live, good[100:103] * 2), (later, good[200:205])):
            for body in bodies:
                await client.publish(subject, body)
        for seq in range(301, 305):
            await client.publish(live, sample_set(host, seq, now - timedelta(days=8), session="b" * 24))
        for seq in range(305, 308):
            await client.publish(live, sample_set(host, seq, now + timedelta(minutes=6), session="c" * 24))
        await client.publish(live, b"no msgpack")
        await client.flush()
        await client.close()
        verdict = await watch.settled()
        assert (verdict.problems, verdict.stored) == ([], len(good))
        assert await page.disagreements(verdict, watch) == []
        shown = await page.of(host, watch.scope.start)
        counts = (shown.doubled, shown.too_old, shown.clock_ahead, shown.refused)
        assert counts == (7 + 6 + 5, 4, 3, 1)
        assert shown.late == watch.witness.sent.late[host] >= 230
