"""Notices that GNU make, which launched us, was asked to end and did not pass it on.

Make hands on SIGTERM only. After SIGINT or SIGHUP it resets that signal to its default and waits for its children, so a
signal that it caught before and catches no longer is one that it received (`fatal_error_signal` in make's commands.c).
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

LOOK_EVERY_S = 0.3
_WATCHED = sum(1 << (number - 1) for number in (signal.SIGINT, signal.SIGHUP))


def watch_launcher(stop: threading.Event) -> None:
    """Set `stop` once make, our parent on Linux, has received SIGINT or SIGHUP; other parents are left alone."""
    status = Path(f"/proc/{os.getppid()}/status")
    before = caught_by_make(_read(status))
    if before & _WATCHED:
        threading.Thread(target=_watch, args=(status, before, stop), daemon=True, name="launcher").start()


def caught_by_make(status: str) -> int:
    """Return the signals that a process catches, as the bits of /proc/<pid>/status, and 0 when it is not make."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    if fields.get("Name", "").strip() not in ("make", "gmake"):
        return 0
    return int(fields.get("SigCgt", "0").strip(), 16)


def _watch(status: Path, before: int, stop: threading.Event) -> None:
    while not stop.wait(LOOK_EVERY_S):
        now = caught_by_make(_read(status))
        if before & ~now & _WATCHED:
            stop.set()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
