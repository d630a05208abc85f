"""Thirty days of one host through a back-test of the shipped rule: exactly what was planted there is found."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast

import asyncpg
import pytest

from services.api.backtest.history_queries import LEARNT_INSTANTS, History
from services.api.backtest.plan import asked_of
from services.api.backtest.queries import Backtests
from services.api.backtest.schemas import Backtest, BacktestWish
from services.api.database import Connection, Limits, open_database
from services.api.metrics.queries import read_retention
from services.api.scope import Scope
from services.ingest.provisioning.schema import Wanted
from services.ingest.storage.retention import Retention
from shared.alerts.rule_encoding import to_mapping
from shared.families import FAMILIES
from shared.resolution import Resolution, whole_steps
from shared.runtime.default_rules import default_rules
from shared.select import Selection, select_newest_instants
from tests.integration.conftest import Database
from tests.integration.storage.plans import chunks_of, plan_of
from tests.integration.storage.product import (
    drop_database,
    in_thread,
    keep_up,
    make_database,
    mode_of_database,
    provision,
)
from tests.planted import DAYS, HOLD_S, LONG, expected, places, plant

T = TypeVar("T")

HOST, INTERVAL_S = "web-1", 5.0
SELDOM, SELDOM_S = "web-2", 600.0
SECONDS_MAX = 20.0
"""Ten times the promise of 2 s."""
ROWS_MAX = 40_000
"""Of half a million samples those around what was planted."""
PAUSE_S_MAX = 0.2
"""Ten times the 20 ms for which live views may stand still."""
BUCKET = timedelta(minutes=1)
ROLLUP = re.compile(r"_(1m|5m|1h)(_kept)?$|rollup_dirty|known")
"""Relations that are no raw table nor a chunk of one."""
(RULE,) = (rule for rule in default_rules() if rule.name == "cpu")


@dataclass(frozen=True)
class Month:
    """A database with thirty days of one host that end now."""

    database: Database
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=DAYS)


@pytest.fixture(scope="module")
def month(postgres_url: str) -> Iterator[Month]:
    """Samples of 5 s, all of which are kept, with their rollups."""
    made = in_thread(lambda: make_database(postgres_url, Wanted(Retention(31, 31, 90, 365))))
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=DAYS, minutes=2)

    async def fill() -> None:
        connection = await asyncpg.connect(made.owner_url)
        try:
            await plant(connection, HOST, start, INTERVAL_S)
            await plant(connection, SELDOM, start, SELDOM_S)
        finally:
            await connection.close()
        await keep_up(made)
        # As autovacuum would leave it: what is planned while a month is written in a minute, nobody has.
        connection = await asyncpg.connect(made.owner_url)
        try:
            await connection.execute("VACUUM ANALYZE", timeout=300)
        finally:
            await connection.close()

    in_thread(fill)
    yield Month(made, start)
    in_thread(lambda: drop_database(postgres_url, made))


@asynccontextmanager
async def backtests(database: Database) -> AsyncIterator[Backtests]:
    opened = await open_database(database.read_url, None, Limits(1, 10), read_only=True)
    try:
        yield Backtests(opened)
    finally:
        await opened.close()


async def tried(month: Month, hosts: list[str]) -> Backtest:
    wish = BacktestWish(to_mapping(RULE), month.start.isoformat(), month.end.isoformat(), hosts)
    async with backtests(month.database) as found:
        return await found.run(asked_of(wish, datetime.now(UTC)), Scope("suite"), lambda _: {})


async def with_longest_pause(work: Awaitable[T]) -> tuple[T, float]:
    """Return what the work returns, and for how long at most nothing else had its turn meanwhile."""
    longest_s = 0.0

    async def tick() -> None:
        nonlocal longest_s
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            longest_s = max(longest_s, time.perf_counter() - before - 0.005)

    ticking = asyncio.create_task(tick())
    try:
        return await work, longest_s
    finally:
        ticking.cancel()


async def test_of_samples_exactly_the_incidents_that_were_planted_are_found(month: Month) -> None:
    began = time.monotonic()
    answer, pause_s = await with_longest_pause(tried(month, [HOST]))
    assert time.monotonic() - began < SECONDS_MAX
    assert pause_s < PAUSE_S_MAX
    wanted = expected(month.start)
    assert [(each.since, timedelta(seconds=each.seconds), each.level) for each in answer.incidents] == wanted
    assert all(each.fired_at - each.since == timedelta(seconds=HOLD_S) for each in answer.incidents)
    has_late = await mode_of_database(month.database) != "timescaledb_community"
    assert {(part.resolution, part.is_exact) for part in answer.parts} == {("raw", has_late)}
    total = answer.total
    assert (total.hosts, total.incidents, total.critical) == (1, 14, sum(level == "critical" for *_, level in wanted))
    assert 0 < total.rows < ROWS_MAX, "most of it is passed over"
    assert (answer.incidents_left_out, answer.notes) == (0, [])


async def test_of_a_host_that_tells_seldom_holds_are_found_too(month: Month) -> None:
    answer = await tried(month, [SELDOM])
    begin = next(begin for begin, planted in places(month.start) if planted is LONG)
    (found,) = [each for each in answer.incidents if each.seconds == LONG.seconds]
    assert timedelta(0) <= found.since - begin < timedelta(seconds=SELDOM_S)
    assert found.fired_at - found.since == timedelta(seconds=SELDOM_S), "its hold of a minute is filled by the next one"


async def test_a_host_that_is_not_named_is_not_looked_at(month: Month) -> None:
    answer = await tried(month, ["db-*"])
    assert (answer.hosts, answer.incidents, answer.total.rows) == ([], [], 0)


class Listening:
    """A connection that writes down what is asked over it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.asked: list[str] = []

    async def fetch(self, text: str, *parameters: object) -> Any:
        self.asked.append(text)
        return await self._connection.fetch(text, *parameters)

    async def fetchval(self, text: str, *parameters: object) -> Any:
        return await self._connection.fetchval(text, *parameters)

    async def fetchrow(self, text: str, *parameters: object) -> Any:
        return await self._connection.fetchrow(text, *parameters)

    def packed(self, level: str) -> int:
        """Return how often rows of a level were read to be judged."""
        return sum("string_agg" in text and f"FROM metrics.cpu{level}\n" in text for text in self.asked)


