"""Rollups without continuous aggregates: kept rows, marks of what must be computed anew, and views that hide both.

A batch marks the minutes it touched in the transaction that writes its rows, so no row is seen without a mark. Batches
share the mark of a minute that is not over: upkeep leaves it until every transaction that began in that minute has
ended. What comes later is marked by each transaction for itself: a mark that upkeep deletes is none it relies on.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from services.ingest.roles import INGEST
from shared.family import Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import (
    READS,
    ROLLUP_LEVELS,
    RollupLevel,
    aggregates,
    bucket_interval,
    column_names,
    keys,
    relation,
)
from shared.sql import BUCKET_ORIGIN, LEDGER, SCHEMA, host_index, time_index

DIRTY = f"{SCHEMA}.rollup_dirty"
FINEST: RollupLevel = "1m"
MARGIN = timedelta(minutes=10)
"""Raw rows this close to their end are no longer computed: their bucket may have lost rows already.

Much less than the least time that raw rows are kept, so that the rest of it can still be computed.
"""
TRANSACTION_S_MAX = 120
"""No transaction of ingest lasts longer: it is given up after 30 s, and the database ends idle ones."""
_ORIGIN = f"timestamptz '{BUCKET_ORIGIN}'"


def dirty_ddl() -> list[str]:
    """Return the statements that make the table of marks; running them again changes nothing."""
    return [
        f"""CREATE TABLE IF NOT EXISTS {DIRTY} (
    bucket_seconds integer NOT NULL,
    time timestamptz NOT NULL,
    host text NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000)""",
        f"CREATE INDEX IF NOT EXISTS rollup_dirty_host_time ON {DIRTY} (host, time)",
        f"CREATE INDEX IF NOT EXISTS rollup_dirty_bucket_time ON {DIRTY} (bucket_seconds, time)",
    ]


def mark_insert() -> str:
    """Return the statement that marks minutes, and returns how many of them are past it.

    Parameters are arrays of times and of hosts, then MARGIN in seconds. Minutes whose raw rows are going, or went, are
    left as they are: computed anew they would lose what went. `now()` is when the transaction began.
    """
    minute = LEVEL_SECONDS[FINEST]
    return f"""WITH touched AS (
    SELECT minute.time, minute.host,
        minute.time < interval '1 second' * $3::integer + coalesce(state.raw_dropped_before, '-infinity') AS is_past
    FROM unnest($1::timestamptz[], $2::text[]) AS minute (time, host), {SCHEMA}.storage_state AS state
), marked AS (
    INSERT INTO {DIRTY} (bucket_seconds, time, host)
    SELECT {minute}, touched.time, touched.host FROM touched
    WHERE NOT touched.is_past AND (touched.time + {bucket_interval(FINEST)} <= now() OR NOT EXISTS (
        SELECT FROM {DIRTY} AS mark
        WHERE mark.host = touched.host AND mark.time = touched.time AND mark.bucket_seconds = {minute}
    ))
)
SELECT count(*) FILTER (WHERE is_past) FROM touched"""


def oldest_transaction() -> str:
    """Return the statement that finds when the oldest transaction that may write began; NULL when none runs.

    No batch that is not committed relies on marks of minutes that were over by then. Of a session that hides when its
    transaction began (track_activities is off, or the role that asks is not ingest's) it is assumed to have lasted as
    long as one can. It trusts that the database's clock is not set back while upkeep computes.
    """
    return f"""SELECT min(CASE
    WHEN backend_type IS NOT NULL AND current_setting('track_activities')::boolean THEN xact_start
    ELSE now() - interval '{TRANSACTION_S_MAX} seconds'
END) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND (backend_type = 'client backend' OR (backend_type IS NULL AND usename = '{INGEST}'))"""


def mark_everything() -> str:
    """Return the statement that marks every minute of which the ledger knows a sample set."""
    return (
        f"INSERT INTO {DIRTY} (bucket_seconds, time, host)\n"
        f"SELECT DISTINCT {LEVEL_SECONDS[FINEST]}, date_bin({bucket_interval(FINEST)}, time, {_ORIGIN}), host\n"
        f"FROM {LEDGER}"
    )


def kept(family: Family, level: RollupLevel) -> str:
    """Return the qualified name of the table that keeps a rollup's computed rows."""
    return f"{relation(family, level)}_kept"


def kept_ddl(family: Family, level: RollupLevel, present: Collection[str]) -> list[str]:
    """Return the statements that make the table behind a rollup and its view; `present` columns it has already."""
    key_columns = ["time timestamptz NOT NULL", "host text NOT NULL", "source text NOT NULL"]
    key_columns += [f"{label.name} {label.sql_type} NOT NULL" for label in family.labels]
    columns = aggregates(family, level)
    body = ",\n    ".join([*key_columns, *(f"{column.name} {column.sql_type}" for column in columns)])
    name = kept(family, level)
    short = name.removeprefix(f"{SCHEMA}.")
    return [
        f"CREATE TABLE IF NOT EXISTS {name} (\n    {body}\n)",
        *(
            f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {column.name} {column.sql_type}"
            for column in columns
            if present and column.name not in present
        ),
        host_index(short, name),
        time_index(short, name),
        f"CREATE OR REPLACE VIEW {relation(family, level)} AS\n{_view(family, level)}",
    ]


def forget_kept(family: Family, level: RollupLevel) -> str:
    """Return the statement that deletes the kept rows of ranges.

    Parameters: arrays of first instants, last ones and hosts; then the first and last instant of them all.
    """
    return (
        f"DELETE FROM {kept(family, level)} AS kept\nUSING {_RANGES}\n"
        "WHERE kept.host = range.host AND kept.time >= range.since AND kept.time < range.until\n"
        "AND kept.time >= $4 AND kept.time < $5"
    )


def compute_kept(family: Family, level: RollupLevel) -> str:
    """Return the statement that computes the rows of ranges from the finer level's own; parameters as forget_kept."""
    finer = READS[level]
    source = relation(family, "raw") if finer == "raw" else kept(family, _rollup(finer))
    columns = ", ".join(f"read.{name}" for name in keys(family))
    expressions = ", ".join(column.expression for column in aggregates(family, level))
    count = 1 + len(keys(family))
    return (
        f"INSERT INTO {kept(family, level)} ({', '.join(column_names(family, level))})\n"
        f"SELECT date_bin({bucket_interval(level)}, read.time, {_ORIGIN}), {columns}, {expressions}\n"
        f"FROM {_RANGES}\nJOIN {source} AS read\n"
        "ON read.host = range.host AND read.time >= range.since AND read.time < range.until\n"
        "WHERE read.time >= $4 AND read.time < $5\n"
        f"GROUP BY {', '.join(str(position) for position in range(1, count + 1))}"
    )


def take_marks() -> str:
    """Return the statement that takes at most $3 marked buckets of $1 seconds that begin before $2, oldest first.

    None begins $4 or more after the oldest: close together they are found by one short range of time.
    """
    return f"""WITH oldest AS (
    SELECT min(time) AS time FROM {DIRTY} WHERE bucket_seconds = $1 AND time < $2
), chosen AS (
    SELECT DISTINCT mark.time, mark.host FROM {DIRTY} AS mark, oldest
    WHERE mark.bucket_seconds = $1 AND mark.time < least($2, oldest.time + $4::interval)
    ORDER BY mark.time, mark.host LIMIT $3
), taken AS (
    DELETE FROM {DIRTY} AS mark USING chosen
    WHERE mark.bucket_seconds = $1 AND mark.time = chosen.time AND mark.host = chosen.host
)
SELECT host, time FROM chosen ORDER BY host, time"""


def mark_coarser() -> str:
    """Return the statement that marks the coarser buckets ($4 wide, $3 seconds) of times $1 of hosts $2, each once."""
    return f"""INSERT INTO {DIRTY} (bucket_seconds, time, host)
SELECT DISTINCT $3::integer, date_bin($4::interval, found.time, {_ORIGIN}), found.host
FROM unnest($1::timestamptz[], $2::text[]) AS found (time, host)
WHERE NOT EXISTS (
    SELECT FROM {DIRTY} AS mark
    WHERE mark.bucket_seconds = $3::integer AND mark.host = found.host
      AND mark.time = date_bin($4::interval, found.time, {_ORIGIN})
)"""


def forget_marks() -> str:
    """Return the statement that deletes the marks of buckets of $1 seconds that begin before $2."""
    return f"DELETE FROM {DIRTY} WHERE bucket_seconds = $1 AND time < $2"


def fold_marks() -> str:
    """Return the statement that leaves one mark of each bucket: which one does not matter, all are committed."""
    return f"""DELETE FROM {DIRTY} AS mark USING (
    SELECT bucket_seconds, time, host, max(ctid) AS newest FROM {DIRTY} GROUP BY 1, 2, 3 HAVING count(*) > 1
) AS many
WHERE mark.bucket_seconds = many.bucket_seconds AND mark.time = many.time AND mark.host = many.host
  AND mark.ctid <> many.newest"""


_RANGES = "unnest($1::timestamptz[], $2::timestamptz[], $3::text[]) AS range (since, until, host)"


def _view(family: Family, level: RollupLevel) -> str:
    """Return the kept rows of clean buckets, and the dirty buckets computed from what is stored below them now."""
    seconds = LEVEL_SECONDS[level]
    names = column_names(family, level)
    clean = (
        f"SELECT {', '.join(f'kept.{name}' for name in names)}\nFROM {kept(family, level)} AS kept\n"
        f"WHERE NOT EXISTS (\n    SELECT FROM {DIRTY} AS mark WHERE mark.bucket_seconds <= {seconds}\n"
        f"      AND mark.host = kept.host AND {_binned('mark.time', level)} = kept.time\n)"
    )
    finer = relation(family, "raw" if level == FINEST else FINEST)
    below = [name for name in keys(family) if name != "host"]
    expressions = [f"{column.expression} AS {column.name}" for column in aggregates(family, level)]
    computed = ", ".join([*below, *expressions])
    dirty = (
        f"SELECT {', '.join(f'dirty.{name}' if name in ('time', 'host') else f'found.{name}' for name in names)}\n"
        f"FROM (\n    SELECT DISTINCT {_binned('mark.time', level)} AS time, mark.host\n"
        f"    FROM {DIRTY} AS mark WHERE mark.bucket_seconds <= {seconds}\n) AS dirty\n"
        f"CROSS JOIN LATERAL (\n    SELECT {computed}\n    FROM {finer} AS read\n"
        f"    WHERE read.host = dirty.host AND read.time >= dirty.time"
        f" AND read.time < dirty.time + {bucket_interval(level)}\n"
        f"    GROUP BY {', '.join(f'read.{name}' for name in below)}\n) AS found"
    )
    return f"{clean}\nUNION ALL\n{dirty}"


def _binned(column: str, level: RollupLevel) -> str:
    # Marks of the finest level are its buckets already; without a function PostgreSQL goes by the index.
    return column if level == FINEST else f"date_bin({bucket_interval(level)}, {column}, {_ORIGIN})"


def _rollup(level: str) -> RollupLevel:
    return next(known for known in ROLLUP_LEVELS if known == level)
