"""Blocking work in threads: what fails says why without secrets, and what hangs holds up nothing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from services.alerting.notifier.sending import Attempts, DeliveryError
from tests.processes import ROOT
from tests.waiting import holds

SECRET = "https://hooks.example.com/T0/B0/secret"


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event that hanging work waits for; set at the end, so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()


def refuse() -> None:
    raise DeliveryError("status 401")


def break_down() -> None:
    raise ValueError(SECRET)


async def test_work_is_done_in_another_thread_while_the_loop_goes_on() -> None:
    seen: list[int] = []
    await Attempts().make("ops", lambda: seen.append(threading.get_ident()))
    assert seen != []
    assert threading.get_ident() not in seen


@pytest.mark.parametrize(("work", "reason"), [(refuse, "status 401"), (break_down, "ValueError")])
async def test_what_fails_says_why_and_no_more(work: object, reason: str) -> None:
    attempts = Attempts()
    with pytest.raises(DeliveryError) as caught:
        await attempts.make("ops", work)  # type: ignore[arg-type]
    assert str(caught.value) == reason
    assert attempts.running_count == 0


async def test_what_hangs_fails_in_time_and_delays_no_other(released: threading.Event) -> None:
    attempts = Attempts(seconds_max=0.2, hanging_max=2)
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(DeliveryError, match=r"no end within 0\.2 s"):
            await attempts.make("ops", released.wait)  # type: ignore[arg-type]
        assert time.monotonic() - begun < 2
    with pytest.raises(DeliveryError, match="2 earlier attempts have not ended"):
        await attempts.make("ops", released.wait)  # type: ignore[arg-type]
    done: list[str] = []
    await attempts.make("boss", lambda: done.append("boss"))
    assert done == ["boss"]
    assert attempts.running_count == 2


async def test_once_it_has_ended_its_address_is_tried_again(released: threading.Event) -> None:
    attempts = Attempts(seconds_max=0.05, hanging_max=1)
    with pytest.raises(DeliveryError):
        await attempts.make("ops", released.wait)  # type: ignore[arg-type]
    released.set()

    async def ended() -> bool:
        return attempts.running_count == 0

    await holds(ended, "the thread to end", 10)
    await attempts.make("ops", lambda: None)


async def test_whoever_stops_waiting_leaves_the_thread_to_end_by_itself(released: threading.Event) -> None:
    attempts = Attempts()
    waiting = asyncio.create_task(attempts.make("ops", released.wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert attempts.running_count == 1


HANGS = """
import asyncio, threading
from services.alerting.notifier.sending import Attempts
async def main():
    asyncio.create_task(Attempts().make("ops", threading.Event().wait))
    await asyncio.sleep(0.1)
asyncio.run(main())
"""


def test_a_thread_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, timeout=30, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
