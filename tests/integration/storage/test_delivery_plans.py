"""What the database reads to delete old records of delivery: the old ones, however many young ones there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from services.ingest.storage.delivery import EXCEPTIONS, SESSIONS, delete_old_minutes, delete_old_sessions
from services.ingest.stream_watch import ROWS_MAX, SESSION_KEPT_MAX
from shared.select import Statement
from tests.integration.storage.plans import Plan, plan_of

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
BOUND = NOW - timedelta(days=9)
YOUNG_COUNT, OLD_COUNT, HOSTS_COUNT = 60_000, 40, 20
READ_MAX = OLD_COUNT * OLD_COUNT
"""A newer session of the same host is looked for among the old ones: at worst all of them for each, no young one."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A statement that deletes old records, and the one that enters rows which follow each other by minutes."""

    relation: str
    rows: str
    statement: str
    arguments: Sequence[object]


DELETIONS = {
    "sessions_oldest": Deletion(
        SESSIONS,
        f"""INSERT INTO {SESSIONS}
SELECT 'h' || number % {HOSTS_COUNT}, 's', $1::timestamptz::text || number, $1 + number * interval '10 s', now()
FROM generate_series(1, $2::integer) AS number""",
        delete_old_sessions(),
        (BOUND, ROWS_MAX, NOW - SESSION_KEPT_MAX),
    ),
    "delivery_exceptions_oldest": Deletion(
        EXCEPTIONS,
        f"""INSERT INTO {EXCEPTIONS}
SELECT 'h' || number % {HOSTS_COUNT}, 's', 'refused', $1::timestamptz + number / {HOSTS_COUNT} * interval '1 minute', 1
FROM generate_series(1, $2::integer) AS number""",
        delete_old_minutes(EXCEPTIONS),
        (BOUND, ROWS_MAX),
    ),
}
"""The index that a deletion goes by → the deletion."""


async def deleted(owner: asyncpg.Connection, deletion: Deletion, old_count: int) -> tuple[Plan, int]:
    """Return what was done to delete so many old rows from among many young ones, and how many rows are left."""
    await owner.execute(deletion.rows, BOUND - timedelta(days=1), old_count)
    await owner.execute(deletion.rows, BOUND + timedelta(hours=1), YOUNG_COUNT)
    await owner.execute(f"ANALYZE {deletion.relation}")
    plan = await plan_of(owner, Statement(deletion.statement, list(deletion.arguments)))
    return plan, await owner.fetchval(f"SELECT count(*) FROM {deletion.relation}")


@pytest.mark.parametrize("old_count", [0, OLD_COUNT])
@pytest.mark.parametrize("index", DELETIONS)
async def test_old_records_are_found_by_their_time(owner: asyncpg.Connection, index: str, old_count: int) -> None:
    plan, left = await deleted(owner, DELETIONS[index], old_count)
    # Of sessions the newest old one of each host stays.
    stays = min(old_count, HOSTS_COUNT) if index == "sessions_oldest" else 0
    assert left == YOUNG_COUNT + stays
    assert index in {scan.index for scan in plan.scans}
    assert [scan for scan in plan.scans if scan.kind == "Seq Scan"] == []
    assert sum(scan.rows + scan.removed for scan in plan.scans) <= READ_MAX, plan.scans
