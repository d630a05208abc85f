"""Keeps on the bus what was told, and what could not be: neither holds up telling."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from services.alerting.notifier.metrics import Metrics
from services.alerting.notifier.outbox import GivenUp, Outbox
from services.alerting.telling import Notifier
from shared.alerts.notified import Notified
from shared.runtime.bus import BREAKING
from shared.subjects import ALERTS, NOTIFIED_BUCKET, bucket_subject, dead_subject
from shared.wire.alert import encode_alert, event_subject
from shared.wire.alert_state import encode_notified

log = logging.getLogger(__name__)

BATCH = 100
"""Values that are written at once."""

ANSWER_S_MAX = 5.0
KEEP_EVERY_S = 0.1
AGAIN_S = 1.0
FINISH_S_MAX = 1.0
LETTERS_MAX = 1_000
"""Dead letters that wait to be written; of more only the number is told."""

MARKER_S = 3_600
"""How long the bucket remembers that a value was removed: nobody reads it but a notifier that begins."""

_FAILURES = (*BREAKING, NatsError, JetStreamError, TimeoutError)


class Keeping:
    """Writes what the notifier wants kept, and sets aside what no address has taken.

    `may_tell` is asked before each batch: a process that was frozen, and wakes when another tells, would write what
    was so then over what is so now. That one tells anew what we have not kept.
    """

    def __init__(
        self, bus: Client, notifier: Notifier, outbox: Outbox, metrics: Metrics, may_tell: Callable[[], bool]
    ) -> None:
        self._streams = bus.jetstream(timeout=ANSWER_S_MAX)
        self._notifier = notifier
        self._outbox = outbox
        self._metrics = metrics
        self._may_tell = may_tell
        self._letters: deque[GivenUp] = deque(maxlen=LETTERS_MAX)
        self._wanted = asyncio.Event()

    def look(self, given_up: Sequence[GivenUp]) -> None:
        """Take what was given up, and that there may be something to keep."""
        counts = Counter((each.address.channel, each.address.number, each.reason) for each in given_up)
        for (channel, number, reason), count in counts.items():
            self._metrics.given_up.labels(channel).inc(count)
            log.error(
                "alerts not told", extra={"channel": channel, "url_number": number, "alerts": count, "reason": reason}
            )  # fmt: skip
        self._letters.extend(given_up)
        self._wanted.set()

    async def run(self) -> None:
        """Write until it is cancelled; what fails is written again."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._write()
                await asyncio.sleep(KEEP_EVERY_S)
            except _FAILURES as error:
                self._metrics.unkept.inc()
                log.warning("not kept, tried again", extra={"error": f"{type(error).__name__}: {error}"})
                await asyncio.sleep(AGAIN_S)
                self._wanted.set()

    async def finish(self) -> None:
        """Write once more what there is, in a moment; what fails is told again by another."""
        with contextlib.suppress(*_FAILURES):
            async with asyncio.timeout(FINISH_S_MAX):
                await self._write()

    async def _write(self) -> None:
        unkept = self._notifier.unkept(self._outbox.waiting_keys())
        failures: list[BaseException] = []
        for start in range(0, len(unkept), BATCH):
            if not self._may_tell():
                break
            batch = unkept[start : start + BATCH]
            answers = await asyncio.gather(*(self._keep(key, told) for key, told in batch), return_exceptions=True)
            failures += [answer for answer in answers if answer is not None]
        while self._letters and self._may_tell():
            letter = self._letters.popleft()
            try:
                await self._set_aside(letter)
            except _FAILURES:
                self._letters.appendleft(letter)
                raise
        if failures:
            raise failures[0]

    async def _keep(self, key: str, told: Notified | None) -> None:
        subject = bucket_subject(NOTIFIED_BUCKET, key)
        if told is None:
            await self._streams.publish(subject, b"", headers={"KV-Operation": "DEL"}, msg_ttl=MARKER_S)
        else:
            await self._streams.publish(subject, encode_notified(told))
        self._notifier.kept(key, told)

    async def _set_aside(self, given_up: GivenUp) -> None:
        event, address = given_up.telling.transition, given_up.address
        await self._streams.publish(
            dead_subject(ALERTS),
            encode_alert(event),
            headers={
                # A letter whose answer was lost is not stored twice.
                "Nats-Msg-Id": f"{_printable(address.channel)}:{address.number}:{given_up.telling.what}:{event.id}",
                "Vitalwire-Reason": _printable(f"channel {address.channel}, URL {address.number}: {given_up.reason}"),
                "Vitalwire-Subject": event_subject(event),
                "Vitalwire-Stream": ALERTS,
            },
        )


def _printable(text: str) -> str:
    """Return a text fit for a header."""
    return "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)
