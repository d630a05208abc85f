"""What stays true for some seconds, kept in memory within bounds; whoever asks while it is made waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Cache(Generic[V]):
    """The newest values by key; the oldest go first when there are too many, or too large ones."""

    def __init__(self, clock: Callable[[], float], size: Callable[[V], int], bytes_max: int, entries_max: int) -> None:
        self._clock, self._size = clock, size
        self._bytes_max, self._entries_max = bytes_max, entries_max
        self._kept: dict[Hashable, tuple[float, V]] = {}
        self._making: dict[Hashable, asyncio.Task[V]] = {}
        self.bytes = 0

    async def get(self, key: Hashable, seconds: float, make: Callable[[], Awaitable[V]]) -> tuple[V, bool]:
        """Return a value that is at most so many seconds old, and whether it need not be made for this caller."""
        until, value = self._kept.get(key, (0.0, None))
        if value is not None and self._clock() < until:
            return value, True
        making = self._making.get(key)
        found = making is not None
        if making is None:
            making = self._making[key] = asyncio.ensure_future(self._make(key, seconds, make))
            making.add_done_callback(lambda task: self._made(key, task))
        # A caller that gives up must not take the value from those who wait with it.
        return await asyncio.shield(making), found

    async def _make(self, key: Hashable, seconds: float, make: Callable[[], Awaitable[V]]) -> V:
        # Counted from its beginning: from then on the value can be out of date.
        until = self._clock() + seconds
        value = await make()
        self._drop(key)
        if self._size(value) <= self._bytes_max:
            self._kept[key] = (until, value)
            self.bytes += self._size(value)
        while self.bytes > self._bytes_max or len(self._kept) > self._entries_max:
            self._drop(next(iter(self._kept)))
        return value

    def _drop(self, key: Hashable) -> None:
        if key in self._kept:
            self.bytes -= self._size(self._kept.pop(key)[1])

    def _made(self, key: Hashable, task: asyncio.Task[V]) -> None:
        del self._making[key]
        if not task.cancelled():
            task.exception()  # those who wait have it; without any it would be logged as lost
