"""Long exports: rows from a cursor, a few at a time, and only a few exports at one time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from services.api.database import Database
from services.api.errors import UnavailableError
from services.api.observations import Observations
from shared.select import Statement

ROWS_AT_ONCE = 1_000
RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class ExportLimits:
    """How many exports at one time, how long one may take, and how long its caller may take nothing."""

    at_once_max: int
    seconds_max: float
    stalled_s_max: float


class Exports:
    """Reads without end for those who take it; each holds a connection of a pool of its own."""

    def __init__(self, database: Database, observations: Observations, limits: ExportLimits) -> None:
        self.limits = limits
        self._database = database
        self._running = 0
        observations.exports.set_function(lambda: self._running)

    async def rows(self, statement: Statement) -> AsyncGenerator[list[Any], None]:
        """Yield the rows of a statement in parts; raise UnavailableError where too many exports run already."""
        if self._running >= self.limits.at_once_max:
            raise UnavailableError(
                f"{self.limits.at_once_max} exports run already, and more are not done at one time. Try again later.",
                retry_after_s=RETRY_AFTER_S,
            )
        self._running += 1
        try:
            async with self._database.transaction() as connection:
                cursor = await connection.cursor(statement.text, *statement.parameters)
                while part := await cursor.fetch(ROWS_AT_ONCE):
                    yield part
        finally:
            self._running -= 1
