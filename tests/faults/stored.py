"""What the database holds, asked as a superuser: identities of the ledger, and the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from tests.faults.catalogue import Columns
from tests.faults.sent import SessionKey


@dataclass(slots=True)
class Stored:
    """Numbers by session, and for each family rows, numbers, and rows beyond the first of one time and labels."""

    sessions: dict[SessionKey, list[int]] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)
    ended: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By host and kind what is recorded of messages that added no rows."""

    @property
    def count(self) -> int:
        return sum(len(seqs) for seqs in self.sessions.values())


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sample sets are meant: of hosts like `hosts`, with a time from `start` on."""

    start: datetime
    hosts: str = "%"


async def read_stored(connection: asyncpg.Connection, catalogue: Mapping[str, Columns], scope: Scope) -> Stored:
    """Return what is stored. Doubles are judged on rows, as the ledger's own key could not show them."""
    found = Stored()
    ledger = (
        "SELECT host, source, session, array_agg(seq) FROM metrics.sample_sets "
        "WHERE time >= $1 AND host LIKE $2 GROUP BY 1, 2, 3"
    )
    for host, source, session, seqs in await connection.fetch(ledger, scope.start, scope.hosts):
        found.sessions[host, source, session] = seqs
    for name, columns in catalogue.items():
        row = await connection.fetchrow(_rows_query(name, columns), scope.start, scope.hosts)
        assert row is not None
        found.rows[name], found.numbers[name], found.doubled[name] = map(int, row)
    found.ended = await read_ended(connection, scope)
    return found


async def read_ended(connection: asyncpg.Connection, scope: Scope) -> Counter[tuple[str, str]]:
    """Return what is recorded by host and kind of minutes from that of the start on."""
    rows = await connection.fetch(
        "SELECT host, kind, sum(sample_sets)::bigint FROM metrics.delivery_exceptions "
        "WHERE minute >= date_trunc('minute', $1::timestamptz) AND host LIKE $2 GROUP BY 1, 2",
        scope.start, scope.hosts,
    )  # fmt: skip
    return Counter({(host, kind): count for host, kind, count in rows})


def _rows_query(family: str, columns: Columns) -> str:
    key = ", ".join(("time", "host", "source", *columns.labels))
    return (
        "SELECT coalesce(sum(copies), 0), coalesce(sum(numbers), 0), coalesce(sum(copies - 1), 0) FROM ("
        f"SELECT count(*) AS copies, sum(num_nonnulls({', '.join(columns.gauges)})) AS numbers "
        f"FROM metrics.{family} WHERE time >= $1 AND host LIKE $2 GROUP BY {key}) AS instants"
    )
