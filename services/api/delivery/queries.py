"""SQL of delivery over the ledger and what is recorded beside it, read only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from services.api.database import Connection, Database
from services.api.delivery.judge import (
    ENTRIES_MAX,
    Asked,
    Found,
    SessionSpan,
    Turn,
    awaited_since,
    overlapping,
)
from services.api.delivery.schemas import Gap, StreamLoss
from services.api.errors import TooMuchError
from shared.select import Statement
from shared.wire.limits import LIVE_SECONDS_MAX

LATE = timedelta(seconds=LIVE_SECONDS_MAX)
"""What is older when it arrives is not live: a collector sends it to the stream BACKFILL."""
ROWS_MAX = 1_000_000
PROBES_MAX = 5_000
"""Sessions of a range whose numbers are looked for in the whole ledger as well."""
TURNS_MAX = 5_000
NEWEST_COUNT = 60

# A hole belongs to the sample set behind it, so a range neither invents one at its edge nor counts one twice. The
# number before it may lie outside the range, since a clock may have been set back: it is looked for once a session,
# not once a hole, between the session's numbers here, and before its first. What is missing before the first known
# number counts only where nothing can have been deleted. Hosts choose numbers: sums may be large. How old a hole is
# says when the sample set behind it reached the broker, by whose clock what an ingest did not answer comes again.
_SEEN = """WITH kept AS (
    SELECT greatest(now() - interval '1 second' * raw_retention_seconds, raw_dropped_before) AS since
    FROM metrics.storage_state
), bounded AS (
    SELECT source, session, seq, time, received_at FROM metrics.sample_sets
    WHERE host = $1 AND time >= $2 AND time < $3 LIMIT $6
), seen AS MATERIALIZED (
    SELECT source, session, seq, time, received_at - time > $5 AS late, received_at > $9 AS awaited,
        date_bin(make_interval(secs => $4), time, timestamptz '2000-01-03 00:00+00') AS step,
        lag(seq) OVER earlier AS seq_before, lag(time) OVER earlier AS time_before
    FROM bounded WINDOW earlier AS (PARTITION BY source, session ORDER BY seq, time)
), heads AS MATERIALIZED (
    SELECT source, session, seq, time, awaited FROM seen WHERE seq > 1 AND seq_before IS NULL LIMIT $8
), broken AS MATERIALIZED (
    SELECT source, session, min(seq_before) AS seq_first, max(seq) AS seq_last FROM seen
    WHERE seq - seq_before > 1 GROUP BY source, session LIMIT $8
), elsewhere AS MATERIALIZED (
    SELECT broken.source, broken.session, own.seq, own.time FROM broken CROSS JOIN LATERAL (
        SELECT before.seq, before.time FROM metrics.sample_sets AS before
        WHERE before.host = $1 AND before.source = broken.source AND before.session = broken.session
            AND before.seq > broken.seq_first AND before.seq < broken.seq_last AND before.time < $2
        UNION ALL
        SELECT behind.seq, behind.time FROM metrics.sample_sets AS behind
        WHERE behind.host = $1 AND behind.source = broken.source AND behind.session = broken.session
            AND behind.seq > broken.seq_first AND behind.seq < broken.seq_last AND behind.time >= $3
    ) AS own LIMIT $6
), edges AS (
    SELECT source, session, seq, time, awaited, seq_before, time_before,
        lag(seq) OVER earlier AS seq_nearer, lag(time) OVER earlier AS time_nearer
    FROM (
        SELECT source, session, seq, time, awaited, seq_before, time_before FROM seen WHERE seq - seq_before > 1
        UNION ALL SELECT source, session, seq, time, NULL, NULL, NULL FROM elsewhere
    ) AS placed WINDOW earlier AS (PARTITION BY source, session ORDER BY seq, time)
), tails AS MATERIALIZED (
    SELECT next.source, next.session, next.first_time, next.first_received_at, next.previous_session,
        next.previous_seq_last
    FROM metrics.sessions AS next CROSS JOIN kept
    WHERE next.host = $1 AND next.first_time >= $2 AND next.first_time < $3 AND next.first_time >= kept.since
        AND next.previous_session <> next.session AND next.previous_seq_last > 0 LIMIT $8
), holes AS MATERIALIZED (
    SELECT source, session, greatest(seq_before, seq_nearer) AS seq_before, seq - 1 AS seq_last,
        CASE WHEN seq_nearer > seq_before THEN time_nearer ELSE time_before END AS time_before, time AS time_after,
        awaited
    FROM edges WHERE seq - seq_before > 1 AND seq - coalesce(seq_nearer, seq_before) > 1
    UNION ALL
    SELECT heads.source, heads.session, coalesce(earlier.seq, 0) AS seq_before, heads.seq - 1 AS seq_last,
        earlier.time AS time_before, heads.time AS time_after, heads.awaited
    FROM heads CROSS JOIN kept LEFT JOIN LATERAL (
        SELECT own.seq, own.time FROM metrics.sample_sets AS own
        WHERE own.host = $1 AND own.source = heads.source AND own.session = heads.session AND own.seq < heads.seq
        ORDER BY own.seq DESC LIMIT 1
    ) AS earlier ON true
    WHERE heads.seq - coalesce(earlier.seq, 0) > 1
        AND (earlier.seq IS NOT NULL OR heads.time >= kept.since AND EXISTS (
            SELECT FROM metrics.sessions AS own
            WHERE own.host = $1 AND own.source = heads.source AND own.session = heads.session
                AND own.first_time >= kept.since
        ))
    UNION ALL
    SELECT source, session, seq_before, seq_last, time_before, time_after, awaited FROM (
        SELECT DISTINCT ON (next.source, next.previous_session) next.source, next.previous_session AS session,
            coalesce(newest.seq, 0) AS seq_before, next.previous_seq_last AS seq_last,
            newest.time AS time_before, next.first_time AS time_after, next.first_received_at > $9 AS awaited
        FROM tails AS next LEFT JOIN LATERAL (
            SELECT own.seq, own.time FROM metrics.sample_sets AS own
            WHERE own.host = $1 AND own.source = next.source AND own.session = next.previous_session
            ORDER BY own.seq DESC LIMIT 1
        ) AS newest ON true
        WHERE next.previous_seq_last > coalesce(newest.seq, 0)
            AND (newest.seq IS NOT NULL OR NOT EXISTS (
                SELECT FROM metrics.sessions AS own
                WHERE own.host = $1 AND own.source = next.source AND own.session = next.previous_session
            ))
        ORDER BY next.source, next.previous_session, next.previous_seq_last DESC
    ) AS cut_short
)
SELECT (SELECT since FROM kept) AS known_since,
    (SELECT count(*) FROM seen) AS rows_count,
    (SELECT count(*) FROM elsewhere) AS elsewhere_count,
    greatest((SELECT count(*) FROM heads), (SELECT count(*) FROM broken), (SELECT count(*) FROM tails)) AS probes_count,
    ARRAY(SELECT ROW (step, count(*), count(*) FILTER (WHERE late)) FROM seen GROUP BY step) AS steps,
    ARRAY(SELECT ROW (source, count(*), count(*) FILTER (WHERE late))
        FROM seen GROUP BY source ORDER BY count(*) DESC, source LIMIT $7) AS sources,
    ARRAY(SELECT ROW (own.source, own.session, min(own.time), max(own.time), min(own.seq), max(own.seq), count(*),
            count(*) FILTER (WHERE own.late), EXISTS (
                SELECT FROM metrics.sessions AS known WHERE known.host = $1 AND known.source = own.source
                    AND known.session = own.session AND known.previous_session IS NOT NULL))
        FROM seen AS own GROUP BY own.source, own.session
        ORDER BY max(own.time) DESC, own.session LIMIT $7) AS sessions,
    ARRAY(SELECT ROW (step, least(sum(count), 9e18)::bigint,
            least(coalesce(sum(count) FILTER (WHERE awaited), 0), 9e18)::bigint) FROM (
            SELECT date_bin(make_interval(secs => $4), time_after, timestamptz '2000-01-03 00:00+00') AS step,
                seq_last - seq_before AS count, awaited FROM holes
        ) AS binned GROUP BY step) AS missing_by_step,
    ARRAY(SELECT ROW (source, least(sum(seq_last - seq_before), 9e18)::bigint,
            least(coalesce(sum(seq_last - seq_before) FILTER (WHERE awaited), 0), 9e18)::bigint)
        FROM holes GROUP BY source ORDER BY source LIMIT $7) AS missing_by_source,
    ARRAY(SELECT ROW (source, session, least(sum(seq_last - seq_before), 9e18)::bigint)
        FROM holes GROUP BY source, session ORDER BY max(time_after) DESC LIMIT $7) AS missing_by_session,
    ARRAY(SELECT ROW (source, session, seq_before + 1, seq_last, seq_last - seq_before, time_before, time_after,
            awaited)
        FROM holes ORDER BY time_after DESC, seq_last DESC LIMIT $7) AS gaps"""

_EXCEPTIONS = """SELECT source, kind,
    date_bin(make_interval(secs => $4), greatest(minute, $2::timestamptz), timestamptz '2000-01-03 00:00+00') AS step,
    sum(sample_sets)::bigint AS count
