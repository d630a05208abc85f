"""The two pools of the database, and what its errors mean to a caller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from services.api.errors import DatabaseAwayError, QueryTimeoutError, UnavailableError
from shared.settings import Secret

CONNECT_S_MAX = 5.0
ACQUIRE_S_MAX = 5.0
RETRY_AFTER_S = 5

_AWAY = (
    OSError,  # a TimeoutError is one
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection ended while a statement began
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


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections, and how long one statement may take."""

    connections_max: int
    statement_s_max: int
    idle_s_max: int = 15
    """Seconds that a transaction may wait for us."""


class Database:
    """One pool; it connects when first asked, so that the API starts while the database is away."""

    def __init__(self, pool: asyncpg.Pool, limits: Limits, acquire_s_max: float = ACQUIRE_S_MAX) -> None:
        self._pool = pool
        self._statement_s_max = limits.statement_s_max
        self._acquire_s_max = acquire_s_max

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a connection; errors of the database become those of the API, all others pass."""
        try:
            async with self._acquired() as connection:
                yield connection
        except asyncpg.QueryCanceledError as error:
            raise QueryTimeoutError(
                f"The query took longer than {self._statement_s_max} s; ask for a shorter range or fewer hosts."
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
    async def _acquired(self) -> AsyncIterator[Connection]:
        # The pool's own time limit starts a task for each request.
        async with asyncio.timeout(self._acquire_s_max):
            connection = await self._pool.acquire()
        try:
            yield connection
        finally:
            await self._pool.release(connection)

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
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            self._pool.terminate()


async def open_database(url: str, password: Secret | None, limits: Limits, *, read_only: bool) -> Database:
    """Return the database behind a url, not yet connected."""
    settings: dict[str, Any] = {
        "application_name": "vitalwire-api",
        "statement_timeout": str(limits.statement_s_max * 1000),
        "idle_in_transaction_session_timeout": str(limits.idle_s_max * 1000),
    }
    if read_only:
        # A plan made for any hosts and any range is worse than planning each time: 16 ms for 7 ms, 30 days of a host.
        # Compiling a query takes longer than every one of ours.
        settings |= {"default_transaction_read_only": "on", "plan_cache_mode": "force_custom_plan", "jit": "off"}
    pool = await asyncpg.create_pool(
        url,
        password=None if password is None else password.reveal(),
        min_size=0,
        max_size=limits.connections_max,
        timeout=CONNECT_S_MAX,
        command_timeout=limits.statement_s_max + 2,
        server_settings=settings,
        # Nothing that reads changes its session, and resetting it would double the time of small queries.
        reset=_leave if read_only else None,
    )
    return Database(pool, limits)


async def _leave(connection: asyncpg.Connection) -> None:
    """Leave a connection as it is when it goes back to its pool."""
