"""Decides whether and where a dead letter is published again, and does it: publish, wait for the ack, delete."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from nats.aio.client import Client

from services.ingest.batch import subject_host
from services.ingest.ceiling import KEPT_MIN
from services.ingest.dead.letters import DeadLetter, Part
from services.ingest.dead.readable import time_of
from services.ingest.dead.shelf import Shelf
from services.ingest.dead_letters import BURST_MAX, REFILL_PER_S
from shared.subjects import ALERTS, BACKFILL, METRICS, TokenError, backfill_subject, host_and_source, metrics_subject
from shared.wire.limits import AHEAD_SECONDS_MAX, BODY_BYTES_MAX, LIVE_SECONDS_MAX

MUTE_SPAN = timedelta(seconds=BURST_MAX / REFILL_PER_S)
"""After so long without a refusal a host may have its whole number of dead letters again."""


class LeftError(Exception):
    """A letter is not published again. The text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a letter goes, and the stream that must take it."""

    stream: str
    subject: str


def target_of(letter: DeadLetter, now: datetime, raw_kept: timedelta | None) -> Target:
    """Return where the letter is published again; raise LeftError when that could not help.

    `raw_kept` is None where nobody told it: a ceiling by size may have made it as short as KEPT_MIN.
    """
    if letter.first.stream == ALERTS:
        raise LeftError(_never_again(letter.first))
    if letter.missing:
        raise LeftError(f"{letter.missing}, so what was published cannot be put together")
    try:
        host, source = host_and_source(letter.first.subject)
    except TokenError as error:
        raise LeftError(f"{error}; ingest would refuse it again") from None
    if len(letter.body) > BODY_BYTES_MAX:
        raise LeftError(f"its body has {len(letter.body)} bytes, and ingest takes {BODY_BYTES_MAX} at most")
    time = time_of(letter.body)
    if time is not None and time - now > timedelta(seconds=AHEAD_SECONDS_MAX):
        raise LeftError(
            f"its time is still {(time - now).total_seconds():.0f} s ahead: ingest takes it once that is "
            f"{AHEAD_SECONDS_MAX} s or less"
        )
    if time is not None and now - time > (KEPT_MIN if raw_kept is None else raw_kept):
        raise LeftError(_too_old(now - time, raw_kept))
    received = letter.first.received_at
    is_live = received is not None and (now - received).total_seconds() <= LIVE_SECONDS_MAX
    if letter.first.stream == METRICS and is_live:
        return Target(METRICS, metrics_subject(host, source))
    return Target(BACKFILL, backfill_subject(host, source))


def _never_again(part: Part) -> str:
    """Return why a letter of alerts stays: the notifier's does not tell where its message stood, as it has none."""
    if "Vitalwire-Sequence" not in part.headers:
        return "it is a message to people that no channel took, so there is nothing to publish again"
    return (
        "it is an event of alerts, and none is published again: evaluator and notifier would take it for news. "
        f"`show {part.sequence}` tells what it says"
    )


def _too_old(age: timedelta, raw_kept: timedelta | None) -> str:
    ago = f"{age.days} days" if age >= timedelta(days=2) else f"{age.total_seconds() / 3_600:.1f} h"
    text = f"its time is {ago} ago, and ingest drops what is older than raw rows are kept: "
    if raw_kept is not None:
        return text + f"that is {raw_kept.total_seconds() / 86_400:.3g} days"
    return text + "for how long they are kept now is not known, so set database_url, or say it with --days-max"


class Allowance:
    """How many letters of a host are published again in one run: as many as could be set aside again.

    A host may have BURST_MAX dead letters, then few a minute; what it is refused beyond that is dropped for good.
    """

    def __init__(self, lately: Counter[str]) -> None:
        self._used = Counter(lately)

    def take(self, host: str) -> None:
        """Count one more; raise LeftError when it could be lost."""
        if self._used[host] >= BURST_MAX:
            raise LeftError(
                f"its host may have {BURST_MAX} dead letters in {MUTE_SPAN.total_seconds() / 60:.0f} minutes, and this "
                "would be one more: if it were refused again, it would be dropped. Run this again later"
            )
        self._used[host] += 1


@dataclass(frozen=True, slots=True)
class Sender:
    """Publishes letters again; each step leaves either the letter or its message in a stream, or both."""

    bus: Client
    shelf: Shelf
    allowance: Allowance
    clock: Callable[[], datetime]
    raw_kept: timedelta | None
    dry_run: bool = False

    async def send(self, letter: DeadLetter) -> str:
        """Return a line about what was done; raise LeftError when the letter stays as it is."""
        target = target_of(letter, self.clock(), self.raw_kept)
        self.allowance.take(subject_host(letter.first.subject))
        body = letter.body
        if len(body) > self.bus.max_payload:
            raise LeftError(f"its body has {len(body)} bytes, and the broker takes {self.bus.max_payload} at most now")
        if self.dry_run:
            return f"would be published on {target.subject}"
        # With no message id: the broker knows ids by stream, so a host that guessed one could have a letter of another
        # host dropped as a repeat. Whether a sample set is stored already, ingest tells by its identity.
        ack = await self.bus.jetstream().publish(target.subject, body)
        if ack.duplicate or ack.stream != target.stream:
            what_came = f"{ack.stream} {'took it for a repeat' if ack.duplicate else 'has it'}"
            raise LeftError(f"expected {target.stream} to store it, and {what_came}: provision sets the streams")
        await self.shelf.delete(letter)
        return f"published on {target.subject}, sequence {ack.seq} of {ack.stream}; deleted from DEAD"
