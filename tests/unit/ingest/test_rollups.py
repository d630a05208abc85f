"""Rollups computed on two connections: neither goes on alone."""

from __future__ import annotations

import asyncio

import pytest

from services.ingest.rollups import all_or_none


async def test_the_first_that_fails_ends_the_other_and_is_what_is_told() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("the other")
            raise

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("too slow")

    with pytest.raises(ValueError, match="too slow"):
        await all_or_none([asyncio.ensure_future(waits()), asyncio.ensure_future(fails())])
    assert ended == ["the other"]


async def test_when_the_caller_is_ended_both_end() -> None:
    ended: list[int] = []
    started = asyncio.Event()

    async def waits(number: int) -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            ended.append(number)

    work = asyncio.ensure_future(all_or_none([asyncio.ensure_future(waits(number)) for number in (1, 2)]))
    await started.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert ended == [1, 2]
