"""What is kept now, as the database records it and by its own clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg

from services.ingest.ceiling import Step
from services.ingest.storage.retention import Retention, whole_hours
from shared.family import Family
from shared.rollups import READS, RollupLevel
from shared.version import PRODUCT_VERSION

NOTHING_DROPPED = datetime(1970, 1, 1, tzinfo=UTC)

_STATE_SQL = """SELECT now() AS now,
    storage.raw_retention_seconds, storage.raw_dropped_before, storage.stepped_at, storage.stepped_size_bytes,
    schema.product_version, schema.raw_retention_days,
    schema.rollup_1m_retention_days, schema.rollup_5m_retention_days, schema.rollup_1h_retention_days,
    schema.alert_events_days
FROM metrics.schema_state AS schema CROSS JOIN metrics.storage_state AS storage"""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept now, by the database's own clock and record."""

    now: datetime
    retention: Retention
    raw_kept: timedelta
    raw_dropped_before: datetime | None
    product_version: str = PRODUCT_VERSION
    """The version that provisioned."""
    last_step: Step | None = None
    """When the ceiling by size shortened raw retention last, while it is shorter than the setting."""

    def raw_bound(self, family: Family) -> datetime:
        """Return the instant before which raw rows of a family go."""
        return self.now - min(self.raw_kept, self.retention.of_family(family))

    @property
    def complete_since(self) -> datetime:
        """The instant since when no raw row was deleted."""
        bound = self.now - self.raw_kept
        return bound if self.raw_dropped_before is None else max(bound, self.raw_dropped_before)

    def computable_since(self, level: RollupLevel) -> datetime:
        """Return the instant since when all rows are there that a rollup is computed from, where upkeep computes it.

        Upkeep records what it is going to delete before it does, so raw rows that are merely old still count.
        """
        finer = READS[level]
        if finer == "raw":
            return self.raw_dropped_before or NOTHING_DROPPED
        return self.now - self.retention.of(finer)

    @property
    def raw_complete(self) -> timedelta:
        """For how long back raw rows are complete, in whole hours so that jobs are not altered all the time."""
        return whole_hours(self.now - self.complete_since)


async def read_keeping(connection: asyncpg.Connection) -> Keeping:
    """Return what provision and the ceiling by size say is kept."""
    row = await connection.fetchrow(_STATE_SQL)
    assert row is not None, "provision writes both records"
    retention = Retention(
        row["raw_retention_days"],
        row["rollup_1m_retention_days"],
        row["rollup_5m_retention_days"],
        row["rollup_1h_retention_days"],
        row["alert_events_days"],
    )
    step = None if row["stepped_at"] is None else Step(row["stepped_at"], row["stepped_size_bytes"])
    raw_kept = timedelta(seconds=row["raw_retention_seconds"])
    return Keeping(row["now"], retention, raw_kept, row["raw_dropped_before"], row["product_version"], step)
