"""Which of many letters are published again, oldest first, and where that ends before all have come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from services.ingest.dead.letters import DeadLetter, Wanted
from services.ingest.dead.shelf import LOOKUPS_MAX, Shelf


class EndedError(Exception):
    """The command ends before it has come to all that was asked for. The text says where, or why."""


async def letters_asked_for(
    shelf: Shelf, wanted: Wanted, sequences: range, stop: asyncio.Event, lookups_max: int = LOOKUPS_MAX
) -> AsyncIterator[DeadLetter]:
    """Yield each wanted letter that stands at these sequences once; raise EndedError where it ends before the last.

    Messages of other hosts do not count for `lookups_max`: nobody can hide the letters of one host behind their own.
    """
    seen, looked_at_count = set[tuple[str, ...]](), 0
    async for part in shelf.oldest_first(sequences):
        if stop.is_set():
            raise EndedError("interrupted")
        if not wanted.includes(part):
            continue
        if looked_at_count == lookups_max:
            raise EndedError(f"ended after {lookups_max} messages: go on with --from {part.sequence}")
        looked_at_count += 1
        if part.letter in seen:
            continue
        seen.add(part.letter)
        letter = await shelf.letter(part.sequence)
        if letter is not None:
            yield letter
