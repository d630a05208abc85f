"""The right of one process among several to act: taken, renewed, and given up at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from nats.aio.client import Client

from services.alerting.fenced import Fence, FencedError, FencedStream
from shared.runtime.bus import BREAKING
from shared.subjects import LEASES_BUCKET, bucket_stream, bucket_subject, standby_key

log = logging.getLogger(__name__)

RENEW_S = 2.0
HELD_S_MAX = 8.0
"""Whoever has not renewed for so long acts no more: the broker forgets the lease 2 s later, and another may take it."""

SAID_S_MAX = 0.5
_GIVEN_UP = {"KV-Operation": "DEL"}


class Lease:
    """One key of the bucket of leases, which the broker forgets 10 s after it was written last.

    Call `turn` every RENEW_S. Only the holder knows the number of what it wrote last, and the broker takes a renewal
    only behind that, so two can never both have renewed. A process that was stopped meanwhile finds its time over by
    the clock, which must not stop with it: `time.monotonic`. Who finds it held by another says so under a key beside
    it: nothing goes by that, but who looks after alerting is told that another would take over.
    """

    def __init__(self, leases: Fence, key: str, holder: str, clock: Callable[[], float]) -> None:
        self._leases = leases
        self._key = key
        self._subject = bucket_subject(LEASES_BUCKET, key)
        self._standby_subject = bucket_subject(LEASES_BUCKET, standby_key(key))
        self._holder = holder.encode()
        self._clock = clock
        self._sequence: int | None = None
        self._renewed_at: float | None = None
        self._was_held = False

    @property
    def is_held(self) -> bool:
        """Return whether this process may act now."""
        return self._renewed_at is not None and self._clock() - self._renewed_at < HELD_S_MAX

    async def turn(self) -> bool:
        """Take the lease where it is free, renew it where it is ours; return whether it is held."""
        try:
            await self._turn_or_look()
        except FencedError:
            self._sequence = None
        except BREAKING as error:
            log.warning("lease not renewed", extra={"lease": self._key, "error": f"{type(error).__name__}: {error}"})
        self._tell()
        return self.is_held

    async def give_up(self) -> None:
        """Let another take it at once; what fails here, the broker's age of ten seconds does."""
        if self._sequence is not None and self.is_held:
            await self._say(self._subject, b"", self._sequence, _GIVEN_UP)
        self._sequence = self._renewed_at = None
        self._tell()

    async def _turn_or_look(self) -> None:
        try:
            await self._turn()
        except FencedError:
            # Another was faster; or the answer to our own renewal was lost: what stands there tells.
            self._sequence = self._renewed_at = None
            await self._turn()

    async def _turn(self) -> None:
        asked_at = self._clock()
        expected = self._sequence
        if expected is None:
            last = await self._leases.last(self._subject)
            if last is not None and last.body and last.body != self._holder:
                await self._say(self._standby_subject, self._holder, None)
                return
            expected = 0 if last is None else last.sequence
        self._sequence = (await self._leases.publish(self._subject, self._holder, expected)).sequence
        # By when it was asked: the broker's ten seconds begin no sooner.
        self._renewed_at = asked_at

    async def _say(
        self, subject: str, body: bytes, expected: int | None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Say what does no harm where it is not heard."""
        with contextlib.suppress(FencedError, *BREAKING, TimeoutError):
            async with asyncio.timeout(SAID_S_MAX):
                await self._leases.publish(subject, body, expected, headers)

    def _tell(self) -> None:
        if self.is_held is not self._was_held:
            self._was_held = self.is_held
            log.info("lease taken" if self._was_held else "lease not held any more", extra={"lease": self._key})


def lease_on(bus: Client, key: str, holder: str, clock: Callable[[], float]) -> Lease:
    """Return the lease of a key on the bus; `holder` is a name that no other process has."""
    return Lease(FencedStream(bus, bucket_stream(LEASES_BUCKET)), key, holder, clock)
