"""`down`: ends the supervisor, or what it left behind."""

from __future__ import annotations

import os
import signal
import time

from deploy.local.errors import StackError
from deploy.local.identity import is_alive
from deploy.local.leftovers import end_leftovers
from deploy.local.lock import lock_holder
from deploy.local.process_table import read_table
from deploy.local.state import Layout, read_record

DOWN_S_MAX = 120.0


def take_down(layout: Layout) -> str:
    """Return what was done; when this returns no process of the stack runs."""
    record = read_record(layout)
    supervisor = lock_holder(layout.lock)
    if record is None:
        return f"there is no stack in {layout.home}"
    if supervisor is None:
        ended = end_leftovers(read_table(layout.processes), record.stack)
        return (
            f"ended {ended} processes that an earlier run had left"
            if ended
            else f"the stack in {layout.home} does not run"
        )
    try:
        os.kill(supervisor.pid, signal.SIGTERM)
    except PermissionError as error:
        raise StackError("the stack was started by another user: run this as that user") from error
    end = time.monotonic() + DOWN_S_MAX
    while is_alive(supervisor):
        if time.monotonic() > end:
            raise StackError(
                f"the supervisor {supervisor.pid} did not end within {DOWN_S_MAX:.0f} s: see {layout.log('supervisor')}"
            )
        time.sleep(0.05)
    return "stopped"
