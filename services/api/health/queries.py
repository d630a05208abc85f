"""SQL of the storage mode, as provision recorded it."""

from __future__ import annotations

from services.api.database import Database


class HealthQueries:
    """Reads what the database says of itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def mode(self) -> str | None:
        """Return the storage mode; None before the first provision."""
        async with self._database.connection() as connection:
            mode = await connection.fetchval("SELECT mode FROM metrics.schema_state")
        return None if mode is None else str(mode)
