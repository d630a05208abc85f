"""Ends what a supervisor that was killed has left behind: processes that are for certain this stack's, no others."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Sequence

from deploy.local.errors import StackError
from deploy.local.identity import Identity, is_alive, marked
from deploy.local.process_table import ProcessTable

END_S_MAX = 20.0
DATABASE = "postgres"


def find_leftovers(table: ProcessTable | None, stack: str) -> list[tuple[Identity, int]]:
    """Return the living processes of this stack with the signal that ends each; services first, servers last."""
    found: dict[Identity, int] = {}
    for entry in reversed(table.entries if table else ()):
        if is_alive(entry.identity):
            found[entry.identity] = signal.SIGINT if entry.name == DATABASE else signal.SIGTERM
    for identity in marked(stack):
        found.setdefault(identity, signal.SIGTERM)
    return list(found.items())


def end_leftovers(table: ProcessTable | None, stack: str, seconds_max: float = END_S_MAX) -> int:
    """End what is left and return how many processes that were; raise StackError when it is not ours to end."""
    found = find_leftovers(table, stack)
    for identity, number in found:
        _signal(identity, number)
    _wait([identity for identity, _ in found], seconds_max)
    # Children of what was just ended may carry the marker too.
    rest = [identity for identity, _ in find_leftovers(table, stack)]
    for identity in rest:
        _signal(identity, signal.SIGKILL)
    _wait(rest, seconds_max)
    return len(found)


def _signal(identity: Identity, number: int) -> None:
    try:
        with contextlib.suppress(ProcessLookupError):
            if is_alive(identity):
                os.kill(identity.pid, number)
    except PermissionError as error:
        raise StackError(
            f"process {identity.pid} of this stack belongs to another user: run this as the user that started it"
        ) from error


def _wait(identities: Sequence[Identity], seconds_max: float) -> None:
    end = time.monotonic() + seconds_max
    while any(is_alive(identity) for identity in identities) and time.monotonic() < end:
        time.sleep(0.05)
