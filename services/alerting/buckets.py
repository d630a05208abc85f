"""Reads buckets: all values at once, or all and then each change for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as BusTimeoutError
from nats.js.api import ConsumerConfig, DeliverPolicy

from services.alerting.following import BrokenError, Following
from shared.runtime.bus import BREAKING
from shared.subjects import bucket_stream, bucket_subject

log = logging.getLogger(__name__)

ALL_S_MAX = 60.0
QUIET_S_MAX = 5.0
"""How long the broker may bring nothing while it still has something to bring."""

WAIT_S = 5.0
RETRY_S = 1.0


class Value(NamedTuple):
    """What stands under a key, and since when by the broker's clock; None where the key was deleted."""

    body: bytes | None
    time: datetime


Values = Mapping[str, Value]


class Bucket:
    """One bucket, as its keys and values."""

    def __init__(self, bus: Client, name: str) -> None:
        self.name = name
        self._bus = bus
        self._prefix = bucket_subject(name, "")

    async def all(self) -> Values:
        """Return every key and its value; raises NatsError or OSError while the bus cannot tell."""
        following = self._following()
        try:
            return await self._all(following)
        finally:
            await following.end()

    async def follow(self, on_all: Callable[[Values], None], on_change: Callable[[str, Value], None]) -> None:
        """Hand over all there is, then each change, for ever; all of it again after whatever broke that."""
        following = self._following()
        try:
            while True:
                try:
                    on_all(await self._all(following))
                    while True:
                        for message in await following.next(WAIT_S):
                            on_change(*self._read(message))
                except BrokenError as error:
                    log.info("bucket is read again", extra={"bucket": self.name, "reason": str(error)[:300]})
                except BREAKING as error:
                    extra = {"bucket": self.name, "error": f"{type(error).__name__}: {error}"}
                    log.warning("bucket cannot be read now", extra=extra)
                await asyncio.sleep(RETRY_S)
        finally:
            await following.end()

    def _following(self) -> Following:
        return Following(self._bus, bucket_stream(self.name), f"{self._prefix}>")

    async def _all(self, following: Following) -> Values:
        await following.begin(ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT))
        found: dict[str, Value] = {}
        async with asyncio.timeout(ALL_S_MAX):
            while following.pending:
                messages = await following.next(QUIET_S_MAX)
                if not messages and following.pending:
                    raise BusTimeoutError
                found.update(self._read(message) for message in messages)
        return found

    def _read(self, message: Msg) -> tuple[str, Value]:
        # A marker of a deleted key has no body; nothing that we keep is empty.
        deleted = not message.data or (message.headers or {}).get("KV-Operation") in ("DEL", "PURGE")
        value = Value(None if deleted else message.data, message.metadata.timestamp)
        return message.subject.removeprefix(self._prefix), value
