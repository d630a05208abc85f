"""Delivery over real ledgers: what stands in the tables, and what is said of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from services.api.database import Limits, open_database
from services.api.delivery import queries
from services.api.delivery.judge import Asked, Found, delivery_of, step_seconds_of
from services.api.delivery.queries import DeliveryQueries
from services.api.delivery.schemas import Delivery
from services.api.errors import TooMuchError
from services.api.metrics.times import Range
from tests.integration.conftest import Database, DatabaseConnect
from tests.integration.storage.plans import plan_of

HOST = "web-1"
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
HOUR = Range(START, START + timedelta(hours=1))

_LEDGER = """INSERT INTO metrics.sample_sets
SELECT time, $2, 'system', $1, seq, time + make_interval(secs => $5), 1 FROM (
    SELECT seq, $3::timestamptz + make_interval(secs => seq - $4) AS time
    FROM generate_series($4::integer, $6::integer) AS seq
) AS sent"""
_SESSION = """INSERT INTO metrics.sessions SELECT $1, 'system', $2, $3, $3, $4, $5"""


@pytest_asyncio.fixture
async def owner(database: Database, database_connect: DatabaseConnect) -> AsyncIterator[asyncpg.Connection]:
    yield await database_connect(database.owner_url)


@pytest_asyncio.fixture
async def reading(database: Database) -> AsyncIterator[DeliveryQueries]:
    """The queries, as the API's role."""
    read = await open_database(database.read_url, None, Limits(2, 10), read_only=True)
    yield DeliveryQueries(read)
    await read.close()


PART = re.compile(r"(?P<session>[a-z])(?P<first>\d+)-(?P<last>\d+)@(?P<at>-?\d+)(?:\+(?P<delay>-?\d+))?")
SESSION = re.compile(r"(?P<session>[a-z]):(?P<at>-?\d+)(?:<(?P<previous>[a-z])(?P<last>\d+))?")


async def store(owner: asyncpg.Connection, ledger: str, sessions: str) -> None:
    """Store sample sets, one a second: `a3-9@60+5` are 3 to 9 of session a from second 60 on, 5 s under way.

    Sessions: `b:100<a60` was first seen at second 100 and says that a gave out numbers up to 60.
    """
    for part in ledger.split():
        found = PART.fullmatch(part)
        assert found is not None, part
        at = START + timedelta(seconds=int(found["at"]))
        first, last, delay = int(found["first"]), int(found["last"]), float(found["delay"] or 0)
        await owner.execute(_LEDGER, found["session"], HOST, at, first, delay, last)
    for part in sessions.split():
        told = SESSION.fullmatch(part)
        assert told is not None, part
        at = START + timedelta(seconds=int(told["at"]))
        seq_last = None if told["last"] is None else int(told["last"])
        await owner.execute(_SESSION, HOST, told["session"], at, told["previous"], seq_last)


def asked(span: Range = HOUR, host: str = HOST, now: datetime | None = None) -> Asked:
    return Asked(host, span, step_seconds_of(span), now or datetime.now(UTC))


async def answer(reading: DeliveryQueries, span: Range = HOUR, now: datetime | None = None) -> Delivery:
    return delivery_of(HOST, span, await reading.read(asked(span, now=now)), [])


