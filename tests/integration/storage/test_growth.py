"""A family grows by a gauge: nothing is lost, and versions before and after it work side by side."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import numpy as np

from services.api.metrics.schemas import MetricRange
from services.ingest.batch import judge
from shared.families import FAMILIES
from shared.resolution import LEVEL_SECONDS, Level
from tests.integration.conftest import Database
from tests.integration.storage.agreement import differences
from tests.integration.storage.columns import expected_columns, found_columns
from tests.integration.storage.generate import RETENTION, Recording, deliveries, record_ticks, sent
from tests.integration.storage.growth import ADDED, GROWN
from tests.integration.storage.later import ANSWERS, Later, Wire
from tests.integration.storage.oracle import stepped, stored_rows
from tests.integration.storage.product import keep_up, write
from tests.integration.storage.reading import ask, queries, request
from tests.integration.storage.samples import MICROSECONDS, Cells, Ints, Run, Table, microseconds, table_of

SWAP = FAMILIES["swap"]


def ticks(ages: range) -> Ints:
    """Return instants twenty seconds apart, so many before the minute that began last."""
    now = microseconds(datetime.now(UTC)) // (60 * MICROSECONDS) * 60 * MICROSECONDS
    return now - np.array(ages, np.int64)[::-1] * 20 * MICROSECONDS


def wire(recordings: Sequence[Recording]) -> list[Wire]:
    """Return messages as a process takes them in."""
    return [Wire(message.data, message.subject, message.reply) for message in sent(recordings, datetime.now(UTC))]


def later_version(postgres_url: str, name: str, messages: list[Wire]) -> Later:
    """Return what a later version says after it provisioned the database and wrote the messages."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.storage.later", postgres_url, name],
        input=msgspec.msgpack.encode(messages),
        stdout=subprocess.PIPE,
        check=True,
        timeout=60,
    )
    return msgspec.json.decode(done.stdout, type=Later)


def grown(recording: Recording) -> list[Run]:
    """Return rows as the grown family shows them: what did not know the gauge has none."""
    return [Run(GROWN, run.key, run.time, {ADDED: absent(run), **run.cells}) for run in recording.runs]


def absent(run: Run) -> Cells:
    return Cells(np.zeros(len(run.time), np.int64), np.zeros(len(run.time), np.bool_))


def assert_right(table: Table, level: Level, answer: MetricRange) -> None:
    span, gauges = (answer.start, answer.end), [gauge.name for gauge in table.family.gauges]
    if answer.step_seconds is None:
        expected = stored_rows(table, gauges, lambda key: True, *span)
    else:
        expected = stepped(table, gauges, lambda key: True, span, answer.step_seconds, "avg")
    assert answer.resolution == level
    assert (level, differences(table.family, expected, answer, None if level == "raw" else "avg")) == (level, [])


async def test_a_gauge_added_at_the_end(postgres_url: str, empty: Database, owner: asyncpg.Connection) -> None:
    before = record_ticks("web-1", 0, ticks(range(180, 300)), [SWAP])
    await write(empty, deliveries([before], datetime.now(UTC)))
    await keep_up(empty)

    newer_host = record_ticks("web-1", 1, ticks(range(60, 200)), [GROWN])
    older_host = record_ticks("db_1", 0, ticks(range(60, 200)), [SWAP])
    said = later_version(postgres_url, empty.name, wire([newer_host, older_host]))
    assert said.unknown == []
    assert said.gauges == [gauge.name for gauge in GROWN.gauges]
    for level in LEVEL_SECONDS:
        assert await found_columns(owner, GROWN, level) == expected_columns(GROWN, level)
    table = table_of(GROWN, [run for recording in (before, newer_host, older_host) for run in grown(recording)])
    assert set(said.answers) == set(LEVEL_SECONDS)
    for level in LEVEL_SECONDS:
        assert_right(table, level, msgspec.json.decode(said.answers[level], type=MetricRange))


async def test_an_ingest_of_before_counts_the_gauge_and_goes_on(
    postgres_url: str, empty: Database, owner: asyncpg.Connection
) -> None:
    later_version(postgres_url, empty.name, [])
    newer_host = record_ticks("web-1", 0, ticks(range(60, 200)), [GROWN])
    batch = judge(sent([newer_host], datetime.now(UTC)), RETENTION)
    assert set(batch.unknown) == {f"swap.{ADDED}"}
    assert (batch.refusals, batch.too_old) == ([], [])
    await write(empty, [batch.deliveries])
    await keep_up(empty)
    assert await owner.fetchval(f"SELECT count(*) FROM metrics.swap WHERE {ADDED} IS NULL") == 140
    table = table_of(SWAP, [Run(SWAP, run.key, run.time, run.cells) for run in newer_host.runs])
    end = datetime.now(UTC)
    async with queries(empty) as reader:
        for level, step_s in ANSWERS:
            wanted = request(SWAP, [gauge.name for gauge in SWAP.gauges], (end - timedelta(hours=2), end), step_s)
            assert_right(table, level, await ask(reader, wanted))
