"""What runs, as a file that `status`, `down`, `add-host` and the next `up` read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from deploy.local.files import write_whole
from deploy.local.identity import Identity, is_alive

SUPERVISOR = "supervisor"


@dataclass(frozen=True, slots=True)
class Entry:
    """One process of the stack: who it is, how it does, since when, and how often it was started again."""

    name: str
    pid: int
    start: str
    state: str
    since: str
    restarts: int

    @property
    def identity(self) -> Identity:
        """Return which process this is."""
        return Identity(self.pid, self.start)


@dataclass(frozen=True, slots=True)
class ProcessTable:
    """The supervisor, since when it runs, and its children in the order of their start."""

    supervisor: Identity
    ready: bool
    entries: tuple[Entry, ...]
    since: str = ""


def write_table(path: Path, table: ProcessTable) -> None:
    """Replace the table."""
    write_whole(path, json.dumps(asdict(table), indent=2) + "\n")


def read_table(path: Path) -> ProcessTable | None:
    """Return the table; None when nothing was ever started here, or what stands there cannot be read."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        entries = tuple(Entry(**entry) for entry in values["entries"])
        return ProcessTable(
            Identity(**values["supervisor"]), bool(values["ready"]), entries, str(values.get("since", ""))
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def render_status(table: ProcessTable | None, now: datetime, home: Path, left: int = 0) -> tuple[str, bool]:
    """Return the table for people, and whether the supervisor and every child run.

    `left` is how many processes run, counted where the supervisor does not: it may have been killed.
    """
    if table is None or not is_alive(table.supervisor):
        if left == 0:
            return does_not_run(home), False
        return (
            f"the supervisor of the stack in {home} is gone, and {left} of its processes still run, which nobody "
            f"starts again when they end: 'make up' ends them and starts everything, 'make down' ends them"
        ), False
    own = Entry(SUPERVISOR, table.supervisor.pid, table.supervisor.start, "running", table.since, 0)
    states = [_state(entry) for entry in table.entries]
    rows = [("process", "state", "pid", "uptime", "restarts"), _row(own, "running", now)]
    rows += [_row(entry, state, now) for entry, state in zip(table.entries, states, strict=True)]
    return _aligned(rows), table.ready and all(state == "running" for state in states)


def does_not_run(home: Path) -> str:
    """Return what to tell where nothing of the stack runs."""
    return f"the stack in {home} does not run: start it with 'make up'"


def _state(entry: Entry) -> str:
    return entry.state if entry.state != "running" or is_alive(entry.identity) else "ended"


def _row(entry: Entry, state: str, now: datetime) -> tuple[str, str, str, str, str]:
    if not is_alive(entry.identity):
        return entry.name, state, "-", "-", str(entry.restarts)
    uptime = uptime_text((now - datetime.fromisoformat(entry.since)).total_seconds()) if entry.since else "-"
    return entry.name, state, str(entry.pid), uptime, str(entry.restarts)


def uptime_text(seconds: float) -> str:
    """Return a duration as days, hours, minutes and seconds, of which the two greatest are shown."""
    rest = max(0, int(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)):
        amount, rest = divmod(rest, size)
        if amount or parts or unit == "s":
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:2])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
