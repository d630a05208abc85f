"""Asks the API's queries, as the role that may only read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.api.database import open_database
from services.api.metrics.queries import MetricQueries
from tests.integration.conftest import Database


@asynccontextmanager
async def queries(database: Database) -> AsyncIterator[MetricQueries]:
    """Yield the API's queries of one database."""
    opened = await open_database(database.read_url, None, 1, read_only=True)
    try:
        yield MetricQueries(opened)
    finally:
        await opened.close()
