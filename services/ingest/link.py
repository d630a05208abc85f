"""A connection to the database that is made anew when it broke, and whose errors say what must happen next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from prometheus_client import Gauge

from services.ingest.errors import RefusedError, TooSlowError, translated
from services.ingest.timestamps import send_as_microseconds

T = TypeVar("T")

LOST_S = 0.5
"""What is told that its connection is gone ends at once; what is not, after so long."""


class Link:
    """Holds one connection, does one thing at a time over it, and makes a new one when it broke."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], is_up: Gauge, work_s_max: float) -> None:
        self._connect = connect
        self._is_up = is_up
        self._work_s_max = work_s_max
        self._connection: asyncpg.Connection | None = None
        self._deadline: asyncio.Timeout | None = None

    async def do(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Return what the work returns; raise WriteError, or what is our bug, where it failed or took too long."""
        connected = False
        try:
            async with asyncio.timeout(self._work_s_max) as self._deadline:
                if self._connection is None or self._connection.is_closed():
                    self.close()  # What is still to be told of the old one must not end what the new one does.
                    self._connection = await self._connect()
                    self._connection.add_termination_listener(self._lost)
                    await send_as_microseconds(self._connection)
                connected = True
                result = await work(self._connection)
        except Exception as error:
            is_lost = self._connection is None or self._connection.is_closed()
            # A database that is away answers no connection either, so the first half of a batch already finds out.
            too_slow = connected and not is_lost and isinstance(error, TimeoutError)
            meaning = TooSlowError if too_slow else translated(error)
            if meaning is not RefusedError:
                self.close()
            self._is_up.set(meaning is RefusedError)
            if meaning is None:
                raise
            raise meaning(f"{type(error).__name__}: {error}") from error
        finally:
            self._deadline = None
        self._is_up.set(1)
        return result

    def close(self) -> None:
        """Let go of the connection at once; an open transaction is rolled back by the server."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def _lost(self, connection: object) -> None:
        """End soon what still waits for a connection that is gone: a COPY amid its rows is not told by asyncpg."""
        deadline = self._deadline
        if connection is self._connection and deadline is not None and not deadline.expired():
            deadline.reschedule(asyncio.get_running_loop().time() + LOST_S)
