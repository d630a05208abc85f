"""Family → SQL text: tables, COPY columns, SELECTs; it holds names from definitions only, values are parameters."""

from __future__ import annotations

from collections.abc import Sequence

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
        _time_index("sample_sets", LEDGER),
    ]


def ledger_insert() -> str:
    """Return the statement that enters a batch and returns what was new.

    Parameters are seven arrays in the order of LEDGER_COLUMNS. Ordered by key, so that two writers cannot deadlock.
    """
    return f"""INSERT INTO {LEDGER} ({", ".join(LEDGER_COLUMNS)})
SELECT * FROM unnest(
    $1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::bigint[]
) AS entered ({", ".join(LEDGER_COLUMNS)})
ORDER BY host, source, session, seq, time
ON CONFLICT DO NOTHING
RETURNING host, source, session, seq, time"""


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
    statements.append(f"CREATE INDEX IF NOT EXISTS {family.name}_host_time ON {table(family)} (host, time DESC)")
    statements.append(_time_index(family.name, table(family)))
    return statements


def copy_columns(family: Family) -> tuple[str, ...]:
    """Return the columns of a row as COPY writes it: time, host, source, labels, gauges."""
    return KEY_COLUMNS + family.column_names


def delete_before(relation: str) -> str:
    """Return the statement that deletes at most $2 rows older than $1; the caller repeats it until none is left.

    In batches, so that no lock is held for long and a crash loses little work.
    """
    return f"DELETE FROM {relation} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {relation} WHERE time < $1 LIMIT $2))"


def select_rows(family: Family, gauges: Sequence[Column], globs: bool = True) -> str:
    """Return the SELECT of stored rows in [$3, $4), oldest first, for hosts in $1 or LIKE one of $2, at most $5.

    Without globs $2 must be empty, and the rows of each host are found by its index.
    """
    columns = ", ".join(["time", "host", "source", *(column.name for column in (*family.labels, *gauges))])
    return f"SELECT {columns}\n{_from_where(family, globs)}\nORDER BY time, host, source\nLIMIT $5"


def select_steps(family: Family, gauges: Sequence[Column], globs: bool = True) -> str:
    """Return the SELECT of averages per step of $6; otherwise as select_rows.

    Averages are taken in double precision, so that every mode and level adds up alike.
    """
    keys = ["host", "source", *(column.name for column in family.labels)]
    averages = [f"avg({column.name}::float8) AS {column.name}" for column in gauges]
    columns = ", ".join([f"date_bin($6, time, timestamptz '{BUCKET_ORIGIN}') AS time", *keys, *averages])
    ordinals = ", ".join(str(position) for position in range(1, len(keys) + 2))
    return f"SELECT {columns}\n{_from_where(family, globs)}\nGROUP BY {ordinals}\nORDER BY 1, 2, 3\nLIMIT $5"


def _time_index(name: str, relation: str) -> str:
    """Return the index that finds old rows and short ranges of all hosts.

    Rows arrive nearly in order of time, so a small range index serves both.
    """
    return (
        f"CREATE INDEX IF NOT EXISTS {name}_time ON {relation} "
        f"USING brin (time) WITH (pages_per_range = 32, autosummarize = on)"
    )


def _from_where(family: Family, globs: bool) -> str:
    if globs:
        hosts = "(host = ANY ($1::text[]) OR host LIKE ANY ($2::text[]))"
    else:
        # No OR: only then can PostgreSQL go by the index on host and time.
        hosts = "host = ANY ($1::text[]) AND cardinality($2::text[]) = 0"
    return f"FROM {table(family)}\nWHERE {hosts} AND time >= $3 AND time < $4"


def _column_ddl(column: Column) -> str:
    return f"{column.name} {column.sql_type}" if column.optional else f"{column.name} {column.sql_type} NOT NULL"