@pytest.mark.parametrize(
    ("ledger", "sessions", "received", "late", "gaps"),
    [
        pytest.param("a1-100@0", "a:0", 100, 0, "", id="all of it"),
        pytest.param("a1-40@0 a61-100@60", "a:0", 80, 0, "a41-60", id="a hole"),
        pytest.param("a1-40@0 a42-42@41 a44-50@43", "a:0", 48, 0, "a43-43 a41-41", id="two holes, the newest first"),
        pytest.param("a6-50@5", "a:5", 45, 0, "a1-5", id="a lost head"),
        pytest.param("a1-50@-25", "a:-25", 25, 0, "", id="a session that began before the range"),
        pytest.param("a1-20@-60 a41-50@-20 a61-70@0", "a:-60", 10, 0, "a51-60", id="a hole at the edge, once"),
        pytest.param("a51-60@0", "", 10, 0, "", id="of an earlier release: its beginning is not known"),
        pytest.param("a1-50@0 b1-10@100", "a:0 b:100<a60", 60, 0, "a51-60", id="a lost tail"),
        pytest.param("a1-60@0 b1-10@100", "a:0 b:100<a60", 70, 0, "", id="no lost tail"),
        pytest.param("a1-50@0 a51-60@50+300 b1-10@100", "a:0 b:100<a60", 70, 10, "", id="a restart drained the tail"),
        pytest.param("b1-10@100", "b:100<a60", 10, 0, "a1-60", id="a whole session lost"),
        pytest.param("b1-10@100", "a:-900 b:100<a60", 10, 0, "", id="a session whose rows are kept no longer"),
        pytest.param("a1-50@0 b1-10@100 c1-5@200", "a:0 b:100 c:200<a60", 65, 0, "a51-60", id="named late"),
        pytest.param("a1-60@0 a61-120@60+61", "a:0", 120, 60, "", id="late from 60 s on"),
        pytest.param("a1-60@0 a61-120@60+60", "a:0", 120, 0, "", id="not late at 60 s"),
        pytest.param("a1-60@0 a1-1@5", "a:0", 61, 0, "", id="one number at two times"),
        pytest.param("a1-30@0 a31-60@-3600 a61-90@30", "a:0", 60, 0, "", id="a clock that was set back for a while"),
        pytest.param("a1-30@0 a36-40@-3600 a61-90@30", "a:0", 60, 0, "a41-60", id="a hole filled in part before"),
        pytest.param("a1-30@0 a31-35@4000 a61-90@30", "a:0", 60, 0, "a36-60", id="and behind the range"),
        pytest.param("a3-9@0 a1-1@-3600 a12-20@9", "a:-3600", 16, 0, "a10-11 a2-2", id="before the first, and a hole"),
        pytest.param("", "a:0", 0, 0, "", id="nothing"),
    ],
)  # fmt: skip
async def test_what_is_missing(
    owner: asyncpg.Connection, reading: DeliveryQueries, ledger: str, sessions: str, received: int, late: int,
    gaps: str,
) -> None:  # fmt: skip
    await store(owner, ledger, sessions)
    found = await answer(reading)
    named = [f"{gap.session}{gap.seq_first}-{gap.seq_last}" for gap in found.gaps]
    assert (found.total.received, found.total.late, " ".join(named)) == (received, late, gaps)
    assert found.total.missing == sum(gap.count for gap in found.gaps) == sum(found.timeline.missing)
    assert found.total.missing == sum(source.missing for source in found.sources)
    assert not found.duplicate


@pytest.mark.parametrize(
    ("ledger", "sessions", "age_s", "awaited"),
    [
        pytest.param("a1-40@0 a61-100@60", "a:0", 59, "a41-60", id="a hole: behind it something came 59 s ago"),
        pytest.param("a1-40@0 a61-100@60", "a:0", 60, "", id="a hole after the minute is lost"),
        pytest.param("a1-40@0 a61-100@60+5", "a:0", 64, "a41-60", id="by the clock of the broker, not the host's"),
        pytest.param("a1-40@0 a61-100@60+-120", "a:0", 0, "", id="nor does a clock that is ahead keep one awaited"),
        pytest.param("a1-40@0 a61-100@60+3600", "a:0", 3_659, "a41-60", id="amid a spool that drains"),
        pytest.param("a1-9@0 a11-40@10 a61-99@60", "a:0", 59, "a41-60", id="of two holes the young one"),
        pytest.param("a61-100@60", "a:60", 59, "a1-60", id="the head of a session"),
        pytest.param("a1-50@0 b1-10@60", "a:0 b:60<a55", 59, "a51-55", id="the tail of the session before"),
        pytest.param("a1-50@0 b1-10@60", "a:0 b:60<a55", 60, "", id="a tail after the minute"),
        pytest.param("a1-100@0", "a:0", 59, "", id="nothing is missing"),
    ],
)  # fmt: skip
async def test_what_ingest_may_have_in_hand_is_awaited_for_a_minute(
    owner: asyncpg.Connection, reading: DeliveryQueries, ledger: str, sessions: str, age_s: int, awaited: str
) -> None:
    """The sample set behind the hole arrived at second 60, unless the ledger says otherwise."""
    await store(owner, ledger, sessions)
    found = await answer(reading, now=START + timedelta(seconds=60 + age_s))
    named = [f"{gap.session}{gap.seq_first}-{gap.seq_last}" for gap in found.gaps if gap.awaited]
    assert " ".join(named) == awaited
    assert found.total.awaited == sum(gap.count for gap in found.gaps if gap.awaited)
    assert found.total.awaited == sum(found.timeline.awaited) == sum(source.awaited for source in found.sources)
    assert found.total.missing == sum(gap.count for gap in found.gaps)


