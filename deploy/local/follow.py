"""`logs`: prints the ends of all logs, each line with its process, and what is added to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from deploy.local.bounded_logs import tail
from deploy.local.errors import StackError
from deploy.local.state import Layout

POLL_S = 0.3
READ_BYTES_MAX = 256 * 1024


def print_logs(layout: Layout, lines: int, follow: bool, stop: threading.Event, say: Callable[[str], None]) -> None:
    """Say the last lines of every log, and go on with new ones when asked to, until the event is set."""
    offsets: dict[Path, int] = {}
    if not layout.logs.is_dir():
        raise StackError(f"there are no logs in {layout.home}: start the stack with 'make up'")
    for path in _logs(layout):
        offsets[path] = path.stat().st_size
        for line in tail(path, lines):
            say(f"{path.stem:<10} {line}")
    while follow and not stop.wait(POLL_S):
        for path in _logs(layout):
            offsets[path] = _say_new(path, offsets.get(path, 0), say)


def _logs(layout: Layout) -> list[Path]:
    return sorted(layout.logs.glob("*.log"))


def _say_new(path: Path, offset: int, say: Callable[[str], None]) -> int:
    with path.open("rb") as file:
        size = path.stat().st_size
        # A log that was trimmed starts again.
        file.seek(0 if size < offset else offset)
        position = file.tell()
        text = file.read(READ_BYTES_MAX)
    complete = text[: text.rfind(b"\n") + 1] if len(text) < READ_BYTES_MAX else text
    for line in complete.decode(errors="replace").splitlines():
        say(f"{path.stem:<10} {line}")
    return position + len(complete)
