"""Retention removes exactly what is older, and rollups outlive the raw rows that they were computed from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest

from services.api.errors import BadParameterError
from services.ingest.provisioning.schema import Wanted
from services.ingest.storage.mode import Mode
from services.ingest.storage.retention import Retention
from shared.families import FAMILIES
from shared.resolution import Level
from tests.integration.conftest import Database
from tests.integration.storage.agreement import differences
from tests.integration.storage.generate import Recording, deliveries, record_ticks
from tests.integration.storage.oracle import stepped, stored_rows
from tests.integration.storage.product import (
    drop_database,
    in_thread,
    keep_up,
    make_database,
    mode_of_database,
    provision,
    write,
)
from tests.integration.storage.reading import ask, queries, request
from tests.integration.storage.rollup_rows import rollup_rows, wrong_columns, wrong_places
from tests.integration.storage.samples import MICROSECONDS, Table, microseconds, table_of

DISK = (FAMILIES["disk"],)
LONG = Wanted(Retention(6, 6, 6, 6))
SHORT = Wanted(Retention(1, 2, 3, 4))
KEPT_H = {"raw": 24, "1m": 48, "5m": 72, "1h": 96}
CHUNK_H = {"raw": 6, "1m": 18, "5m": 18, "1h": 18}
"""Hours of the chunks that LONG makes: an eighth of what is kept, raw at most six."""
SPAN_H = 105
"""What upkeep may still compute under LONG: less two chunks of the level that is read."""
ROLLUPS = ("1m", "5m", "1h")
Must = Callable[[int], bool | None]


class Aged:
    """Rows every ten minutes of four days, settled while they were all kept, then kept for a shorter time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime.now(UTC).replace(second=0, microsecond=0)
        self.recordings = [self.record(0, range(5, SPAN_H * 60, 10))]

    def record(self, session: int, ages_min: range) -> Recording:
        ticks = microseconds(self.now) - np.array(ages_min, np.int64)[::-1] * 60 * MICROSECONDS
        return record_ticks("web-1", session, ticks // (10 * MICROSECONDS) * (10 * MICROSECONDS), DISK)

    async def write(self, recording: Recording) -> None:
        await write(self.database, deliveries([recording], self.now))

    @property
    def table(self) -> Table:
        return table_of(DISK[0], [run for recording in self.recordings for run in recording.runs])

    def kept(self, level: str, mode: Mode) -> Must:
        """Return what must be there (True), what must not (False), and what may (None): it shares a chunk."""
        bound = datetime.now(UTC) - timedelta(hours=KEPT_H[level])
        youngest, first_now = microseconds(bound), microseconds(self.now - timedelta(hours=KEPT_H[level]))
        in_chunks = mode == "timescaledb_community" or (mode == "timescaledb_apache" and level == "raw")
        surely_gone = first_now - (CHUNK_H[level] * 3_600 * MICROSECONDS if in_chunks else 0)
        return lambda time: True if time >= youngest else (False if time < surely_gone else None)


@pytest.fixture
def mode(aged: Aged) -> Mode:
    return in_thread(lambda: mode_of_database(aged.database))


@pytest.fixture
def aged(postgres_url: str, template_database: str) -> Iterator[Aged]:
    database = in_thread(lambda: make_database(postgres_url, LONG))
    found = Aged(database)
    in_thread(lambda: found.write(found.recordings[0]))
    in_thread(lambda: keep_up(database))
    yield found
    in_thread(lambda: drop_database(postgres_url, database))


async def test_a_shorter_setting_removes_exactly_what_is_older(aged: Aged, mode: Mode) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    await assert_kept(aged, mode)


async def test_rollups_outlive_raw_rows_after_another_refresh_a_restart_and_late_samples(
    aged: Aged, mode: Mode
) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    late = aged.record(1, range(3 * 60, 9 * 60, 10))
    aged.recordings.append(late)
    await aged.write(late)
    await keep_up(aged.database)
    await assert_kept(aged, mode)
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    await assert_kept(aged, mode)


LATE_AGES_MIN = [
    # As old as raw rows may be, and much older: a stream can hold what was young enough on its arrival.
    range(23 * 60 + 15, 24 * 60 + 35, 10),
    range(27 * 60 + 5, 40 * 60, 10),
    range(50 * 60 + 5, 60 * 60, 10),
]


@pytest.mark.parametrize("ages_min", LATE_AGES_MIN, ids=["going", "gone", "gone with its minutes"])
async def test_a_late_sample_of_a_minute_whose_raw_rows_went_changes_no_rollup(
    ages_min: range, aged: Aged, mode: Mode
) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    await aged.write(aged.record(1, ages_min))
    await assert_kept(aged, mode, older_than_h=26)
    for _ in range(2):
        await keep_up(aged.database)
        await assert_kept(aged, mode, older_than_h=26)


async def test_raising_the_setting_again_brings_no_refresh_over_what_is_gone(aged: Aged, mode: Mode) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    await provision(aged.database, LONG)
    late = aged.record(1, range(3 * 60, 4 * 60, 10))
    aged.recordings.append(late)
    await aged.write(late)
    await keep_up(aged.database)
    await assert_kept(aged, mode)


async def test_a_level_that_is_kept_for_longer_again_is_not_asked_for_what_had_gone(aged: Aged) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    await provision(aged.database, LONG)
    table, gauges = aged.table, [gauge.name for gauge in DISK[0].gauges]
    span = (aged.now - timedelta(hours=60), aged.now - timedelta(hours=57))
    async with queries(aged.database) as reader:
        answer = await ask(reader, request(DISK[0], gauges, span))
    assert answer.resolution == "5m"
    right = stepped(table, gauges, lambda key: True, (answer.start, answer.end), 300, "avg")
    assert differences(DISK[0], right, answer, "avg") == []
    assert answer.series


ANSWERS: list[tuple[int, int | None, Level]] = [
    # hours back, step asked for, the level that still has all of it
    (20, None, "raw"),
    (20, 130, "raw"),
    (40, 660, "1m"),
    (40, 600, "5m"),
    (70, 1_500, "5m"),
    (90, 7_200, "1h"),
]


async def test_answers_come_from_a_level_that_still_has_everything(aged: Aged) -> None:
    await provision(aged.database, SHORT)
    await keep_up(aged.database)
    table, gauges = aged.table, [gauge.name for gauge in DISK[0].gauges]
    async with queries(aged.database) as reader:
        for hours, step_s, level in ANSWERS:
            span = (aged.now - timedelta(hours=hours, minutes=7), aged.now)
            answer = await ask(reader, request(DISK[0], gauges, span, step_s))
            assert (answer.resolution, answer.step_seconds) == (level, step_s)
            if step_s is None:
                right = stored_rows(table, gauges, lambda key: True, *span)
            else:
                right = stepped(table, gauges, lambda key: True, span, step_s, "avg")
            assert (hours, differences(DISK[0], right, answer, "avg" if step_s else None)) == (hours, [])
        too_fine = request(DISK[0], gauges, (aged.now - timedelta(hours=30), aged.now), 10)
        with pytest.raises(BadParameterError, match="60 s"):
            await ask(reader, too_fine)


async def assert_kept(aged: Aged, mode: Mode, older_than_h: int = 0) -> None:
    """Assert that each level has what it must have, each row right; perhaps only of rollups and what is that old."""
    youngest = microseconds(aged.now - timedelta(hours=older_than_h))
    connection = await asyncpg.connect(aged.database.read_url)
    try:
        for level in ROLLUPS:
            rows = await rollup_rows(connection, aged.table, level)
            found = {place: row for place, row in rows.items() if place[-1] < youngest}
            must = older(aged.kept(level, mode), youngest)
            assert (level, wrong_places(found, aged.table, level, must)[:3]) == (level, [])
            assert (level, wrong_columns(found, aged.table, level)) == (level, [])
        if not older_than_h:
            await assert_raw_kept(connection, aged, mode)
    finally:
        await connection.close()


def older(kept: Must, youngest: int) -> Must:
    """Return the same, without an opinion of what is younger."""
    return lambda time: kept(time) if time < youngest else None


async def assert_raw_kept(connection: asyncpg.Connection, aged: Aged, mode: Mode) -> None:
    rows = await connection.fetch("SELECT host, source, mount, device, time FROM metrics.disk")
    found = sorted((*tuple(row)[:-1], microseconds(row["time"])) for row in rows)
    table, must = aged.table, aged.kept("raw", mode)
    right = sorted(
        (*table.keys[key], time) for key, time in zip(table.series.tolist(), table.time.tolist(), strict=True)
    )
    assert [place for place in right if must(place[-1])] == [place for place in found if must(place[-1])]
    assert not [place for place in found if must(place[-1]) is False]
