"""Sets messages aside in the stream DEAD: their bytes whole, the reason in the headers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from prometheus_client import Counter

from services.ingest.batch import Message, Refusal, subject_host
from services.ingest.breaker import Breaker
from services.ingest.provenance import Provenance, provenance_of
from shared.budget import Budgets
from shared.subjects import dead_subject

log = logging.getLogger(__name__)

HEADER_BYTES_MAX = 2_048
REASON_CHARACTERS_MAX = 600
SUBJECT_CHARACTERS_MAX = 1_000
"""More than the longest subject of a sample set: it is published on that again."""
BURST_MAX = 60
REFILL_PER_S = 0.2
"""One bad host must not fill the dead letters: it may set aside so many, then a few a minute."""
HOSTS_MAX = 10_000


def parts_of(body: bytes, part_bytes_max: int) -> list[bytes]:
    """Return the body in parts that each fit a message beside the headers; an empty body is one empty part."""
    return [body[start : start + part_bytes_max] for start in range(0, max(1, len(body)), part_bytes_max)]


def headers_of(subject: str, reason: str, provenance: Provenance, part: int, parts_count: int) -> dict[str, str]:
    """Return the headers of one part, at most HEADER_BYTES_MAX bytes in all.

    Non-ASCII and control characters are escaped: a reason quotes what a stranger sent.
    """
    return {
        # A message set aside again after a crash, before it was ended, is dropped by the broker.
        "Nats-Msg-Id": f"{provenance.stream}:{provenance.stream_sequence}:{part}",
        "Vitalwire-Reason": _printable(reason)[:REASON_CHARACTERS_MAX],
        "Vitalwire-Subject": _printable(subject)[:SUBJECT_CHARACTERS_MAX],
        "Vitalwire-Stream": provenance.stream,
        "Vitalwire-Sequence": str(provenance.stream_sequence),
        "Vitalwire-Received-At": provenance.received_at.isoformat(),
        "Vitalwire-Part": f"{part}/{parts_count}",
    }


class Counts(Protocol):
    """What is counted of refused messages."""

    refused: Counter
    muted: Counter
    held: Counter


class SetAside:
    """Decides by breaker and mute whether a refused message is set aside, ended, or left to come again."""

    def __init__(
        self,
        jetstream: JetStreamContext,
        payload_bytes_max: Callable[[], int],
        breaker: Breaker,
        counts: Counts,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jetstream = jetstream
        self._payload_bytes_max = payload_bytes_max
        self._breaker = breaker
        self._budgets = Budgets(BURST_MAX, REFILL_PER_S, HOSTS_MAX)
        self._counts = counts
        self._clock = clock

    async def take(self, message: Message, reason: str) -> bool:
        """Set aside what the database refused: the breaker learns of it here; return whether it was ended."""
        self._breaker.observe(self._clock(), {subject_host(message.subject): True})
        return await self.take_judged(Refusal(message, reason))

    async def take_judged(self, refusal: Refusal) -> bool:
        """Set aside a message that the breaker was told of; never lose it while it can be kept.

        Return whether it was ended, and does not come again.
        """
        now, message, reason = self._clock(), refusal.message, refusal.reason
        if self._breaker.is_open(now) and not refusal.final:
            self._counts.held.inc()
            return False
        if not self._budgets.spend(now, subject_host(message.subject)):
            await message.term()
            self._counts.muted.inc()
            log.warning("dropped, its host is muted", extra={"subject": message.subject, "reason": reason})
            return True
        try:
            for part, headers in self._parts(message, reason):
                await self._jetstream.publish(dead_subject(headers["Vitalwire-Stream"]), part, headers=headers)
        except (NatsError, OSError) as error:
            self._counts.held.inc()
            log.warning("not set aside, will come again", extra={"error": f"{type(error).__name__}: {error}"})
            return False
        await message.term()
        self._counts.refused.inc()
        log.warning("set aside", extra={"subject": message.subject, "reason": reason})
        return True

    def _parts(self, message: Message, reason: str) -> Iterator[tuple[bytes, dict[str, str]]]:
        provenance = provenance_of(message.reply)
        parts = parts_of(message.data, self._payload_bytes_max() - HEADER_BYTES_MAX)
        for number, part in enumerate(parts, start=1):
            yield part, headers_of(message.subject, reason, provenance, number, len(parts))


def _printable(text: str) -> str:
    return "".join(character if " " <= character <= "~" else ascii(character)[1:-1] for character in text)
