"""How far the database lags behind the hosts that were never away."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from shared.sql import LEDGER

POLL_S = 0.1

_NEW = f"""SELECT own.host, own.time, extract(epoch FROM clock_timestamp() - own.time)::float8 AS lag_s
FROM unnest($1::text[], $2::timestamptz[]) AS seen (host, time)
CROSS JOIN LATERAL (SELECT host, time FROM {LEDGER} AS ledger
    WHERE ledger.host = seen.host AND ledger.time > seen.time ORDER BY ledger.time) AS own"""


class Lag:
    """Notes every sample set of the hosts once, when it is first seen in the ledger by who asks every 0.1 s.

    A lag is the database's clock at that moment less the sample set's own time. It holds the half a second at most over
    which the hosts spread, the way over the bus, the batch and its commit, and the 0.1 s.
    """

    def __init__(self, connection: asyncpg.Connection, hosts: Sequence[str], since: datetime) -> None:
        self._connection = connection
        self._seen = dict.fromkeys(hosts, since)
        self.lags_s: list[float] = []

    async def watch(self) -> None:
        """Look for ever."""
        while True:
            for host, time, lag_s in await self._connection.fetch(_NEW, list(self._seen), list(self._seen.values())):
                self._seen[host] = max(time, self._seen[host])
                self.lags_s.append(lag_s)
            await asyncio.sleep(POLL_S)

    def take(self) -> list[float]:
        """Return the lags since the last time this was asked."""
        taken, self.lags_s = self.lags_s, []
        return taken


def told(lags_s: Sequence[float], when: str) -> dict[str, float]:
    """Return the figures of some lags by name."""
    if len(lags_s) < 2:
        raise SystemExit(f"no sample sets of the other hosts came {when}")
    return {
        f"lag_seconds_p50_{when}": statistics.median(lags_s),
        f"lag_seconds_p95_{when}": statistics.quantiles(lags_s, n=20)[-1],
        f"lag_seconds_max_{when}": max(lags_s),
        f"lag_sample_sets_{when}": len(lags_s),
    }