@asynccontextmanager
async def listening(month: Month) -> AsyncIterator[Listening]:
    connection = await asyncpg.connect(month.database.read_url)
    try:
        yield Listening(connection)
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("changes", "rows_max", "resolutions", "unread"),
    [
        # Everything is above it: half a million samples, 43,000 minutes, 9,000 times five minutes.
        pytest.param({"warning": 15, "critical": 16}, 20_000, {"5m"}, ("", "_1m"), id="two levels coarser"),
        pytest.param({"warning": 15, "critical": 16}, 100_000, {"1m"}, ("", "_5m"), id="one level coarser"),
        # Few samples need be read, though many more than may be are stored.
        pytest.param({}, 40_000, {"raw"}, ("_1m", "_5m"), id="as fine as can be"),
    ],
)
async def test_a_level_of_which_too_much_would_be_read_is_not_begun_with(
    month: Month, changes: dict[str, float], rows_max: int, resolutions: set[str], unread: tuple[str, ...]
) -> None:
    rule = to_mapping(RULE) | changes
    asked = asked_of(BacktestWish(rule, month.start.isoformat(), month.end.isoformat(), [HOST]), datetime.now(UTC))
    async with listening(month) as connection:
        retention = await read_retention(cast(Connection, connection))
        answer = await History(cast(Connection, connection), asked, rows_max).backtest(
            retention, lambda host: host == HOST, Scope("suite")
        )
        assert [connection.packed(level) for level in unread] == [0, 0]
    assert {part.resolution for part in answer.parts} == resolutions
    assert bool(answer.notes) is (resolutions != {"raw"})
    assert 0 < answer.total.rows <= rows_max


async def test_how_often_a_source_tells_is_learnt_from_few_rows(month: Month) -> None:
    if await mode_of_database(month.database) == "timescaledb_community":
        pytest.skip("community: rows in the columnstore are read by the batch")
    start, end = whole_steps(month.start, month.end, 3_600)
    selection = Selection(FAMILIES["cpu"], (), start, end, Resolution("raw", None), names=(HOST,), likes=())
    connection = await asyncpg.connect(month.database.read_url)
    try:
        await connection.execute("SET plan_cache_mode = force_custom_plan; SET jit = off")
        plan = await plan_of(connection, select_newest_instants(selection, LEARNT_INSTANTS))
    finally:
        await connection.close()
    raw = [scan for scan in plan.scans if not ROLLUP.search(scan.relation)]
    assert raw
    assert [scan for scan in raw if scan.index is None or scan.rows + scan.removed > 2 * LEARNT_INSTANTS] == []


async def test_how_often_a_host_tells_is_asked_of_its_newest_day(month: Month) -> None:
    """Of a month, most of which lies in other chunks, no more is read than a day holds."""
    end = month.end.replace(minute=0)
    selection = Selection(FAMILIES["cpu"], (), month.start, end, Resolution("raw", None), names=(HOST,), likes=())
    statement = select_newest_instants(selection, LEARNT_INSTANTS)
    reader = await asyncpg.connect(month.database.read_url)
    try:
        found = await reader.fetch(statement.text, *statement.parameters)
        plan = await plan_of(reader, statement)
        chunks = {} if await mode_of_database(month.database) == "plain" else await chunks_of(reader)
    finally:
        await reader.close()
    assert len(found) == LEARNT_INSTANTS
    of_cpu = {name for name, chunk in chunks.items() if chunk.hypertable == "cpu"}
    raw = [scan for scan in plan.scans if scan.relation == "cpu" or scan.relation in of_cpu]
    day = timedelta(days=1)
    assert not [scan for scan in raw if scan.relation in chunks and chunks[scan.relation].end <= end - 2 * day]
    assert sum(scan.rows + scan.removed for scan in raw) <= day.total_seconds() / INTERVAL_S


async def test_of_rollups_the_same_incidents_are_found_to_a_bucket(month: Month) -> None:
    """The last test here: samples older than a week go."""
    if await mode_of_database(month.database) == "timescaledb_community":
        pytest.skip("community: the oldest days have no rollups yet, as a refresh does not reach back that far")
    await provision(month.database, Wanted())
    await keep_up(month.database)
    answer = await tried(month, [HOST])
    assert [part.resolution for part in answer.parts][-2:] == ["1m", "raw"]
    wanted = expected(month.start)
    assert [each.level for each in answer.incidents] == [level for _, _, level in wanted]
    for incident, (begin, lasted, _) in zip(answer.incidents, wanted, strict=True):
        assert incident.until is not None
        assert timedelta(0) <= incident.since - begin <= BUCKET
        assert abs(incident.until - (begin + lasted)) <= BUCKET
    assert "rollups of 1 minute" in answer.parts[-2].statement
    assert 0 < answer.total.rows < ROWS_MAX
