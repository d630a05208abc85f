"""Runs a command so that nothing of it stays behind when this process is told to end."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

STOP_S_MAX = 60
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_signals() -> None:
    """Make the first signal that ends a process a KeyboardInterrupt, and ignore those that follow it."""
    for number in ENDING:
        signal.signal(number, _interrupt)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, log: Path | None = None) -> int:
    """Return the exit status; what the command writes goes to the log where one is given."""
    with (log or Path(os.devnull)).open("wb") as output:
        # A session of its own: Ctrl-C then reaches it once, from here; a second one cuts off pytest's own cleaning up.
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, start_new_session=True,
            stdout=output if log else None, stderr=subprocess.STDOUT if log else None,
        )  # fmt: skip
        try:
            return process.wait()
        finally:
            if process.poll() is None:
                _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        os.killpg(process.pid, number)
        try:
            process.wait(STOP_S_MAX)
            return
        except subprocess.TimeoutExpired:
            continue


def _interrupt(number: int, frame: FrameType | None) -> None:
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt
