"""`logs`: prints the ends of all logs in the order of time, each line with its process, and what is added to them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from deploy.local.bounded_logs import tail
from deploy.local.errors import StackError
from deploy.local.identity import is_alive
from deploy.local.leftovers import find_leftovers
from deploy.local.log_order import in_order
from deploy.local.process_table import read_table
from deploy.local.state import Layout, read_record

POLL_S = 0.3
READ_BYTES_MAX = 256 * 1024

Say = Callable[[str], None]


def print_logs(layout: Layout, lines: int, say: Say) -> dict[Path, int]:
    """Say the last lines of every log; return up to where each was read."""
    if not layout.logs.is_dir():
        raise StackError(f"there are no logs in {layout.home}: start the stack with 'make up'")
    offsets = {path: path.stat().st_size for path in _logs(layout)}
    _say_in_order({path: tail(path, lines) for path in offsets}, say)
    return offsets


def follow_logs(layout: Layout, offsets: dict[Path, int], goes_on: Callable[[], bool], say: Say) -> None:
    """Say what is added to the logs for as long as `goes_on`, which waits a little, says so; and what came by then."""
    is_last = False
    while not is_last:
        is_last = not goes_on()
        added: dict[Path, list[str]] = {}
        for path in _logs(layout):
            added[path], offsets[path] = _added(path, offsets.get(path, 0))
        _say_in_order(added, say)


def runs(layout: Layout) -> bool:
    """Return whether anything of the stack runs that may write to a log."""
    table = read_table(layout.processes)
    if table is not None and is_alive(table.supervisor):
        return True
    record = read_record(layout)
    return record is not None and bool(find_leftovers(table, record.stack))


def _logs(layout: Layout) -> list[Path]:
    return sorted(layout.logs.glob("*.log"))


def _say_in_order(logs: dict[Path, list[str]], say: Say) -> None:
    for name, line in in_order({path.stem: lines for path, lines in logs.items()}):
        say(f"{name:<10} {line}")


def _added(path: Path, offset: int) -> tuple[list[str], int]:
    """Return the whole lines behind a place, and the place behind them."""
    with path.open("rb") as file:
        size = path.stat().st_size
        # A log that was trimmed starts again.
        file.seek(0 if size < offset else offset)
        position = file.tell()
        text = file.read(READ_BYTES_MAX)
    complete = text[: text.rfind(b"\n") + 1] if len(text) < READ_BYTES_MAX else text
    return complete.decode(errors="replace").splitlines(), position + len(complete)
