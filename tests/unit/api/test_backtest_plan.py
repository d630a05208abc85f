"""What a back-test reads, and how much, as tables: levels of a range, limits, and what the answer says of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, cast

import msgspec
import pytest

from services.api.backtest.answer import answer_of, ledger_part
from services.api.backtest.incidents import Incidents
from services.api.backtest.plan import (
    HOSTS_MAX,
    INCIDENTS_MAX,
    LEVELS,
    ROWS_MAX,
    SLICE_MAX,
    SLICE_MIN,
    Amount,
    Stretch,
    affordable,
    asked_of,
    is_too_coarse,
    kept_of_a_host,
    next_width,
    notes_of,
    parts_of,
    require_few_hosts,
    statement,
    stretches,
    warm_up,
)
from services.api.backtest.queries import Backtests
from services.api.backtest.schemas import BacktestWish
from services.api.database import Database
from services.api.errors import BadParameterError, TooMuchError, UnavailableError
from services.api.metrics.asked import Retention
from services.api.scope import Scope
from shared.families import FAMILIES
from shared.resolution import Level
from tests.unit.shared.alerts.rules import content, rule

NOW = datetime(2026, 11, 21, 9, 0, 30, tzinfo=UTC)
DAY = timedelta(days=1)
RETENTION = Retention({"raw": 7 * DAY, "1m": 30 * DAY, "5m": 90 * DAY, "1h": 365 * DAY})
OLDEST = RETENTION.oldest(FAMILIES["cpu"], NOW)


def read(days: float, finest: Level = "raw") -> str:
    """Return what is read of so many days until now, in words such as `1h -100..-90`, in days."""
    found = stretches(OLDEST, NOW - days * DAY, NOW, finest)
    return ", ".join(f"{each.level} {_days(each.start)}..{_days(each.end)}" for each in found)


def _days(time: datetime) -> str:
    return f"{(time - NOW) / DAY:.3f}".rstrip("0").rstrip(".")


@pytest.mark.parametrize(
    ("days", "finest", "expected"),
    [
        pytest.param(1, "raw", "raw -1..0", id="samples while they are kept"),
        pytest.param(30, "raw", "1m -30..-7, raw -7..0", id="rollups before"),
        pytest.param(100, "raw", "1h -100..-89.999, 5m -89.999..-29.997, 1m -29.997..-7, raw -7..0", id="all levels"),
        pytest.param(400, "raw", "1h -365..-89.999, 5m -89.999..-29.997, 1m -29.997..-7, raw -7..0", id="no further"),
        pytest.param(30, "1m", "1m -30..0", id="no samples where these are too many"),
        pytest.param(30, "1h", "1h -30..0", id="only the coarsest"),
    ],
)
def test_the_finest_level_that_is_kept_is_read(days: float, finest: Level, expected: str) -> None:
    assert [part.split()[0] for part in read(days, finest).split(", ")] == [
        part.split()[0] for part in expected.split(", ")
    ]
    for mine, wanted in zip(read(days, finest).split(", "), expected.split(", "), strict=True):
        for at, near in zip(mine.split()[1].split(".."), wanted.split()[1].split(".."), strict=True):
            assert float(at) == pytest.approx(float(near), abs=0.05)


@pytest.mark.parametrize("days", [0.5, 7, 8, 29, 31, 89, 91, 400])
@pytest.mark.parametrize("finest", ["raw", "1m", "5m", "1h"])
def test_stretches_meet_and_coarser_ones_are_of_whole_buckets(days: float, finest: Level) -> None:
    widths = {"raw": 1, "1m": 60, "5m": 300, "1h": 3_600}
    found = stretches(OLDEST, NOW - days * DAY, NOW, finest)
    assert found[-1].end == NOW
    for before, after in pairwise(found):
        assert before.end == after.start
        assert before.end.timestamp() % widths[before.level] == 0, "a bucket is not read twice, nor a sample left out"
    for each in found:
        assert each.start.timestamp() % widths[each.level] == 0 or each.level == "raw"


def test_what_is_not_kept_is_left_out() -> None:
    assert stretches(OLDEST, NOW - 500 * DAY, NOW - 400 * DAY, "raw") == []
    assert stretches({"raw": NOW - DAY}, NOW - 7 * DAY, NOW, "raw")[0].start == NOW - DAY


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        pytest.param([("raw", Amount(2_600_000, 720))], "raw", id="a host at 1 s for a month"),
        pytest.param([("raw", Amount(3_000_001, 840))], "1m", id="one more"),
        pytest.param([("1m", Amount(60_000_000, 16_560)), ("raw", Amount(2_000_000, 560))], "raw", id="both fit"),
        pytest.param([("1m", Amount(60_000_000, 16_560)), ("raw", Amount(2_100_000, 560))], "1m", id="not together"),
        pytest.param([("raw", Amount(500_000_000, 144_000))], "5m", id="200 hosts for a month"),
        pytest.param([("1h", Amount(10, 10)), ("raw", Amount(9_000_000_000, 2_500_000))], "1h", id="only hours fit"),
    ],
)
def test_what_is_read_is_as_fine_as_can_be_afforded(amounts: list[tuple[Level, Amount]], expected: Level) -> None:
    found = affordable(amounts, skips=False)
    assert found == list(LEVELS[LEVELS.index(expected) :])


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        pytest.param([("raw", Amount(60_000_000, 16_800)), ("1m", Amount(200_000_000, 55_200))], "raw",
                     id="100 hosts at 1 s for a month: 4,320,000 minutes are looked through"),
        pytest.param([("raw", Amount(500_000_000, 170_000))], "5m", id="more minutes than may be looked through"),
    ],
)  # fmt: skip
def test_where_rollups_are_looked_through_samples_can_be_afforded(
    amounts: list[tuple[Level, Amount]], expected: Level
) -> None:
    assert affordable(amounts, skips=True)[0] == expected


def test_too_much_is_refused_with_what_to_do() -> None:
    with pytest.raises(TooMuchError, match="fewer hosts, in host, or for a shorter range") as refused:
        affordable([("1h", Amount(10**12, ROWS_MAX + 1))], skips=False)
    assert refused.value.field == "start"
    require_few_hosts(["a"] * HOSTS_MAX)
    with pytest.raises(TooMuchError, match="at most 200 hosts in a back-test, got 201") as many:
        require_few_hosts(["a"] * (HOSTS_MAX + 1))
    assert many.value.field == "host"


def test_seldom_samples_are_no_more_than_there_are() -> None:
    assert (Amount(60, 1).rows("1m"), Amount(6, 1).rows("1m"), Amount(6, 1).rows("raw")) == (60, 6, 6)


@pytest.mark.parametrize(
    ("changes", "seconds"),
    [
        pytest.param({}, 15, id="a gap"),
        pytest.param({"for_seconds": 60}, 75, id="and a hold"),
        pytest.param({"for_seconds": 60, "overrides": [{"hosts": ["a"], "for_seconds": 90}]}, 105, id="the longest"),
        pytest.param({"kind": "rate", "window_seconds": 600, "for_seconds": 60}, 675, id="and a window"),
    ],
)
def test_what_reaches_into_the_range_is_read_too(changes: dict[str, Any], seconds: float) -> None:
    assert warm_up(rule(**changes), 1).total_seconds() == seconds


@pytest.mark.parametrize(("count", "minutes"), [(0, 20), (4_999, 20), (5_000, 10), (20_000, 10), (20_001, 5)], ids=str)
def test_slices_come_to_hold_about_as_many_rows_as_are_wanted(count: int, minutes: int) -> None:
    assert next_width(timedelta(minutes=10), count, 10_000) == timedelta(minutes=minutes)
    assert next_width(SLICE_MIN, 10**6, 10) == SLICE_MIN
    assert next_width(SLICE_MAX, 0, 10) == SLICE_MAX


def test_a_draft_is_tried_although_it_is_switched_off() -> None:
    asked = asked_of(BacktestWish(content(enabled=False), "-7d", None, ["web-*"]), NOW)
    assert (asked.rule.enabled, asked.hosts, asked.span.start) == (True, ("web-*",), NOW - 7 * DAY)
    assert asked_of(BacktestWish(content()), NOW).hosts == ("*",)


@pytest.mark.parametrize(
    ("wish", "field", "says"),
    [
        ({"rule": {}}, "rule", "rule: Object missing required field `name`"),
        ({"rule": content(name="BAD", column="nothing", warning=95)}, "rule",
         r"rule: name: expected lower case .*; column: expected a gauge of cpu, .*; critical: expected more than"),
        ({"rule": content(name="backtest")}, "rule", "rule: name: 'backtest' is where drafts of rules are tried"),
        ({"rule": content(), "start": "yesterday"}, "start", "start: expected an instant"),
        ({"rule": content(), "start": "-1h", "end": "-2h"}, "start", "start: expected an instant before the end"),
        ({"rule": content(warning=10**400)}, "rule", "^rule: "),
        ({"rule": content(), "host": ["a\0b"]}, "host", "host: expected a name or glob"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_with_every_problem(wish: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(BadParameterError, match=says) as refused:
        asked_of(msgspec.convert(wish, BacktestWish), NOW)
    assert refused.value.field == field


def test_parts_say_what_was_read_and_what_is_not_known() -> None:
    asked = asked_of(BacktestWish(content(), "-400d"), NOW)
    parts = parts_of(asked, stretches(OLDEST, asked.span.start - timedelta(minutes=1), NOW, "raw"), lacks_late=False)
    assert [part.resolution for part in parts] == [None, "1h", "5m", "1m", "raw"]
    assert [part.is_exact for part in parts] == [False, False, False, False, True]
    assert (parts[0].start, parts[-1].end) == (asked.span.start, NOW)
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert [part.resolution for part in parts_of(asked, [], lacks_late=False)] == [None]
    old = asked_of(BacktestWish(content(), "-500d", "-300d"), NOW)
    parts = parts_of(old, stretches(OLDEST, old.span.start, old.span.end, "raw"), lacks_late=False)
    assert [part.resolution for part in parts] == [None, "1h"]


def test_samples_are_not_called_exact_where_rollups_that_lack_late_ones_told_what_must_be_read() -> None:
    asked = asked_of(BacktestWish(content(), "-1d"), NOW)
    read = stretches(OLDEST, asked.span.start, NOW, "raw")
    found = [parts_of(asked, read, lacks_late)[-1] for lacks_late in (False, True)]
    assert [(part.resolution, part.is_exact) for part in found] == [("raw", True), ("raw", False)]
    assert [part.statement.split(":")[0] for part in found] == ["Exact", "Exact but for late samples"]


def test_what_is_read_only_to_warm_up_is_no_part_of_the_range() -> None:
    asked = asked_of(BacktestWish(content(), "-7d"), NOW)
    before = Stretch("1m", asked.span.start - timedelta(minutes=5), asked.span.start)
    parts = parts_of(asked, [before, Stretch("raw", asked.span.start, NOW)], lacks_late=False)
    assert [(part.resolution, part.start, part.end) for part in parts] == [("raw", asked.span.start, NOW)]


@pytest.mark.parametrize(
    ("changes", "level", "says"),
    [
        ({}, "raw", "Exact: each stored sample counts"),
        ({}, "1m", "from rollups of 1 minute: an alert begins in the bucket in which a sample reached the level"),
        ({"for_seconds": 60}, "5m", "rollups of 5 minutes: a hold goes through a bucket only where every sample"),
        ({"overrides": [{"hosts": ["a"], "for_seconds": 60}]}, "1m", "a hold goes through"),
        ({"family": "disk", "column": "used_percent", "aggregate": "max"}, "1m", "extremes of several rows"),
        ({"kind": "deviation", "window_seconds": 3_600}, "1m", "the average of each 1 minute is judged"),
        ({"kind": "deviation", "window_seconds": 3_600}, "1h", "too coarse for a window of 3600 s; none was judged"),
    ],
)
def test_how_each_level_is_judged_is_said(changes: dict[str, Any], level: Level, says: str) -> None:
    assert says in statement(rule(**changes), level)


def test_a_window_needs_ten_buckets() -> None:
    looking = rule("deviation", window_seconds=3_000)
    levels: tuple[Level, ...] = ("raw", "1m", "5m", "1h")
    assert [is_too_coarse(looking, level) for level in levels] == [False, False, False, True]
    assert not is_too_coarse(rule(), "1h")


def test_notes_say_what_else_must_be_known() -> None:
    assert notes_of(rule(), "raw", 0) == []
    notes = notes_of(rule(tags={"role": ["web"]}), "5m", 3)
    assert [note.split(" ")[0] for note in notes] == ["Tags", "Finer", "A"]


def test_incidents_are_listed_within_a_bound_and_of_each_host_some() -> None:
    assert (kept_of_a_host(0), kept_of_a_host(1), kept_of_a_host(7), kept_of_a_host(200)) == (1_000, 1_000, 142, 5)
    assert HOSTS_MAX * kept_of_a_host(HOSTS_MAX) <= INCIDENTS_MAX


def test_an_answer_adds_up_its_hosts() -> None:
    asked = asked_of(BacktestWish(content()), NOW)
    empty = Incidents("a", asked.span, True, (), 5)
    busy = Incidents("b", asked.span, True, (), 5, count=7, critical_count=2, seconds=70.0)
    answer = answer_of(asked, [empty, busy], [], 12, ["x"])
    total = answer.total
    assert (total.hosts, total.hosts_with_incidents, total.incidents, total.critical) == (2, 1, 7, 2)
    assert (total.seconds, total.rows, answer.incidents_left_out, answer.notes) == (70.0, 12, 7, ["x"])
    assert [host.host for host in answer.hosts] == ["a", "b"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [("-30d", [None, "ledger"]), ("-1d", ["ledger"])],
)
def test_the_ledger_reaches_as_far_as_raw_samples(start: str, expected: list[str | None]) -> None:
    asked = asked_of(BacktestWish(content("absence"), start), NOW)
    assert [part.resolution for part in ledger_part(asked, RETENTION.raw_since(NOW))] == expected
    old = asked_of(BacktestWish(content("absence"), "-30d", "-20d"), NOW)
    assert [part.resolution for part in ledger_part(old, RETENTION.raw_since(NOW))] == [None]


def test_raw_samples_that_were_dropped_are_not_known() -> None:
    dropped = Retention({"raw": 7 * DAY}, {"raw": NOW - DAY})
    assert (RETENTION.raw_since(NOW), dropped.raw_since(NOW)) == (NOW - 7 * DAY, NOW - DAY)


class StuckDatabase:
    """A database that never gives a connection."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        self.asked.set()
        await asyncio.Event().wait()
        yield


def no_tags(_: str) -> Mapping[str, str]:
    return {}


async def test_one_back_test_of_a_user_runs_at_a_time_and_few_of_all() -> None:
    database = StuckDatabase()
    backtests = Backtests(cast(Database, database))
    asked = asked_of(BacktestWish(content()), NOW)
    running = []
    for username in ("kim", "lee"):
        running.append(asyncio.create_task(backtests.run(asked, Scope(username), no_tags)))
        await database.asked.wait()
        database.asked.clear()
    for username, says in (("kim", "A back-test of yours runs already"), ("max", "2 back-tests run already")):
        with pytest.raises(UnavailableError, match=says) as refused:
            await backtests.run(asked, Scope(username), no_tags)
        assert refused.value.retry_after_s == 10
    running[0].cancel()
    await asyncio.wait([running[0]])
    again = asyncio.create_task(backtests.run(asked, Scope("kim"), no_tags))
    async with asyncio.timeout(5):
        await database.asked.wait()
    for task in (running[1], again):
        task.cancel()
    await asyncio.gather(running[1], again, return_exceptions=True)
