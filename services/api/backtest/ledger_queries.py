"""A rule of absence on the ledger, read only: the database finds the times in which nothing came."""

from __future__ import annotations

from datetime import datetime, timedelta

from services.api.backtest import plan
from services.api.backtest.answer import answer_of, ledger_part
from services.api.backtest.history_queries import Covers, covered
from services.api.backtest.incidents import Incidents, incidents_of
from services.api.backtest.plan import Asked
from services.api.backtest.schemas import Backtest
from services.api.backtest.silences import Silence, Unspoken
from services.api.database import Connection
from services.api.metrics.asked import Retention
from shared.select import select_hosts
from shared.sql import LEDGER

LEDGER_ROWS_MAX = 10_000_000
"""Rows of the ledger that one back-test looks at; the database does so by itself, and returns little."""
SILENCES_MAX = 500
"""Times of one host in which nothing came, the newest."""
INTERVAL_S = 1.0
"""Where a host has told too little to say how often it does."""

_SILENCES = """WITH arrived AS MATERIALIZED (
    SELECT received_at FROM (
        SELECT received_at FROM metrics.sample_sets
        WHERE host = $1 AND time >= $2::timestamptz - interval '1 hour'
            AND time < $3::timestamptz + interval '5 minutes' LIMIT $5
    ) AS around WHERE received_at < $3::timestamptz
    UNION ALL (
        SELECT received_at FROM metrics.sample_sets
        WHERE host = $1 AND time < $2::timestamptz - interval '1 hour' ORDER BY time DESC LIMIT 1
    )
)
SELECT (SELECT count(*) FROM arrived) AS rows_count, (SELECT max(received_at) FROM arrived) AS last,
    ARRAY(SELECT ROW (before, received_at) FROM (
            SELECT received_at, lag(received_at) OVER (ORDER BY received_at) AS before FROM arrived
        ) AS apart WHERE received_at - before >= $4::interval ORDER BY received_at DESC LIMIT $6) AS silences"""
"""A sample set is at most five minutes ahead of its arrival; what came late is read where its host's clock put it."""

_HEARD = """SELECT EXISTS (
    SELECT FROM metrics.sample_sets AS other
    WHERE other.host <> $1 AND other.received_at >= wanted.since AND other.received_at < wanted.until
        AND other.time >= wanted.since - interval '1 minute' AND other.time < wanted.until + interval '5 minutes'
) AS is_heard
FROM unnest($2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS wanted (since, until, place) ORDER BY place"""

_INTERVAL = """SELECT min(apart_s) FROM (
    SELECT extract(epoch FROM mode() WITHIN GROUP (ORDER BY apart))::double precision AS apart_s FROM (
        SELECT source, time - lag(time) OVER (PARTITION BY source ORDER BY time) AS apart FROM (
            SELECT source, time FROM metrics.sample_sets WHERE host = $1 AND time < $2 ORDER BY time DESC LIMIT 1000
        ) AS newest
    ) AS distances WHERE apart > interval '0' GROUP BY source
) AS by_source"""


class Ledger:
    """A rule of absence on the ledger of sample sets."""

    def __init__(self, connection: Connection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked
        self._end = min(asked.span.end, asked.now)
        self._rows_count = 0

    async def backtest(self, retention: Retention, covers: Covers) -> Backtest:
        """Return what the rule would have told of the hosts that it covers."""
        known_since = retention.raw_since(self._asked.now)
        found = await covered(await self._connection.fetch(select_hosts(LEDGER)), covers)
        hosts = sorted(row["host"] for row in found)
        plan.require_few_hosts(hosts)
        start = max(self._asked.span.start, known_since)
        judged = [await self._walked(host, start, len(hosts)) for host in hosts] if start < self._end else []
        return answer_of(
            self._asked, judged, ledger_part(self._asked, known_since), self._rows_count,
            plan.notes_of(self._asked.rule, "raw", 0),
        )  # fmt: skip

    async def _walked(self, host: str, start: datetime, hosts_count: int) -> Incidents:
        interval_s = await self._connection.fetchval(_INTERVAL, host, self._end) or INTERVAL_S
        incidents = incidents_of(self._asked, host, hosts_count)
        unspoken = Unspoken(self._asked.rule, host, interval_s, incidents)
        silences = await self._silences(host, start, timedelta(seconds=unspoken.grace_s))
        wanted = [unspoken.evidence(silence, self._end) for silence in silences]
        heard = await self._connection.fetch(_HEARD, host, [since for since, _ in wanted], [last for _, last in wanted])
        unspoken.take([each for each, row in zip(silences, heard, strict=True) if row["is_heard"]], self._end)
        return incidents

    async def _silences(self, host: str, start: datetime, grace: timedelta) -> list[Silence]:
        left = LEDGER_ROWS_MAX - self._rows_count
        row = await self._connection.fetchrow(_SILENCES, host, start, self._end, grace, left + 1, SILENCES_MAX)
        assert row is not None
        self._rows_count += row["rows_count"]
        if self._rows_count > LEDGER_ROWS_MAX:
            raise plan.too_much(LEDGER_ROWS_MAX)
        silences = [Silence(*each) for each in reversed(row["silences"])]
        if row["last"] is not None and self._end - row["last"] >= grace:
            silences.append(Silence(row["last"], None))
        return silences
