"""Messages that wait until what is stored was read: subject and body alone, bounded by what they take in memory."""

from __future__ import annotations

BYTES_MAX = 32 * 1024 * 1024
MESSAGE_BYTES = 256
"""What Python's own objects around a message take, at most."""


class Held:
    """The first messages that came; those for which there is no room are not kept."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._messages: list[tuple[str, bytes]] = []

    def hold(self, subject: str, body: bytes) -> None:
        """Keep a message, while there is room."""
        size = len(subject) + len(body) + MESSAGE_BYTES
        if self._bytes + size <= self._bytes_max:
            self._messages.append((subject, body))
            self._bytes += size

    def take(self) -> list[tuple[str, bytes]]:
        """Return what is held, in the order in which it came, and hold nothing any more."""
        taken, self._messages, self._bytes = self._messages, [], 0
        return taken
