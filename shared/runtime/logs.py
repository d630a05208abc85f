"""Logs as JSON lines: one event a line, fields as keys; never a secret, a query string or a command line."""

from __future__ import annotations

import json
import logging
import math
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from shared.budget import Budgets

_ENCODE = json.JSONEncoder(ensure_ascii=False).encode
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
TEXT_CHARACTERS_MAX = 2_000
BURST_MAX = 50
REFILL_PER_S = 1.0
EVENTS_MAX = 1_000


class JsonFormatter(logging.Formatter):
    """One line of JSON: time, level, service, event, then the fields given as `extra`."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a text longer than TEXT_CHARACTERS_MAX is cut."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "event": record.getMessage()[:TEXT_CHARACTERS_MAX],
        }
        for key, value in vars(record).items():
            if key not in _STANDARD:
                line.setdefault(key, _field(value))
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"[:TEXT_CHARACTERS_MAX]
            frames = traceback.extract_tb(record.exc_info[2])[-8:]
            line["traceback"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        return _printable(_ENCODE(line))


class Flood(logging.Filter):
    """Lets through BURST_MAX warnings of one event at once, then REFILL_PER_S; the next line counts those left out.

    What a stranger sends decides how often something is refused: it must not fill the disk with lines.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._budgets = Budgets(BURST_MAX, REFILL_PER_S, EVENTS_MAX)
        self._left_out_count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        event = record.name, str(record.msg)[:TEXT_CHARACTERS_MAX]
        if record.levelno >= logging.WARNING and not self._budgets.spend(self._clock(), event):
            self._left_out_count += 1
            return False
        if self._left_out_count:
            record.left_out_count, self._left_out_count = self._left_out_count, 0
        return True


def _printable(line: str) -> str:
    # What JSON leaves as it is could still steer a terminal, turn the reading direction, or be no UTF-8 at all.
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in line)


def _field(value: Any) -> Any:
    # JSON has no NaN and no infinities; they are written as text, like everything else that it does not know.
    if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    return str(value)[:TEXT_CHARACTERS_MAX]


def configure_logs(service: str, level: str = "info") -> None:
    """Send every log of this process to standard error as JSON lines; replaces what was configured before."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(JsonFormatter(service))
    stream.addFilter(Flood())
    # Found out for every line, and in none of ours.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [stream]
    root.setLevel(level.upper())
