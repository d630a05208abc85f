"""Connections to the bus that remember what the server refused."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from shared.subjects import inbox_prefix
from tests.servers import NatsServer

BROKERS_HEADER = "Nats-Request-Info"
"""Added by the broker to what comes from another account."""

_REFUSED = re.compile(r'permissions violation for (?:publish|subscription) to "([^"]+)"', re.IGNORECASE)


@dataclass(slots=True)
class Speaker:
    """One bus user's connection, the subjects it was refused, and whether it was cut."""

    client: Client
    refused: list[str] = field(default_factory=list)
    disconnects_count: int = 0
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def publish_each(self, subjects: list[str]) -> set[str]:
        """Publish an empty message on each subject; return those that were refused."""
        for subject in subjects:
            await self.client.publish(subject, b"")
        return await self._refused_of(subjects)

    async def subscribe_each(self, subjects: list[str]) -> set[str]:
        """Subscribe to each subject; return those that were refused."""
        for subject in subjects:
            await self.client.subscribe(subject, cb=_ignore)
        return await self._refused_of(subjects)

    async def _refused_of(self, subjects: list[str]) -> set[str]:
        # The server answers in order: what it refuses, it refuses before the pong. Twice, because the first ping of
        # nats-py overtakes what still waits to be written.
        await self.client.flush()
        await self.client.flush()
        # nats-py hands errors on in lower case.
        return {subject for subject in subjects if subject.lower() in self.refused}


async def speak_as(server: NatsServer, user: str | None, password: str | None = None) -> Speaker:
    """Return a connection of a user that does not come back once it was cut."""
    speaker = Speaker(Client())

    async def on_error(error: Exception) -> None:
        found = _REFUSED.search(str(error))
        if found is not None:
            speaker.refused.append(found[1])

    async def on_disconnected() -> None:
        speaker.disconnects_count += 1

    async def on_closed() -> None:
        speaker.closed.set()

    try:
        await speaker.client.connect(
            server.url,
            user=user,
            password=password or (user and server.passwords[user].reveal()),
            inbox_prefix=inbox_prefix(user or "nobody"),
            error_cb=on_error,
            disconnected_cb=on_disconnected,
            closed_cb=on_closed,
            allow_reconnect=False,
        )
    except Error:
        await speaker.client.close()
        raise
    return speaker


async def _ignore(_: Msg) -> None:
    """Take a message and do nothing: only whether it may be heard is asked."""
