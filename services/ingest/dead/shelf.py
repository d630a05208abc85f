"""Reads and deletes what the stream DEAD holds, one message at a time: its user may create no consumer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from services.ingest.dead.letters import Assembly, DeadLetter, Part
from shared.subjects import DEAD

LOOKUPS_MAX = 10_000
"""Messages that one command looks at; while it publishes those of one host, only that host's count."""
AT_ONCE_MAX = 16
"""A message may take a megabyte, and its answer more."""
NEIGHBOURS_MAX = 64
"""The parts of a letter stand so near to each other, with those of other ingest processes between."""


class Shelf:
    """The stream DEAD."""

    def __init__(self, jetstream: JetStreamContext) -> None:
        self._jetstream = jetstream

    async def bounds(self) -> tuple[int, int]:
        """Return the first and the last sequence; the last is less than the first when nothing is there."""
        state = (await self._jetstream.stream_info(DEAD)).state
        return state.first_seq, state.last_seq

    async def newest_first(self, top: int) -> AsyncIterator[Part]:
        """Yield what stands at `top` and below it, at most LOOKUPS_MAX sequences down."""
        first, last = await self.bounds()
        end = min(top, last)
        bottom = max(1, first, end - LOOKUPS_MAX + 1)
        while end >= bottom:
            start = max(bottom, end - AT_ONCE_MAX + 1)
            for part in await self._parts(range(end, start - 1, -1)):
                yield part
            end = start - 1

    async def oldest_first(self, sequences: range) -> AsyncIterator[Part]:
        """Yield what stands at these sequences; any of it may be deleted meanwhile."""
        first, _ = await self.bounds()
        sequence = max(1, first, sequences.start)
        while sequence < sequences.stop:
            try:
                found = await self._jetstream.get_msg(DEAD, sequence, subject=">", next=True)
            except NotFoundError:
                return
            part = _part_of(found)
            if part.sequence >= sequences.stop:
                return
            yield part
            sequence = part.sequence + 1

    async def letter(self, sequence: int) -> DeadLetter | None:
        """Return the letter that stands at the sequence, or a part of it; None when nothing stands there."""
        part = await self._part(sequence)
        if part is None:
            return None
        if part.place[1] == 1:
            return DeadLetter((part,))
        assembly = Assembly(1)
        assembly.add(part)
        near = range(max(1, sequence - NEIGHBOURS_MAX), sequence + NEIGHBOURS_MAX + 1)
        by_distance = sorted(near, key=lambda other: abs(other - sequence))[1:]
        for start in range(0, len(by_distance), AT_ONCE_MAX):
            for other in await self._parts(by_distance[start : start + AT_ONCE_MAX]):
                assembly.add(other)
            [letter] = assembly.letters()
            if not letter.missing:
                break
        return letter

    async def delete(self, letter: DeadLetter) -> None:
        """Delete every part of a letter; one that is gone already is no error."""
        for part in letter.parts:
            try:
                await self._jetstream.delete_msg(DEAD, part.sequence)
            except NotFoundError:
                continue

    async def _parts(self, sequences: Iterable[int]) -> list[Part]:
        found = await asyncio.gather(*(self._part(sequence) for sequence in sequences))
        return [part for part in found if part is not None]

    async def _part(self, sequence: int) -> Part | None:
        try:
            return _part_of(await self._jetstream.get_msg(DEAD, sequence))
        except NotFoundError:
            return None


def _part_of(found: RawStreamMsg) -> Part:
    assert found.seq is not None
    assert found.time is not None
    # nats-py makes another kind of object of a value that is not ASCII.
    headers = {str(name): str(value) for name, value in (found.headers or {}).items()}
    return Part(found.seq, headers, found.data or b"", found.time)
