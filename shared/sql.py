"""Family → SQL text: tables, COPY columns; it holds names from definitions only, values are parameters."""

from __future__ import annotations

from shared.family import Column, Family

SCHEMA = "metrics"
LEDGER = f"{SCHEMA}.sample_sets"
BUCKET_ORIGIN = "2000-01-03 00:00+00"
"""Monday; the origin of TimescaleDB's time_bucket, so that all modes cut time alike."""

LEDGER_COLUMNS = ("time", "host", "source", "session", "seq", "received_at", "stream_sequence")
KEY_COLUMNS = ("time", "host", "source")


def ledger_ddl() -> list[str]:
    """Return the statements that make the ledger; running them again changes nothing."""
    return [
        f"""CREATE TABLE IF NOT EXISTS {LEDGER} (
    time timestamptz NOT NULL,
    host text NOT NULL,
    source text NOT NULL,
    session text NOT NULL,
    seq bigint NOT NULL,
    received_at timestamptz NOT NULL,
    stream_sequence bigint NOT NULL,
    UNIQUE (host, source, session, seq, time)
)""",
        host_index("sample_sets", LEDGER),
        time_index("sample_sets", LEDGER),
    ]


def ledger_insert() -> str:
    """Return the statement that enters a batch and returns how many were new, and where not all were, which.

    Parameters are seven arrays in the order of LEDGER_COLUMNS. Ordered by key, so that two writers cannot deadlock.
    `entered_count` stands in every row; the key in as many rows as are new, NULL in a lone one where all or none are.
    """
    key = "host, source, session, seq, time"
    return f"""WITH entered AS (
    INSERT INTO {LEDGER} ({", ".join(LEDGER_COLUMNS)})
    SELECT * FROM unnest(
        $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bigint[]
    ) AS entered ({", ".join(LEDGER_COLUMNS)})
    ORDER BY {key}
    ON CONFLICT DO NOTHING
    RETURNING {key}
)
SELECT entered_count, {key}
FROM (SELECT count(*) AS entered_count FROM entered) AS counted
LEFT JOIN entered ON entered_count < cardinality($1)"""


def table(family: Family) -> str:
    """Return the qualified name of a family's table of raw rows."""
    return f"{SCHEMA}.{family.name}"


def table_ddl(family: Family) -> list[str]:
    """Return the statements that make a family's table, or add the columns it has not yet; never drop any."""
    columns = ["time timestamptz NOT NULL", "host text NOT NULL", "source text NOT NULL"]
    columns += [_column_ddl(column) for column in family.columns]
    statements = ["CREATE TABLE IF NOT EXISTS {} (\n    {}\n)".format(table(family), ",\n    ".join(columns))]
    statements += [
        f"ALTER TABLE {table(family)} ADD COLUMN IF NOT EXISTS {column.name} {column.sql_type}"
        for column in family.gauges
        if column.optional
    ]
    statements.append(host_index(family.name, table(family)))
    statements.append(time_index(family.name, table(family)))
    return statements


def copy_columns(family: Family) -> tuple[str, ...]:
    """Return the columns of a row as COPY writes it: time, host, source, labels, gauges."""
    return KEY_COLUMNS + family.column_names


def known_hosts(relation: str) -> str:
    """Return the recursive term `known (host)`: the hosts of a relation, each by one look into the hosts' index.

    Its last row is NULL.
    """
    return f"""known (host) AS (
    (SELECT host FROM {relation} ORDER BY host LIMIT 1)
    UNION ALL
    SELECT (SELECT host FROM {relation} WHERE host > known.host ORDER BY host LIMIT 1)
    FROM known WHERE known.host IS NOT NULL
)"""


def delete_before(relation: str) -> str:
    """Return the statement that deletes at most $2 rows older than $1; the caller repeats it until none is left.

    In batches, so that no lock is held for long and a crash loses little work. Host by host: a range index forgets
    no instant that a page ever held, so once freed pages are used again it would find all of them old.
    """
    return f"""WITH RECURSIVE {known_hosts(relation)}
DELETE FROM {relation} WHERE ctid = ANY (ARRAY(
    SELECT old.ctid FROM known CROSS JOIN LATERAL (
        SELECT ctid FROM {relation} AS own WHERE own.host = known.host AND own.time < $1 ORDER BY own.time LIMIT $2
    ) AS old LIMIT $2
))"""


def host_index(name: str, relation: str) -> str:
    """Return the index that finds the rows of one host, and by it the oldest of all hosts."""
    return f"CREATE INDEX IF NOT EXISTS {name}_host_time ON {relation} (host, time DESC)"


def time_index(name: str, relation: str) -> str:
    """Return the index that finds short ranges of all hosts.

    Rows arrive nearly in order of time, so a small range index serves. PostgreSQL 18 can skip through the hosts' index
    instead; earlier versions would read everything.
    """
    return (
        f"CREATE INDEX IF NOT EXISTS {name}_time ON {relation} "
        f"USING brin (time) WITH (pages_per_range = 32, autosummarize = on)"
    )


def _column_ddl(column: Column) -> str:
    return f"{column.name} {column.sql_type}" if column.optional else f"{column.name} {column.sql_type} NOT NULL"
