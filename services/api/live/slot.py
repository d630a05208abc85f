"""What waits for one client: bounded, and when it is too slow only the newest of each host and family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from services.api.live.wishes import Wish

QUEUED_BYTES_MAX = 1024 * 1024

Frame = str | bytes


class Message(Protocol):
    """What a client gets as one message: a reading, or news of an alert."""

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what a newer message replaces."""

    @property
    def family(self) -> str:
        """Return its type, by which clients choose."""

    @property
    def host(self) -> str:
        """Return the host that it is about."""

    def json(self) -> bytes:
        """Return it as JSON."""

    def msgpack(self) -> bytes:
        """Return it as msgpack."""


@dataclass(slots=True, eq=False)
class Batch:
    """Messages that go out together; a group's clients share one, so each form is encoded once."""

    wish: Wish
    readings: Sequence[Message]
    _frames: list[Frame] | None = field(default=None, repr=False)

    def frames(self) -> list[Frame]:
        """Return the WebSocket frames: one for each message, or one array of all."""
        if self._frames is None:
            self._frames = self._encoded()
        return self._frames

    def size(self) -> int:
        """Return the bytes of all frames."""
        return sum(map(len, self.frames()))

    def _encoded(self) -> list[Frame]:
        packed = self.wish.format == "msgpack"
        bodies = [reading.msgpack() if packed else reading.json() for reading in self.readings]
        if not self.wish.batch:
            return list(bodies) if packed else [body.decode() for body in bodies]
        return [array(bodies, packed)]


def array(bodies: Sequence[bytes], packed: bool) -> Frame:
    """Return encoded messages as one array."""
    if packed:
        return msgspec.msgpack.encode([msgspec.Raw(body) for body in bodies])
    return f"[{b','.join(bodies).decode()}]"


@dataclass(slots=True)
class Slot:
    """The queue of one client.

    When more than QUEUED_BYTES_MAX wait, only the newest reading of each host, source and family, and the newest of
    each alert, is kept, and what it replaced is counted as dropped.
    """

    bytes_max: int = QUEUED_BYTES_MAX
    _queued: list[Batch] = field(default_factory=list)
    _bytes: int = 0
    _newest: dict[tuple[str, str, str], Message] = field(default_factory=dict)
    _dropped: int = 0

    def offer(self, batch: Batch) -> None:
        """Take a batch; never blocks."""
        if not self._newest and self._bytes + batch.size() <= self.bytes_max:
            self._queued.append(batch)
            self._bytes += batch.size()
            return
        for waiting in [*self._queued, batch]:
            for reading in waiting.readings:
                self._dropped += reading.key in self._newest
                self._newest[reading.key] = reading
        self._queued, self._bytes = [], 0

    def miss(self, count: int) -> None:
        """Count what never reached us, so that the client is told."""
        self._dropped += count

    def take(self, wish: Wish) -> tuple[int, list[Batch]]:
        """Return how many messages were dropped, and what is to be sent now; empties the slot."""
        dropped, batches = self._dropped, self._queued
        if self._newest:
            batches = [Batch(wish, list(self._newest.values()))]
        self.clear()
        return dropped, batches

    def clear(self) -> None:
        """Forget everything that waits."""
        self._queued, self._bytes, self._newest, self._dropped = [], 0, {}, 0
