"""SIGINT, SIGTERM and SIGHUP ask a service to stop."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from shared.runtime.signals import stop_requested


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_sets_the_event(number: signal.Signals) -> None:
    stop = stop_requested()
    assert not stop.is_set()
    os.kill(os.getpid(), number)
    await asyncio.wait_for(stop.wait(), 5)
