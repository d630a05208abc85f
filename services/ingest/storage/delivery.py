"""What is recorded of delivery beside the ledger: sessions, rare events, and what the streams discarded unread."""

from __future__ import annotations

from typing import Literal

from shared.sql import SCHEMA

SESSIONS = f"{SCHEMA}.sessions"
EXCEPTIONS = f"{SCHEMA}.delivery_exceptions"
STREAM_WATCH = f"{SCHEMA}.stream_watch"
STREAM_LOSS = f"{SCHEMA}.stream_loss"
DELIVERY_RELATIONS = (SESSIONS, EXCEPTIONS, STREAM_WATCH, STREAM_LOSS)

ExceptionKind = Literal["doubled", "too_old", "clock_ahead", "refused"]

SESSION_COLUMNS = (
    "host", "source", "session", "first_time", "first_received_at", "previous_session", "previous_seq_last",
)  # fmt: skip
EXCEPTION_COLUMNS = ("host", "source", "kind", "minute", "sample_sets", "offset_seconds")


def delivery_ddl() -> list[str]:
    """Return the statements that make these tables; running them again changes nothing.

    Ordinary tables in every mode: they hold a row for a session, or for a minute in which something was not as usual.
    """
    return [
        f"""CREATE TABLE IF NOT EXISTS {SESSIONS} (
    host text NOT NULL,
    source text NOT NULL,
    session text NOT NULL,
    first_time timestamptz NOT NULL,
    first_received_at timestamptz NOT NULL,
    previous_session text,
    previous_seq_last bigint,
    PRIMARY KEY (host, source, session)
)""",
        f"CREATE INDEX IF NOT EXISTS sessions_first_time ON {SESSIONS} (host, source, first_time)",
        f"CREATE INDEX IF NOT EXISTS sessions_oldest ON {SESSIONS} (first_time)",
        f"""CREATE TABLE IF NOT EXISTS {EXCEPTIONS} (
    host text NOT NULL,
    source text NOT NULL,
    kind text NOT NULL,
    minute timestamptz NOT NULL,
    sample_sets bigint NOT NULL,
    offset_seconds double precision,
    PRIMARY KEY (host, minute, source, kind)
)""",
        f"CREATE INDEX IF NOT EXISTS delivery_exceptions_oldest ON {EXCEPTIONS} (minute)",
        f"""CREATE TABLE IF NOT EXISTS {STREAM_WATCH} (
    stream text PRIMARY KEY,
    created text NOT NULL,
    acked_sequence bigint NOT NULL,
    last_sequence bigint NOT NULL,
    watched_since timestamptz NOT NULL,
    watched_at timestamptz NOT NULL
)""",
        f"""CREATE TABLE IF NOT EXISTS {STREAM_LOSS} (
    stream text NOT NULL,
    minute timestamptz NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    sample_sets bigint NOT NULL,
    PRIMARY KEY (stream, minute)
)""",
    ]


def sessions_insert() -> str:
    """Return the statement that enters sessions: seven arrays in the order of SESSION_COLUMNS.

    A session that is known stays as it is, but learns what came before it. Ordered by key, so that two writers cannot
    deadlock.
    """
    return f"""INSERT INTO {SESSIONS} AS known ({", ".join(SESSION_COLUMNS)})
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::bigint[]
) AS entered ({", ".join(SESSION_COLUMNS)})
ORDER BY host, source, session
ON CONFLICT (host, source, session) DO UPDATE
SET previous_session = excluded.previous_session, previous_seq_last = excluded.previous_seq_last
WHERE known.previous_session IS NULL AND excluded.previous_session IS NOT NULL"""


def exceptions_upsert() -> str:
    """Return the statement that adds to the counts of rare events: six arrays in the order of EXCEPTION_COLUMNS."""
    return f"""INSERT INTO {EXCEPTIONS} AS known ({", ".join(EXCEPTION_COLUMNS)})
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::double precision[]
) AS entered ({", ".join(EXCEPTION_COLUMNS)})
ORDER BY host, minute, source, kind
ON CONFLICT (host, minute, source, kind) DO UPDATE
SET sample_sets = known.sample_sets + excluded.sample_sets,
    offset_seconds = coalesce(excluded.offset_seconds, known.offset_seconds)"""


def delete_old_sessions() -> str:
    """Return the statement that deletes at most $2 sessions that no answer can need, those of before $1.

    The newest of these of each host and source stays, as the next one may name it as the one before; for so long
    as $3 at most.
    """
    return f"""DELETE FROM {SESSIONS} WHERE ctid = ANY (ARRAY(
    SELECT old.ctid FROM {SESSIONS} AS old
    WHERE old.first_time < $3 OR old.first_time < $1 AND EXISTS (
        SELECT FROM {SESSIONS} AS newer
        WHERE newer.host = old.host AND newer.source = old.source
            AND newer.first_time > old.first_time AND newer.first_time < $1
    ) LIMIT $2
))"""


def delete_old_minutes(relation: str) -> str:
    """Return the statement that deletes at most $2 rows of minutes before $1."""
    return f"""DELETE FROM {relation} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {relation} WHERE minute < $1 LIMIT $2
))"""
