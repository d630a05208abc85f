"""Waits until ingest has judged what its streams hold: only then DEAD tells what a host may still have set aside."""

from __future__ import annotations

import asyncio

from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from shared.subjects import BACKFILL, DURABLE, METRICS

SETTLE_S_MAX = 15
LOOK_S = 0.1


class UnsettledError(Exception):
    """What a stream held is not judged yet, so nothing was published again. The text says what to do."""


def is_judged(durable: ConsumerInfo, sequence: int) -> bool:
    """Return whether ingest has stored, refused or dropped all that stands in its stream up to a sequence."""
    if durable.num_pending == 0 and durable.num_ack_pending == 0:
        # Of what the stream discarded unread the floor tells nothing.
        return True
    return durable.ack_floor is not None and durable.ack_floor.stream_seq >= sequence


async def settle(jetstream: JetStreamContext, stop: asyncio.Event, seconds_max: float = SETTLE_S_MAX) -> None:
    """Return once ingest has judged what its streams hold now; raise UnsettledError when that takes too long.

    A letter that an earlier run published counts against its host only once it was refused again.
    """
    try:
        async with asyncio.timeout(seconds_max):
            for stream in (METRICS, BACKFILL):
                last = (await jetstream.stream_info(stream)).state.last_seq
                while not is_judged(await jetstream.consumer_info(stream, DURABLE), last):
                    if stop.is_set():
                        raise UnsettledError("interrupted: nothing was published again")
                    await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise UnsettledError(
            f"nothing was published again: expected ingest to judge within {seconds_max:g} s what {stream} held, and "
            "it did not; what an earlier run published there may be refused yet, and more of the same host be dropped. "
            "See that ingest runs and is not behind, and run this again"
        ) from None
    except NotFoundError:
        raise UnsettledError(
            f"nothing was published again: {stream} or its durable {DURABLE} is not there; run provision"
        ) from None
