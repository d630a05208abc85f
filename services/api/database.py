"""The two pools of the database, and what its errors mean to a caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg

from services.api.errors import DatabaseAwayError, QueryTimeoutError, UnavailableError
from shared.settings import Secret

STATEMENT_S_MAX = 10
CONNECT_S_MAX = 5.0
ACQUIRE_S_MAX = 5.0
RETRY_AFTER_S = 5

_AWAY = (
    OSError,  # a TimeoutError is one
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # it starts, stops, or recovers
    asyncpg.InsufficientResourcesError,  # its disk, memory or connections are used up
    asyncpg.TransactionRollbackError,  # a deadlock
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,
)


_NOT_PROVISIONED = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError, asyncpg.InsufficientPrivilegeError)

Connection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


class Database:
    """One pool; it connects when first asked, so that the API starts while the database is away."""

    def __init__(self, pool: asyncpg.Pool, acquire_s_max: float = ACQUIRE_S_MAX) -> None:
        self._pool = pool
        self._acquire_s_max = acquire_s_max

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection; errors of the database become those of the API, all others pass."""
        try:
            async with self._pool.acquire(timeout=self._acquire_s_max) as connection:
                yield connection
        except asyncpg.QueryCanceledError as error:
            raise QueryTimeoutError(
                f"The query took longer than {STATEMENT_S_MAX} s; ask for a shorter range or fewer hosts."
            ) from error
        except _NOT_PROVISIONED as error:
            raise DatabaseAwayError(
                "The database lacks what this release needs; run 'python -m services.ingest.provision'.",
                retry_after_s=RETRY_AFTER_S,
            ) from error
        except _AWAY as error:
            if isinstance(error, TimeoutError) and self._is_busy():
                raise UnavailableError(
                    "All connections to the database are busy. Try again in a few seconds.",
                    retry_after_s=RETRY_AFTER_S,
                ) from error
            raise DatabaseAwayError(
                "The database does not answer; live views go on. Try again in a few seconds.",
                retry_after_s=RETRY_AFTER_S,
            ) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Yield a connection inside a transaction, committed at the end."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    def _is_busy(self) -> bool:
        return self._pool.get_idle_size() == 0 and self._pool.get_size() == self._pool.get_max_size()

    async def close(self) -> None:
        """Close every connection; end those that do not close in time."""
        try:
            async with asyncio.timeout(3):
                await self._pool.close()
        except (TimeoutError, OSError, asyncpg.InterfaceError):
            self._pool.terminate()


async def open_database(url: str, password: Secret | None, connections_max: int, *, read_only: bool) -> Database:
    """Return the database behind a url, not yet connected."""
    settings: dict[str, Any] = {
        "application_name": "vitalwire-api",
        "statement_timeout": str(STATEMENT_S_MAX * 1000),
        "idle_in_transaction_session_timeout": "15000",
    }
    if read_only:
        settings["default_transaction_read_only"] = "on"
    pool = await asyncpg.create_pool(
        url,
        password=None if password is None else password.reveal(),
        min_size=0,
        max_size=connections_max,
        timeout=CONNECT_S_MAX,
        command_timeout=STATEMENT_S_MAX + 2,
        server_settings=settings,
    )
    return Database(pool)
