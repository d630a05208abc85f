"""SQL of how history is stored: what provision recorded, and what ingest last found."""

from __future__ import annotations

from services.api.database import Database
from services.api.health.schemas import StorageState
from shared.wire.encode import round_real

_STORAGE_SQL = """SELECT mode, size_bytes, size_bytes_max, free_percent,
    coalesce(raw_retention_seconds, 86400 * raw_retention_days::bigint) AS raw_retention_seconds, raw_retention_days,
    rollup_1m_retention_days, rollup_5m_retention_days, rollup_1h_retention_days,
    coalesce(paused, false) AS paused, reason
FROM metrics.schema_state LEFT JOIN metrics.storage_state ON true"""


class HealthQueries:
    """Reads what the database says of itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def storage(self) -> StorageState | None:
        """Return how history is stored; None before the first provision."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_STORAGE_SQL)
        if row is None:
            return None
        found = dict(row)
        if found["free_percent"] is not None:
            found["free_percent"] = round_real(found["free_percent"])
        return StorageState(**found)
