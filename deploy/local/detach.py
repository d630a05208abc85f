"""Runs the supervisor in the background and returns when the stack is ready, or could not start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO

from deploy.local.process_table import read_table
from deploy.local.state import Layout

POLL_S = 0.05


def up_in_background(layout: Layout, checkout: Path, stop: threading.Event, say: Callable[[str], None]) -> int:
    """Return 0 when everything is ready, otherwise the status of the supervisor that ended; its lines are said."""
    # In the caller's directory, which relative paths of settings mean, and with the modules of this checkout.
    paths = [str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])]
    with tempfile.TemporaryFile() as output:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "up"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        said = 0
        while True:
            ended = supervisor.poll() is not None
            ready = _is_ready(layout, supervisor.pid)
            said = _say_new(output, said, say)
            if ended:
                return supervisor.returncode or 1
            if ready:
                # The supervisor outlives this process: it is no zombie of ours.
                supervisor.returncode = 0
                return 0
            if stop.wait(POLL_S):
                os.kill(supervisor.pid, signal.SIGTERM)
                stop.clear()


def _is_ready(layout: Layout, pid: int) -> bool:
    table = read_table(layout.processes)
    return table is not None and table.ready and table.supervisor.pid == pid


def _say_new(output: IO[bytes], offset: int, say: Callable[[str], None]) -> int:
    size = os.fstat(output.fileno()).st_size
    text = os.pread(output.fileno(), size - offset, offset)
    complete = text[: text.rfind(b"\n") + 1]
    for line in complete.decode(errors="replace").splitlines():
        say(line)
    return offset + len(complete)
