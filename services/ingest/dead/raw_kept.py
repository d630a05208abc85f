"""Asks the database for how long raw rows are kept at present: an older letter would be dropped by ingest."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from services.ingest.errors import ADDRESS_EXPECTED, DATABASE_ERRORS
from services.ingest.settings import DeadLetterSettings

CONNECT_S_MAX = 5.0
_SQL = "SELECT raw_retention_seconds FROM metrics.storage_state"
OR_SAY = "or say with --days-max for how long raw rows are kept"


class UnknownError(Exception):
    """The database does not tell for how long raw rows are kept. The text says what to do."""


async def raw_kept(settings: DeadLetterSettings) -> timedelta | None:
    """Return for how long raw rows are kept now; None without a database; raise UnknownError when it does not tell."""
    if not settings.database_url:
        return None
    try:
        connection = await asyncpg.connect(
            settings.database_url,
            password=settings.database_password.reveal() if settings.database_password else None,
            timeout=CONNECT_S_MAX,
            command_timeout=CONNECT_S_MAX,
            server_settings={"application_name": "vitalwire dead letters"},
        )
        try:
            seconds = await connection.fetchval(_SQL)
        finally:
            await connection.close()
    except (ValueError, asyncpg.ClientConfigurationError):
        # Its text may quote the address, and with it a password.
        raise UnknownError(f"database_url is no address: {ADDRESS_EXPECTED}") from None
    except DATABASE_ERRORS as error:
        raise UnknownError(
            f"the database does not say how long raw rows are kept ({type(error).__name__}: {error}): "
            f"check that it runs, and database_url and database_password, {OR_SAY}"
        ) from error
    if seconds is None:
        raise UnknownError(f"nothing says yet how long raw rows are kept: run provision, {OR_SAY}")
    return timedelta(seconds=seconds)