async def test_every_hole_belongs_to_one_range(owner: asyncpg.Connection, reading: DeliveryQueries) -> None:
    await store(owner, "a2-400@1 a411-1000@410 a1201-3000@1200 b5-100@3100", "a:1 b:3100<a3050")
    whole = await answer(reading)
    parts = [
        await answer(reading, Range(START + timedelta(minutes=at), START + timedelta(minutes=at + 7)))
        for at in range(0, 60, 7)
    ]
    assert whole.total.missing == 1 + 10 + 200 + 50 + 4
    assert sum(part.total.missing for part in parts) == whole.total.missing
    assert sum(part.total.received for part in parts) == whole.total.received


async def test_a_gap_says_when(owner: asyncpg.Connection, reading: DeliveryQueries) -> None:
    await store(owner, "a1-40@0 a61-100@60", "a:0")
    [gap] = (await answer(reading)).gaps
    assert (gap.time_before, gap.time_after, gap.count) == (
        START + timedelta(seconds=39), START + timedelta(seconds=60), 20,
    )  # fmt: skip
    timeline = (await answer(reading)).timeline
    assert {time for time, missing in zip(timeline.time, timeline.missing, strict=True) if missing} == {
        START + timedelta(seconds=60)
    }


async def test_what_was_deleted_is_not_missing(owner: asyncpg.Connection, reading: DeliveryQueries) -> None:
    old = datetime.now(UTC) - timedelta(days=8)
    await owner.execute(_LEDGER, "a", HOST, old, 500, 0.0, 600)
    await owner.execute(_SESSION, HOST, "a", old, "b", 90)
    found = await answer(reading, Range(old - timedelta(hours=1), old + timedelta(hours=1)))
    assert (found.total.received, found.total.missing) == (101, 0)
    assert found.known_since > old


async def test_rare_events_are_counted_by_source_and_step(owner: asyncpg.Connection, reading: DeliveryQueries) -> None:
    await store(owner, "a1-10@0", "a:0")
    await owner.execute(
        "INSERT INTO metrics.delivery_exceptions"
        " SELECT $1, source, kind, $2::timestamptz + age * interval '1 min', count"
        " FROM (VALUES ('system', 'doubled', 3, 5), ('system', 'doubled', 4, 1), ('other', 'too_old', 3, 7),"
        " ('system', 'refused', -1, 9), ('system', 'refused', 60, 9), ('system', 'clock_ahead', 0, 2))"
        " AS known (source, kind, age, count)",
        HOST,
        START,
    )
    found = await answer(reading)
    assert (found.total.doubled, found.total.too_old, found.total.refused, found.total.clock_ahead) == (6, 7, 0, 2)
    assert [(source.source, source.doubled, source.too_old) for source in found.sources] == [
        ("other", 0, 7), ("system", 6, 0),
    ]  # fmt: skip
    assert sum(found.timeline.doubled) == 6


@pytest.mark.parametrize(
    ("ledger", "offset_seconds"),
    [
        pytest.param("a1-60@0", 0.0, id="right"),
        pytest.param("a1-60@0+-120", 120.0, id="two minutes ahead"),
        pytest.param("a1-60@0+90", -90.0, id="behind"),
        pytest.param("a1-60@0+2 b1-60@60", 0.0, id="the quickest counts"),
        pytest.param("a1-4@0", None, id="too few to tell"),
        pytest.param(" ".join(f"a{n}-{n}@{n}+{600 - 9 * n}" for n in range(1, 60)), None, id="a spool that drains"),
    ],
)
async def test_the_offset_of_the_clock(
    owner: asyncpg.Connection, reading: DeliveryQueries, ledger: str, offset_seconds: float | None
) -> None:
    await store(owner, ledger, "a:0 b:60")
    assert (await answer(reading)).clock_offset_seconds == offset_seconds


async def test_a_clock_so_far_ahead_that_all_is_refused_tells_its_offset(
    owner: asyncpg.Connection, reading: DeliveryQueries
) -> None:
    await store(owner, "a1-60@0", "a:0")
    await owner.execute(
        "INSERT INTO metrics.delivery_exceptions VALUES ($1, 'system', 'clock_ahead', $2, 60, 3600.5)",
        HOST,
        START + timedelta(minutes=5),
    )
    assert (await answer(reading)).clock_offset_seconds == 3_600.5


def alternately(seconds: int) -> str:
    return " ".join(f"{'ab'[at % 2]}{at // 2 + 1}-{at // 2 + 1}@{at}" for at in range(seconds))