FROM metrics.delivery_exceptions
WHERE host = $1 AND minute > $2::timestamptz - interval '1 minute' AND minute < $3
GROUP BY source, kind, step"""

_NEWEST = """SELECT extract(epoch FROM received_at - time)::double precision AS delay_s, received_at
FROM metrics.sample_sets WHERE host = $1 AND time >= $2 AND time < $3 ORDER BY time DESC LIMIT $4"""

_AHEAD = """SELECT minute, offset_seconds FROM metrics.delivery_exceptions
WHERE host = $1 AND kind = 'clock_ahead' AND offset_seconds IS NOT NULL
    AND minute > $2::timestamptz - interval '1 minute' AND minute < $3
ORDER BY minute DESC LIMIT 1"""

_LOSS = """SELECT stream, since, until, sample_sets AS sample_sets_max,
    (sum(sample_sets) OVER ())::bigint AS total
FROM metrics.stream_loss WHERE since < $2 AND until >= $1 AND stream IN ('METRICS', 'BACKFILL')
ORDER BY until DESC, stream LIMIT $3"""

_TURNS = """SELECT session, time, received_at FROM metrics.sample_sets
WHERE host = $1 AND source = $2 AND time >= $3 AND time <= $4 AND received_at - time <= $5
ORDER BY time DESC LIMIT $6"""


def seen(asked: Asked) -> Statement:
    """Return the statement that tells what is in the ledger within a range, and what is missing there."""
    bounds = [ROWS_MAX + 1, ENTRIES_MAX + 1, PROBES_MAX + 1]
    within = [asked.host, asked.span.start, asked.span.end, asked.step_seconds]
    return Statement(_SEEN, [*within, LATE, *bounds, awaited_since(asked.now)])


class DeliveryQueries:
    """Reads delivery of one host."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, asked: Asked) -> Found:
        """Return what the database knows of delivery within a range, all as of one moment.

        Raises TooMuchError beyond ROWS_MAX sample sets or PROBES_MAX sessions.
        """
        span, step_seconds = asked.span, asked.step_seconds
        within = (asked.host, span.start, span.end)
        async with (
            self._database.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            statement = seen(asked)
            row = await connection.fetchrow(statement.text, *statement.parameters)
            assert row is not None
            _refuse_too_much(max(row["rows_count"], row["elsewhere_count"]), row["probes_count"])
            sessions = [SessionSpan(*each) for each in row["sessions"]]
            loss = await connection.fetch(_LOSS, span.start, span.end, ENTRIES_MAX)
            newest = await connection.fetch(_NEWEST, *within, NEWEST_COUNT)
            ahead = await connection.fetchrow(_AHEAD, *within)
            return Found(
                known_since=row["known_since"],
                step_seconds=step_seconds,
                steps=[tuple(each) for each in row["steps"]],
                sources=[tuple(each) for each in row["sources"]],
                sessions=sessions,
                missing_by_step=[tuple(each) for each in row["missing_by_step"]],
                missing_by_source=[tuple(each) for each in row["missing_by_source"]],
                missing_by_session={(each[0], each[1]): each[2] for each in row["missing_by_session"]},
                gaps=[Gap(*each) for each in row["gaps"]],
                exceptions=[tuple(each) for each in await connection.fetch(_EXCEPTIONS, *within, step_seconds)],
                delays_s=[each["delay_s"] for each in newest],
                newest_received_at=max((each["received_at"] for each in newest), default=None),
                ahead=None if ahead is None else (ahead["minute"], ahead["offset_seconds"]),
                stream_loss=[_loss(dict(each)) for each in loss],
                stream_loss_max=loss[0]["total"] if loss else 0,
                turns=await _turns(connection, asked.host, sessions),
            )


def _refuse_too_much(rows_count: int, probes_count: int) -> None:
    if rows_count > ROWS_MAX:
        found = f"{ROWS_MAX:,} sample sets"
    elif probes_count > PROBES_MAX:
        found = f"{PROBES_MAX:,} sessions"
    else:
        return
    raise TooMuchError(f"The range has more than {found} of this host; ask for a shorter one.", field="start")


async def _turns(connection: Connection, host: str, sessions: list[SessionSpan]) -> dict[str, list[Turn]]:
    """Return the newest live sample sets of sources whose sessions overlap: nothing else can have taken turns."""
    turns = {}
    for source, (first, last) in overlapping(sessions).items():
        rows = await connection.fetch(_TURNS, host, source, first, last, LATE, TURNS_MAX)
        turns[source] = [Turn(*row) for row in rows]
    return turns


def _loss(row: Mapping[str, Any]) -> StreamLoss:
    return msgspec.convert({name: value for name, value in row.items() if name != "total"}, StreamLoss)
