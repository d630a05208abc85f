"""SIGINT, SIGTERM and SIGHUP ask a service to stop, and its work ends then."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from shared.runtime.signals import stop_requested, unless


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    stop = stop_requested()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(stop.wait(), 5)


async def test_work_that_ends_before_the_event_gives_its_result() -> None:
    async def work() -> str:
        return "done"

    assert await unless(asyncio.Event(), work()) == "done"


async def test_what_the_work_raises_is_raised() -> None:
    async def work() -> None:
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        await unless(asyncio.Event(), work())


@pytest.mark.parametrize("when", ["before", "amid"])
async def test_the_event_ends_the_work_which_may_tidy_up(when: str) -> None:
    event, orders = asyncio.Event(), list[str]()

    async def work() -> str:
        orders.append("begun")
        if when == "amid":
            event.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            orders.append("tidied up")
        return "never"

    if when == "before":
        event.set()
    async with asyncio.timeout(5):
        assert await unless(event, work()) is None
    assert orders == ["begun", "tidied up"]
    assert len(asyncio.all_tasks()) == 1