@pytest.mark.parametrize(
    ("ledger", "duplicate"),
    [
        pytest.param(alternately(20), True, id="two collectors"),
        pytest.param("a1-60@0 b1-60@60 c1-60@120", False, id="restarts"),
        pytest.param("a1-60@0 b1-60@61 a61-70@60+300", False, id="a restart that drains what was left"),
        pytest.param("a1-60@0 b1-60@30+40", False, id="a restart after the clock was set back"),
    ],
)
async def test_a_duplicate_host(
    owner: asyncpg.Connection, reading: DeliveryQueries, ledger: str, duplicate: bool
) -> None:
    await store(owner, ledger, "")
    found = await answer(reading)
    assert found.duplicate is duplicate
    assert [each.sessions for each in found.alternating] == ([["a", "b"]] if duplicate else [])


async def test_losses_of_the_streams_that_overlap(owner: asyncpg.Connection, reading: DeliveryQueries) -> None:
    await owner.execute(
        "INSERT INTO metrics.stream_loss SELECT 'METRICS', $1::timestamptz + until * interval '1 min',"
        " $1::timestamptz + since * interval '1 min', $1::timestamptz + until * interval '1 min', count"
        " FROM (VALUES (-30, -10, 1), (-5, 5, 20), (10, 11, 300), (70, 80, 4000)) AS known (since, until, count)",
        START,
    )
    found = await answer(reading)
    assert [loss.sample_sets_max for loss in found.stream_loss] == [300, 20]
    assert found.stream_loss_max == 320


async def test_numbers_that_only_a_liar_gives_out_are_no_failure(
    owner: asyncpg.Connection, reading: DeliveryQueries
) -> None:
    most = 2**63 - 1
    for seq in (1, most - 1, most):
        await owner.execute(
            "INSERT INTO metrics.sample_sets VALUES ($1, $2, 'system', 'a', $3, $1, 1)",
            START + timedelta(seconds=seq % 1000),
            HOST,
            seq,
        )
    await store(owner, "b1-9@2000", "")
    await owner.execute(_SESSION, HOST, "b", START + timedelta(seconds=1999), "a", most)
    await owner.execute(_SESSION, HOST, "c", START + timedelta(seconds=2001), "x", most)
    found = await answer(reading)
    assert found.total.missing > 9e18


@pytest.mark.alone
async def test_a_range_with_too_many_sample_sets_is_refused(
    owner: asyncpg.Connection, reading: DeliveryQueries
) -> None:
    await owner.execute(
        "INSERT INTO metrics.sample_sets SELECT $1, $2, 'system', 'a', seq, $1, 1"
        " FROM generate_series(1, $3::integer) AS seq",
        START,
        HOST,
        queries.ROWS_MAX + 1,
    )
    with pytest.raises(TooMuchError):
        await reading.read(asked())


async def test_a_hole_costs_no_look_into_the_ledger(owner: asyncpg.Connection) -> None:
    await owner.execute(
        "INSERT INTO metrics.sample_sets SELECT $1::timestamptz + seq * interval '0.3 s', $2, 'system', 'a', seq, $1, 1"
        " FROM generate_series(1, 10000, 2) AS seq",
        START,
        HOST,
    )
    await owner.execute("ANALYZE metrics.sample_sets")
    statement = queries.seen(asked())
    row = await owner.fetchrow(statement.text, *statement.parameters)
    assert row is not None
    assert sum(count for _, count, _ in row["missing_by_step"]) == 4_999
    ledger = [
        scan for scan in (await plan_of(owner, statement)).scans
        if scan.kind != "Custom Scan" and ("sample_sets" in scan.relation or "_hyper_" in scan.relation)
    ]  # fmt: skip
    assert sum(scan.rows + scan.removed for scan in ledger) == 5_000


@pytest.mark.parametrize("seq", [2, 1], ids=["begun before the range", "that name the one before"])
async def test_a_range_with_too_many_sessions_is_refused(
    owner: asyncpg.Connection, reading: DeliveryQueries, seq: int
) -> None:
    count = queries.PROBES_MAX + 1
    await owner.execute(
        "INSERT INTO metrics.sample_sets SELECT $1, $2, 'system', number::text, $4, $1, 1"
        " FROM generate_series(1, $3::integer) AS number",
        START,
        HOST,
        count,
        seq,
    )
    if seq == 1:
        assert (await reading.read(asked())).missing_by_step == []
        await owner.execute(
            "INSERT INTO metrics.sessions SELECT $2, 'system', number::text, $1, $1, 'x', 9"
            " FROM generate_series(1, $3::integer) AS number",
            START,
            HOST,
            count,
        )
    with pytest.raises(TooMuchError, match="sessions"):
        await reading.read(asked())


async def test_nothing_is_known_of_a_host_that_never_spoke(reading: DeliveryQueries) -> None:
    found: Found = await reading.read(asked(host="'; DROP TABLE metrics.sample_sets; --"))
    assert found.is_empty
