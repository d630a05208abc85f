"""What a storage mode must provide; provision, the sink and upkeep know nothing else of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import asyncpg

from services.ingest.storage.keeping import Keeping
from services.ingest.storage.mode import Mode
from services.ingest.storage.retention import Retention
from shared.family import Family
from shared.rollups import RollupLevel


class Storage(Protocol):
    """One mode."""

    mode: Mode
    marks_rollups: bool
    """Whether each batch must mark the minutes it touched, for upkeep to compute their rollups anew."""
    shrinks: bool
    """Whether deleting raw rows makes the database smaller."""
    functions: tuple[str, ...]
    """Functions of the schema by which ingest, who owns nothing, does what only the owner may."""

    def tables(self, families: Sequence[Family], retention: Retention) -> list[str]:
        """Return the statements that make or widen ledger and raw tables; running them again changes nothing."""

    def chunk_widths(
        self, families: Sequence[Family], retention: Retention, sample_sets_per_second: float
    ) -> list[str]:
        """Return the statements that make the chunks to come as wide as the present rate asks for."""

    def rollups(
        self, family: Family, present: Mapping[RollupLevel, Collection[str]], retention: Retention
    ) -> list[str]:
        """Return the statements that make a family's rollups, or add the columns that `present` lacks."""

    async def settle_policies(
        self, connection: asyncpg.Connection, families: Sequence[Family], retention: Retention, raw_kept: timedelta
    ) -> list[str]:
        """Bring the database's own jobs to the retention, in the safe order; return what was changed.

        Raw rows are complete for `raw_kept`, which is shorter than the retention for a while after it was raised.
        """

    async def expire(
        self, connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping
    ) -> dict[str, int]:
        """Delete everything older than it is kept that no job of the database deletes; return counts by relation.

        Where the database computes rollups by itself, they reach less far before raw rows go.
        """

    async def first_to_go(
        self, connection: asyncpg.Connection, families: Sequence[Family], now: datetime
    ) -> datetime | None:
        """Return the instant before which raw rows must go to make room worth the while, None when none may go."""
